using System.Net.Http.Headers;
using System.Text;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Twilio;

/// <summary>Requests to Twilio's API. Who asks is the account itself with its auth token: the pair that its webhooks are signed
/// with.</summary>
/// <remarks>https://www.twilio.com/docs/usage/requests-to-twilio</remarks>
internal static class TwilioCalls
{
    /// <summary>Sends with the token in force; refused with it, once more with the one before, which holds until the new one is
    /// promoted.</summary>
    public static Task<ProviderResponse> SendAsync(ProviderHttp calls, TwilioOptions options, string account, HttpMethod method,
        string pathAndQuery, IReadOnlyList<KeyValuePair<string, string>>? form, CancellationToken ct) =>
        SendAsync(calls, options, account, method, new Uri(options.ApiUrl.TrimEnd('/') + pathAndQuery), form is null
            ? null : () => new FormUrlEncodedContent(form), ct);

    /// <summary>The same at another of Twilio's addresses and with any content, made anew for each try.</summary>
    public static async Task<ProviderResponse> SendAsync(ProviderHttp calls, TwilioOptions options, string account, HttpMethod method,
        Uri address, Func<HttpContent>? content, CancellationToken ct)
    {
        var tokens = options.TokensOf(account);
        var answer = ProviderResponse.NotCalled;
        foreach (var token in new[] { tokens.Current, tokens.Previous })
        {
            if (string.IsNullOrEmpty(token)) continue;
            using var request = new HttpRequestMessage(method, address) { Content = content?.Invoke() };
            request.Headers.Authorization = Basic(account, token);
            answer = await calls.SendAsync(request, ct);
            if (answer.Status != 401) return answer;
        }

        return answer;
    }

    public static AuthenticationHeaderValue Basic(string account, string token) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{account}:{token}")));

    /// <summary>Why Twilio cannot be asked now, as a short code.</summary>
    public static string Reason(ProviderResponse answer) =>
        answer.Status switch { 401 or 403 => "refused", 429 => "rate-limited", _ => "unreachable" };

    public static string Setting(string account, TwilioOptions options) =>
        options.Accounts.ContainsKey(account) ? $"Channels__Twilio__Accounts__{account}__AuthToken" : "Channels__Twilio__AuthToken";
}
