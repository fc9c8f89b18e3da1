using System.Text.Json;

namespace Serverless.Hosting;

/// <summary>Answers of our own HTTP functions.</summary>
public static class HttpAnswer
{
    public static Task JsonAsync(HttpContext context, ReadOnlyMemory<byte> json, int status = StatusCodes.Status200OK, string type = "application/json; charset=utf-8")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = json.Length;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.Body.WriteAsync(json, context.RequestAborted).AsTask();
    }

    /// <summary>A problem detail (RFC 9457) that says what to do.</summary>
    public static async Task ProblemAsync(HttpContext context, int status, string detail)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("status", status);
            writer.WriteString("detail", detail);
            writer.WriteEndObject();
        }

        await JsonAsync(context, buffer.ToArray(), status, "application/problem+json; charset=utf-8");
    }
}
