using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.Options;
using Microsoft.Graph;
using Microsoft.Kiota.Abstractions;
using Microsoft.Kiota.Authentication.Azure;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Email;

/// <summary>
/// Calls Microsoft Graph: the SDK makes each request, its address, body and token; <see cref="ProviderHttp"/> sends it, so that calls are
/// guarded and bounded, what went wrong is a value, and a document is stored as Graph wrote it. The SDK is loaded with the first call.
/// </summary>
internal sealed class GraphCalls(IOptionsMonitor<EmailOptions> options, ProviderHttp api)
{
    // Of one app in one mailbox. https://learn.microsoft.com/en-us/graph/throttling-limits#outlook-service-limits
    private const int AtOnce = 4;

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _gate = new();
    private Maker? _maker;

    /// <summary>Sends a request and reads the answer whole. Throws only when cancelled by the caller.</summary>
    /// <param name="mailbox">Whose turn it takes; at most four calls at once go to one mailbox.</param>
    /// <param name="make">Makes the request with the SDK.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<ProviderResponse> SendAsync(string mailbox, Func<GraphServiceClient, RequestInformation> make, CancellationToken ct)
    {
        var turn = _turns.GetOrAdd(mailbox, _ => new SemaphoreSlim(AtOnce));
        await turn.WaitAsync(ct);
        try
        {
            using var request = await MakeAsync(make, ct);
            return request is null ? NoToken : await api.SendAsync(request, ct);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Opens an answer for streaming; the caller disposes it. Null when there was no answer, or no token.</summary>
    public async Task<HttpResponseMessage?> OpenAsync(Func<GraphServiceClient, RequestInformation> make, CancellationToken ct)
    {
        using var request = await MakeAsync(make, ct);
        return request is null ? null : await api.OpenAsync(request, ct);
    }

    /// <summary>A public document, without our token: Entra's keys. Null when it could not be had.</summary>
    public async Task<ReadOnlyMemory<byte>?> GetPublicAsync(Uri address, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        var answer = await api.SendAsync(request, ct);
        return answer.Succeeded ? answer.Body : null;
    }

    /// <summary>Graph's error code, e.g. <c>ErrorItemNotFound</c>; null when it gave none.</summary>
    public static string? ErrorCode(ProviderResponse answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer.Body);
            return json.RootElement.Get("error"u8).Text("code"u8);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A successful answer as JSON, to be disposed; null when it is none.</summary>
    public static JsonDocument? Json(ProviderResponse answer)
    {
        try
        {
            return answer.Succeeded ? JsonDocument.Parse(answer.Body) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Why a call did not succeed, as a short code.</summary>
    public static string WordFor(ProviderResponse answer) => answer.Status switch
    {
        401 or 403 => "refused",
        429 => "rate-limited",
        404 => "mailbox-unavailable",
        0 or >= 500 => "unreachable",
        _ => "not-understood",
    };

    private static ProviderResponse NoToken { get; } = new(401, default, null, MaybeSent: false);

    private async Task<HttpRequestMessage?> MakeAsync(Func<GraphServiceClient, RequestInformation> make, CancellationToken ct)
    {
        try
        {
            return await MakerNow().MakeAsync(make, ct);
        }
        catch (Exception error) when (error is AuthenticationFailedException or RequestFailedException)
        {
            return null;
        }
    }

    private Maker MakerNow()
    {
        var now = options.CurrentValue;
        lock (_gate)
        {
            if (_maker?.Fits(now) != true) _maker = new Maker(now);
            return _maker;
        }
    }

    /// <summary>The SDK under one set of settings.</summary>
#pragma warning disable CA1001 // It is replaced only when a setting changes; nothing is sent through the client, so it holds no connection.
    private sealed class Maker
#pragma warning restore CA1001
    {
        private readonly (string Graph, string? Token, string? Credential, string? Client) _settings;
        private readonly GraphServiceClient _client;

        [MethodImpl(MethodImplOptions.NoInlining)]
        public Maker(EmailOptions now)
        {
            _settings = SettingsOf(now);
            var graph = new Uri(now.GraphUrl);
            // The token goes to this host alone.
            var authentication = new AzureIdentityAuthenticationProvider(CredentialFor(now), [graph.Host],
                scopes: [$"{Resource(graph)}/.default"]);
            _client = new GraphServiceClient(authentication, now.GraphUrl.TrimEnd('/'));
        }

        public bool Fits(EmailOptions now) => _settings == SettingsOf(now);

        public Task<HttpRequestMessage?> MakeAsync(Func<GraphServiceClient, RequestInformation> make, CancellationToken ct)
        {
            var information = make(_client);
            // Only this makes ids that stay the same when a message is moved. https://learn.microsoft.com/en-us/graph/outlook-immutable-id
            information.Headers.Add("Prefer", "IdType=\"ImmutableId\"");
            return _client.RequestAdapter.ConvertToNativeRequestAsync<HttpRequestMessage>(information, ct);
        }

        private static (string, string?, string?, string?) SettingsOf(EmailOptions now) =>
            (now.GraphUrl, now.AccessToken, now.Credential, now.ClientId);

        private static string Resource(Uri graph) =>
            graph.IsLoopback ? "https://graph.microsoft.com" : graph.GetLeftPart(UriPartial.Authority);

        private static TokenCredential CredentialFor(EmailOptions now)
        {
            if (!string.IsNullOrEmpty(now.AccessToken))
                return DelegatedTokenCredential.Create((_, _) => new AccessToken(now.AccessToken, DateTimeOffset.MaxValue));
            if (!string.Equals(now.Credential, "managedidentity", StringComparison.OrdinalIgnoreCase)) return new DefaultAzureCredential();
            return new ManagedIdentityCredential(string.IsNullOrEmpty(now.ClientId)
                ? ManagedIdentityId.SystemAssigned : ManagedIdentityId.FromUserAssignedClientId(now.ClientId));
        }
    }
}
