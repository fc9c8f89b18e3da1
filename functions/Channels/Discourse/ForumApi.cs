using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using Serverless.Platform.Json;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Discourse;

/// <summary>Calls one forum's API; the key goes only to the forum's own address.</summary>
/// <remarks>https://docs.discourse.org</remarks>
internal sealed class ForumApi(ProviderHttp calls, DiscourseSite site, Uri address)
{
    public async Task<ForumAnswer> GetAsync(string path, CancellationToken ct)
    {
        using var request = Request(HttpMethod.Get, path);
        return new ForumAnswer(await calls.SendAsync(request, ct));
    }

    /// <param name="method">POST or PUT.</param>
    /// <param name="path">Below the forum's address.</param>
    /// <param name="fields">Writes the fields of the JSON body.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<ForumAnswer> SendAsync(HttpMethod method, string path, Action<Utf8JsonWriter> fields, CancellationToken ct)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = PlainJson.Writer(body))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        using var request = Request(method, path);
        request.Content = new ReadOnlyMemoryContent(body.WrittenMemory);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return new ForumAnswer(await calls.SendAsync(request, ct));
    }

    /// <summary>Opens a file; null when it could not be reached.</summary>
    public async Task<HttpResponseMessage?> OpenAsync(string path, CancellationToken ct)
    {
        using var request = Request(HttpMethod.Get, path);
        return await calls.OpenAsync(request, ct);
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri($"{address.AbsoluteUri.TrimEnd('/')}/{path}"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(path.Contains("uploads/", StringComparison.Ordinal) ? "*/*"
            : "application/json"));
        if (string.IsNullOrEmpty(site.ApiKey)) return request;
        request.Headers.TryAddWithoutValidation("Api-Key", site.ApiKey);
        request.Headers.TryAddWithoutValidation("Api-Username", site.ApiUsername);
        return request;
    }
}

/// <summary>What a forum answered.</summary>
internal sealed class ForumAnswer
{
    public ForumAnswer(ProviderResponse answer)
    {
        Raw = answer;
        if (answer.TooLarge || answer.Body.IsEmpty) return;
        try
        {
            // A copy of its own: it outlives this call.
            using var document = JsonDocument.Parse(answer.Body);
            Root = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // A proxy's page, say: the status has to do.
        }
    }

    public ProviderResponse Raw { get; }

    public int Status => Raw.Status;

    /// <summary>The body; undefined when it is no JSON.</summary>
    public JsonElement Root { get; }

    /// <summary>The body of a call that succeeded; undefined otherwise.</summary>
    public JsonElement Result => Raw.Succeeded ? Root : default;

    /// <summary>The forum's own sentences, at most 300 characters; null when there is none.</summary>
    public string? Errors
    {
        get
        {
            var all = string.Join(' ', Root.Get("errors"u8).Items().Select(e => e.AsText()).OfType<string>());
            return all.Length == 0 ? null : all.Length > 300 ? all[..300] : all;
        }
    }

    /// <summary>In a header, or in the body of older versions. https://docs.discourse.org (rate limits)</summary>
    public TimeSpan? RetryAfter =>
        Raw.RetryAfter
        ?? (Root.Get("extras"u8).Get("wait_seconds"u8).AsNumber() is { } seconds and > 0 and < 1_000_000
            ? TimeSpan.FromSeconds(seconds) : null);
}
