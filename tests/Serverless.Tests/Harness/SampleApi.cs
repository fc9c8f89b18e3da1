using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Serverless.Tests.Harness;

/// <summary>
/// The strict double of a provider that has everything: documents, keys, files, and a list of what it holds. A call it does not know fails
/// the test at the end; it is down, slow down or
/// forgets a cursor when the test asks for it.
/// </summary>
public sealed class SampleApi : IAsyncDisposable
{
    private StrictEndpoint _endpoint = null!;

    public Uri Address => _endpoint.Address;

    /// <summary>Documents by path; null: it was there once.</summary>
    public ConcurrentDictionary<string, string?> Documents { get; } = new(StringComparer.Ordinal);

    /// <summary>Files by name.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>What it holds, oldest first, as elements of a delivery.</summary>
    public List<JsonObject> Held { get; } = [];

    /// <summary>Elements on a page of <see cref="Held"/>.</summary>
    public int PageSize { get; set; } = 50;

    /// <summary>Cursors below this are no longer taken.</summary>
    public int OldestCursor { get; set; }

    /// <summary>Answers every call with this status instead; null: it works.</summary>
    public int? Trouble { get; set; }

    /// <summary>Seconds it asks for with <see cref="Trouble"/>.</summary>
    public int? RetryAfter { get; set; }

    /// <summary>Path and query of every call, in order.</summary>
    public IReadOnlyList<string> Calls => [.. _endpoint.Requests.Select(r => r.Target)];

    public static async Task<SampleApi> StartAsync()
    {
        var api = new SampleApi();
        api._endpoint = await StrictEndpoint.StartAsync((context, _) => api.AnswerAsync(context));
        return api;
    }

    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.TrimStart('/');
        if (Trouble is { } trouble)
        {
            context.Response.StatusCode = trouble;
            if (RetryAfter is { } seconds)
                context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        else if (path == "held") await ListAsync(context);
        else if (path.StartsWith("files/", StringComparison.Ordinal)) await FileAsync(context, path["files/".Length..]);
        else if (Documents.TryGetValue(path, out var document))
        {
            if (document is null) context.Response.StatusCode = StatusCodes.Status410Gone;
            else await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(document));
        }
        else
        {
            _endpoint.Complain($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            context.Response.StatusCode = StatusCodes.Status418ImATeapot;
        }
    }

    private async Task FileAsync(HttpContext context, string name)
    {
        if (!Files.TryGetValue(name, out var bytes))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = name.EndsWith(".png", StringComparison.Ordinal) ? "image/png" : "application/octet-stream";
        await context.Response.Body.WriteAsync(bytes);
    }

    private async Task ListAsync(HttpContext context)
    {
        var from = int.Parse(context.Request.Query["cursor"] is [{ Length: > 0 } cursor]
            ? cursor : "0", System.Globalization.CultureInfo.InvariantCulture);
        if (from < OldestCursor)
        {
            context.Response.StatusCode = StatusCodes.Status410Gone;
            return;
        }

        // No cursor: it gives what is not older than asked for.
        var since = DateTimeOffset.Parse(context.Request.Query["since"]!, System.Globalization.CultureInfo.InvariantCulture);
        var page = Held.Skip(from).Take(PageSize).ToList();
        var wanted = page.Where(h => DateTimeOffset.Parse((string)h["at"]!, System.Globalization.CultureInfo.InvariantCulture) >= since);
        var answer = new JsonObject
        {
            ["held"] = new JsonArray([.. wanted.Select(h => h.DeepClone())]),
            ["cursor"] = (from + page.Count).ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["more"] = from + page.Count < Held.Count,
        };
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(answer));
    }
}
