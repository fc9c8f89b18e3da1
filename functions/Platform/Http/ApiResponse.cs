using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Serverless.Platform.Json;

namespace Serverless.Platform.Http;

/// <summary>Responses of the app's HTTP functions.</summary>
public static class ApiResponse
{
    private const string Json = "application/json; charset=utf-8";
    private const string ProblemJson = "application/problem+json; charset=utf-8";

    /// <summary>A value as JSON, with the type's source-generated description.</summary>
    public static Task JsonAsync<T>(HttpRequest request, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        WriteAsync(request, JsonSerializer.SerializeToUtf8Bytes(value, type), status, Json);

    /// <summary>JSON that is written already.</summary>
    public static Task JsonAsync(HttpRequest request, ReadOnlyMemory<byte> json, int status = StatusCodes.Status200OK) =>
        WriteAsync(request, json, status, Json);

    /// <summary>JSON with its version (<see cref="EntityTags"/>); 304 without a body when If-None-Match names it.</summary>
    public static Task TaggedAsync(HttpRequest request, ReadOnlyMemory<byte> json)
    {
        var (tag, response) = (EntityTags.Of(json.Span), request.HttpContext.Response);
        response.Headers.ETag = tag;
        if (!EntityTags.Names(request.Headers.IfNoneMatch, tag, weak: true)) return JsonAsync(request, json);
        response.StatusCode = StatusCodes.Status304NotModified;
        response.Headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }

    /// <summary>A problem detail (RFC 9457) that says what to do.</summary>
    public static async Task ProblemAsync(HttpRequest request, int status, string detail)
    {
        using var buffer = new MemoryStream();
        using (var writer = PlainJson.Writer(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("status", status);
            writer.WriteString("detail", detail);
            writer.WriteEndObject();
        }

        await WriteAsync(request, buffer.ToArray(), status, ProblemJson);
    }

    /// <summary>
    /// A page of a list as JSON, or 400 when its continuation is none of ours: that is the caller's mistake, which storage tells
    /// by an <see cref="ArgumentException"/>.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="continuation">Continuation of the request; null without one.</param>
    /// <param name="of">Its kind: <c>query</c> or <c>selection</c>.</param>
    /// <param name="page">Returns the page; null when it wrote a response itself.</param>
    public static async Task PageAsync(HttpRequest request, string? continuation, string of, Func<Task<byte[]?>> page)
    {
        byte[]? json;
        try
        {
            json = await page();
        }
        catch (ArgumentException) when (continuation is not null)
        {
            await ProblemAsync(request, 400, $"The continuation does not belong to this {of}: omit it to start from the beginning.");
            return;
        }

        if (json is not null) await JsonAsync(request, json);
    }

    internal static Task WriteAsync(HttpRequest request, ReadOnlyMemory<byte> body, int status, string type)
    {
        var response = request.HttpContext.Response;
        response.StatusCode = status;
        response.ContentType = type;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        // JSON of ours leaves < and > as they are: no browser may take it for a page.
        response.Headers.XContentTypeOptions = "nosniff";
        return response.Body.WriteAsync(body, request.HttpContext.RequestAborted).AsTask();
    }
}
