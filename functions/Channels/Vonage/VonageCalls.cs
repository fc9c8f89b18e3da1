using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Options;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Vonage;

/// <summary>Calls Vonage's API: as the application by a token, or as the account by key and secret, which only upkeep needs.</summary>
internal sealed class VonageCalls(IOptionsMonitor<VonageOptions> options, TimeProvider time, ProviderHttp calls)
{
    /// <summary>Calls as the application; null when <c>ApplicationId</c> or <c>PrivateKey</c> is missing or no key.</summary>
    public async Task<ProviderResponse?> ApplicationAsync(HttpMethod method, string path, string? json, CancellationToken ct)
    {
        if (Token() is not { } token) return null;
        using var request = Request(method, new Uri(options.CurrentValue.ApiUrl.TrimEnd('/') + path), json);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await calls.SendAsync(request, ct);
    }

    /// <summary>Calls as the account; null when <c>ApiKey</c> or <c>ApiSecret</c> is missing.</summary>
    public async Task<ProviderResponse?> AccountAsync(HttpMethod method, Uri url, HttpContent? content, CancellationToken ct)
    {
        var current = options.CurrentValue;
        if (string.IsNullOrEmpty(current.ApiKey) || string.IsNullOrEmpty(current.ApiSecret)) return null;
        using var request = new HttpRequestMessage(method, url) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"{current.ApiKey}:{current.ApiSecret}")));
        return await calls.SendAsync(request, ct);
    }

    /// <summary>Asks for a document of Vonage's; the address must be one that <see cref="IsOurs"/> knows, since the token goes with
    /// it.</summary>
    public async Task<ProviderResponse?> FetchAsync(Uri url, CancellationToken ct)
    {
        if (Token() is not { } token) return null;
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await calls.SendAsync(request, ct);
    }

    /// <summary>Opens a file: with the token where it is Vonage's own, without where it lies elsewhere.</summary>
    public async Task<HttpResponseMessage?> OpenAsync(Uri url, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (IsOurs(url) && Token() is { } token) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await calls.OpenAsync(request, ct);
    }

    /// <summary>What an answer to <see cref="OpenAsync"/> asks us to wait.</summary>
    public TimeSpan? RetryAfter(HttpResponseMessage response) => calls.RetryAfter(response);

    /// <summary>Whether an address is one of Vonage's, so that our token may be shown there: files lie in the region of the call, e.g.
    /// api-us.nexmo.com.</summary>
    public bool IsOurs(Uri url)
    {
        if (new Uri(options.CurrentValue.ApiUrl) is var own && own.Scheme == url.Scheme && own.Authority == url.Authority) return true;
        return url.Scheme == Uri.UriSchemeHttps && url.IsDefaultPort
            && (url.Host.EndsWith(".nexmo.com", StringComparison.OrdinalIgnoreCase)
                || url.Host.EndsWith(".vonage.com", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether calls as the application can be made.</summary>
    public bool HasApplication => options.CurrentValue is { ApplicationId.Length: > 0, PrivateKey.Length: > 0 };

    private string? Token() => options.CurrentValue is { ApplicationId: { Length: > 0 } id, PrivateKey: { Length: > 0 } key }
        ? ApplicationJwt.For(id, key, time.GetUtcNow()) : null;

    private static HttpRequestMessage Request(HttpMethod method, Uri url, string? json) =>
        new(method, url) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") };
}
