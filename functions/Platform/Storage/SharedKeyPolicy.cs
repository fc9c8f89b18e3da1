using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Platform.Storage;

/// <summary>
/// Signs each try with the account's key: SharedKeyLite for tables, SharedKey for blobs and queues.
/// Source: https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-shared-key
/// </summary>
internal sealed class SharedKeyPolicy(string account, byte[] key, bool forTables) : HttpPipelineSynchronousPolicy
{
    private StampedDate _date = new(0, "");

    public override void OnSendingRequest(HttpMessage message)
    {
        var request = message.Request;
        var date = Date();
        request.Headers.SetValue("x-ms-date", date);
        var uri = request.Uri.ToUri();
        var scheme = forTables ? "SharedKeyLite " : "SharedKey ";
        var text = forTables ? TableText(uri, date) : FullText(request, uri);
        request.Headers.SetValue("Authorization", string.Concat(scheme, account, ":", Sign(text)));
    }

    // The real clock on purpose: the date proves to storage that the request is fresh, and a test's clock would be refused.
    private string Date()
    {
        var now = TimeProvider.System.GetUtcNow();
        var second = now.ToUnixTimeSeconds();
        var stamped = _date;
        if (stamped.Second == second) return stamped.Text;
        _date = new StampedDate(second, now.ToString("R"));
        return _date.Text;
    }

    private string TableText(Uri uri, string date)
    {
        // Of the query only comp is signed, and none of our table calls has one.
        return string.Concat(date, "\n/", account, uri.AbsolutePath);
    }

    private string FullText(Request request, Uri uri)
    {
        long? length = request.Content is { } content && content.TryComputeLength(out var computed) ? computed : null;
        request.Headers.TryGetValue("Content-Type", out var type);
        var text = new StringBuilder(256)
            .Append(request.Method.Method).Append("\n\n\n")
            .Append(length is > 0 ? length.Value.ToString() : "").Append("\n\n") // zero is an empty line since version 2015-02-21
            .Append(type).Append("\n\n\n\n\n\n\n");
        foreach (var header in Marked(request)) text.Append(header.Name.ToLowerInvariant()).Append(':').Append(header.Value).Append('\n');
        text.Append('/').Append(account).Append(uri.AbsolutePath);
        foreach (var (name, value) in Query(uri.Query)) text.Append('\n').Append(name).Append(':').Append(value);
        return text.ToString();
    }

    private static List<HttpHeader> Marked(Request request)
    {
        var marked = new List<HttpHeader>(6);
        foreach (var header in request.Headers)
        {
            if (header.Name.StartsWith("x-ms-", StringComparison.OrdinalIgnoreCase)) marked.Add(header);
        }

        marked.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name)); // all of ours and Azure.Core's are lower case
        return marked;
    }

    private static List<(string Name, string Value)> Query(string query)
    {
        var pairs = new List<(string Name, string Value)>(4);
        foreach (var range in query.AsSpan().Split('&'))
        {
            var pair = query[range].TrimStart('?');
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) pairs.Add((pair[..equals], Uri.UnescapeDataString(pair[(equals + 1)..])));
        }

        pairs.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name)); // our parameters are lower case
        return pairs;
    }

    private string Sign(string text)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> bytes = stackalloc byte[1024];
        if (Encoding.UTF8.TryGetBytes(text, bytes, out var length)) HMACSHA256.HashData(key, bytes[..length], hash);
        else HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text), hash);
        return Convert.ToBase64String(hash);
    }

    private sealed record StampedDate(long Second, string Text);
}
