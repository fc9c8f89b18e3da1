using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Storage;

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
        foreach (var header in request.Headers.Where(h => h.Name.StartsWith("x-ms-", StringComparison.OrdinalIgnoreCase)).OrderBy(h => h.Name, StringComparer.OrdinalIgnoreCase))
            text.Append(header.Name.ToLowerInvariant()).Append(':').Append(header.Value).Append('\n');
        text.Append('/').Append(account).Append(uri.AbsolutePath);
        foreach (var (name, value) in Query(uri).OrderBy(p => p.Name, StringComparer.Ordinal))
            text.Append('\n').Append(name).Append(':').Append(value);
        return text.ToString();
    }

    private static IEnumerable<(string Name, string Value)> Query(Uri uri)
    {
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            yield return (pair[..equals].ToLowerInvariant(), Uri.UnescapeDataString(pair[(equals + 1)..]));
        }
    }

    private string Sign(string text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, bytes, hash);
        return Convert.ToBase64String(hash);
    }

    private sealed record StampedDate(long Second, string Text);
}
