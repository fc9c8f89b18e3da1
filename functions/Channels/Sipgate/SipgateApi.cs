using System.Net.Http.Headers;
using System.Text;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Sipgate;

/// <summary>Calls sipgate's REST API with a personal access token. https://developer.sipgate.io/rest-api/authentication/</summary>
internal static class SipgateApi
{
    /// <summary>Asks or changes something.</summary>
    /// <param name="calls">The guarded client.</param>
    /// <param name="options">Address and token.</param>
    /// <param name="method">HTTP method.</param>
    /// <param name="path">Behind the base address, with its query.</param>
    /// <param name="json">Body; null for none.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<ProviderResponse> SendAsync(ProviderHttp calls, SipgateOptions options, HttpMethod method, string path,
        byte[]? json, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, $"{options.ApiUrl.TrimEnd('/')}/{path}");
        request.Headers.Authorization = Authorization(options);
        request.Headers.Accept.ParseAdd("application/json");
        if (json is not null)
        {
            request.Content = new ByteArrayContent(json);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return await calls.SendAsync(request, ct);
    }

    /// <summary>The token goes to sipgate's own hosts only.</summary>
    public static bool IsOwn(Uri url, SipgateOptions options) =>
        Uri.TryCreate(options.ApiUrl, UriKind.Absolute, out var api) && url.Scheme == api.Scheme
        && url.Authority.Equals(api.Authority, StringComparison.OrdinalIgnoreCase);

    /// <summary>Basic authentication by token id and token.</summary>
    public static AuthenticationHeaderValue Authorization(SipgateOptions options) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.TokenId}:{options.Token}")));
}
