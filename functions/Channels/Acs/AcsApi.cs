using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Acs;

/// <summary>
/// Requests signed with the access key of the resource: HMAC-SHA256 over method, path, date, host and the hash of the body.
/// https://learn.microsoft.com/azure/communication-services/tutorials/hmac-header-tutorial
/// </summary>
internal static class AcsApi
{
    /// <summary>Where Azure keeps recordings; elsewhere our signature does not go.
    /// https://learn.microsoft.com/azure/communication-services/concepts/voice-video-calling/call-recording</summary>
    private const string RecordingHosts = ".asm.skype.com";

    /// <summary>Whether a text can be an access key.</summary>
    public static bool IsKey(string key) => Convert.TryFromBase64String(key, new byte[key.Length], out var length) && length > 0;

    /// <summary>Calls the resource.</summary>
    /// <param name="calls">The guarded client.</param>
    /// <param name="options">Endpoint and key.</param>
    /// <param name="method">GET has no body.</param>
    /// <param name="pathAndQuery">From the first slash on.</param>
    /// <param name="json">Body; empty for none.</param>
    /// <param name="repeatable">Our id of the request and the time of its first try, so that a second one does nothing new; null for
    /// none.</param>
    /// <param name="now">The clock.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<ProviderResponse> SendAsync(
        ProviderHttp calls, AcsOptions options, HttpMethod method, string pathAndQuery, byte[] json,
        (Guid Id, DateTimeOffset FirstSent)? repeatable, DateTimeOffset now, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, $"{options.ApiUrl!.TrimEnd('/')}{pathAndQuery}");
        if (json.Length > 0)
        {
            request.Content = new ByteArrayContent(json);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        if (repeatable is { } known)
        {
            request.Headers.Add("repeatability-request-id", known.Id.ToString("D"));
            request.Headers.Add("repeatability-first-sent", known.FirstSent.ToString("R", CultureInfo.InvariantCulture));
        }

        Sign(request, options, request.RequestUri!.Authority, json, now);
        return await calls.SendAsync(request, ct);
    }

    /// <summary>A signed request for a file; null when the address is neither the resource's nor that of Azure's recordings.</summary>
    public static HttpRequestMessage? Download(AcsOptions options, Uri url, DateTimeOffset now)
    {
        var own = new Uri(options.ApiUrl!);
        if (!url.Authority.Equals(own.Authority, StringComparison.OrdinalIgnoreCase)
            && !url.Host.EndsWith(RecordingHosts, StringComparison.OrdinalIgnoreCase)) return null;
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        // The recording storage expects a signature for the resource's host, which is sent along.
        request.Headers.Add("x-ms-host", own.Authority);
        Sign(request, options, own.Authority, [], now);
        return request;
    }

    /// <summary>The time within a version 7 GUID: the same at every try of one reply.</summary>
    public static DateTimeOffset FirstSent(Guid id, DateTimeOffset now) =>
        id.Version == 7
        ? DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(id.ToString("N").AsSpan(0, 12), NumberStyles.HexNumber,
            CultureInfo.InvariantCulture)) : now;

    private static void Sign(HttpRequestMessage request, AcsOptions options, string host, byte[] body, DateTimeOffset now)
    {
        var date = now.ToString("R", CultureInfo.InvariantCulture);
        var hash = Convert.ToBase64String(SHA256.HashData(body));
        var text = $"{request.Method}\n{request.RequestUri!.PathAndQuery}\n{date};{host};{hash}";
        var signature =
            Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(options.AccessKey!), Encoding.UTF8.GetBytes(text)));
        request.Headers.Add("x-ms-date", date);
        request.Headers.Add("x-ms-content-sha256", hash);
        request.Headers.TryAddWithoutValidation("Authorization",
            $"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}");
    }
}
