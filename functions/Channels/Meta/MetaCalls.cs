using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Platform.Json;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Meta;

/// <summary>Requests to the Graph API of Facebook, Instagram and WhatsApp.</summary>
/// <remarks>https://developers.facebook.com/docs/graph-api/overview</remarks>
internal static class MetaCalls
{
    /// <summary>Sends with the token in force; refused with it (code 190), once more with the one before.</summary>
    public static async Task<MetaAnswer> SendAsync(ProviderHttp calls, MetaOptions options, string account, HttpMethod method, string path,
        JsonObject? body, CancellationToken ct)
    {
        var last = new MetaAnswer(ProviderResponse.NotCalled, null);
        foreach (var token in options.TokensOf(account))
        {
            last.Dispose();
            last = await SendAsync(calls, options.BaseOf(account), token, method, path, body, ct);
            if (last.Error != 190) return last;
        }

        return last;
    }

    public static async Task<MetaAnswer> SendAsync(ProviderHttp calls, string address, string token, HttpMethod method, string path,
        JsonObject? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, $"{address.TrimEnd('/')}/{path}");
        // In the header, not in the address: addresses are logged on the way.
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null) request.Content = new StringContent(PlainJson.Text(body), Encoding.UTF8, "application/json");
        var answer = await calls.SendAsync(request, ct);
        return new MetaAnswer(answer, JsonOf(answer));
    }

    private static JsonDocument? JsonOf(ProviderResponse answer)
    {
        try
        {
            return answer.Body.Length > 0 ? JsonDocument.Parse(answer.Body) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>An answer of the Graph API, read.</summary>
internal sealed class MetaAnswer(ProviderResponse answer, JsonDocument? json) : IDisposable
{
    public ProviderResponse Raw => answer;

    public JsonElement Json => json?.RootElement ?? default;

    public bool Succeeded => answer.Succeeded && json is not null;

    /// <summary>Meta's error code; 0 when there is none. https://developers.facebook.com/docs/graph-api/guides/error-handling</summary>
    public int Error => Number("code"u8);

    public int Detail => Number("error_subcode"u8);

    /// <summary>Why Meta cannot be asked now, as a short code.</summary>
    public string Reason => Error is 4 or 17 or 32 or 613 or 80007 || answer.Status == 429
        ? "rate-limited" : Error is 190 or 10 or 200 || answer.Status is 401 or 403 ? "refused" : "unreachable";

    public void Dispose() => json?.Dispose();

    private int Number(ReadOnlySpan<byte> name) =>
        Json.Get("error"u8).Get(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) ? value : 0;
}
