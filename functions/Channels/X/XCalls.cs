using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.X;

/// <summary>Calls X's API, for the app by its bearer token or for one account by OAuth 1.0a.</summary>
internal sealed class XCalls(IOptionsMonitor<XOptions> options, TimeProvider time, ProviderHttp calls)
{
    /// <summary>Calls for the app; null when the bearer token is not set.</summary>
    public async Task<ProviderResponse?> AppAsync(HttpMethod method, string path, string? json, CancellationToken ct)
    {
        var current = options.CurrentValue;
        if (string.IsNullOrEmpty(current.BearerToken)) return null;
        using var request = Request(method, new Uri(Base(current) + path), json);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", current.BearerToken);
        return await calls.SendAsync(request, ct);
    }

    /// <summary>Calls for one account of ours; null when its token or the consumer key is not set.</summary>
    public async Task<ProviderResponse?> AccountAsync(string account, HttpMethod method, string path, string? json, CancellationToken ct)
    {
        if (KeysOf(account) is not { } keys) return null;
        using var request = Request(method, new Uri(Base(options.CurrentValue) + path), json);
        Sign(request, keys);
        return await calls.SendAsync(request, ct);
    }

    /// <summary>Opens a file; signed for the account only where X asks for it.</summary>
    public async Task<HttpResponseMessage?> OpenAsync(string? account, Uri url, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (account is not null && KeysOf(account) is { } keys) Sign(request, keys);
        return await calls.OpenAsync(request, ct);
    }

    /// <summary>What an answer to <see cref="OpenAsync"/> asks us to wait.</summary>
    public TimeSpan? RetryAfter(HttpResponseMessage response) => calls.RetryAfter(response);

    /// <summary>Whether calls for this account can be signed.</summary>
    public bool CanSignFor(string account) => KeysOf(account) is not null;

    private OAuth1Keys? KeysOf(string account)
    {
        var current = options.CurrentValue;
        return current.Accounts.GetValueOrDefault(account) is { AccessToken.Length: > 0, AccessTokenSecret.Length: > 0 } own
            && current is { ConsumerKey.Length: > 0, ConsumerSecret.Length: > 0 }
            ? new OAuth1Keys(current.ConsumerKey, current.ConsumerSecret, own.AccessToken, own.AccessTokenSecret)
            : null;
    }

    private void Sign(HttpRequestMessage request, OAuth1Keys keys)
    {
        var nonce = RandomNumberGenerator.GetHexString(32, lowercase: true);
        request.Headers.TryAddWithoutValidation("Authorization",
            OAuth1.Authorization(keys, request.Method.Method, request.RequestUri!, [], nonce, time.GetUtcNow()));
    }

    private static HttpRequestMessage Request(HttpMethod method, Uri url, string? json) =>
        new(method, url) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") };

    private static string Base(XOptions current) => current.ApiUrl.TrimEnd('/');
}
