using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Local.Load;

/// <summary>The least that a table insert and a queue put need: HttpClient and the account key. Only for the floor and for looking at a queue; no retries.</summary>
/// <remarks>https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key</remarks>
internal sealed class PlainStorage
{
    private const string Version = "2024-08-04";
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly string _account;
    private readonly byte[] _key;
    private readonly Uri _tables;
    private readonly Uri _queues;

    public PlainStorage(HttpClient http, string connectionString, TimeProvider time)
    {
        var parts = connectionString.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
        (_http, _time, _account, _key) = (http, time, parts["AccountName"], Convert.FromBase64String(parts["AccountKey"]));
        (_tables, _queues) = (new Uri(parts["TableEndpoint"].TrimEnd('/') + "/"), new Uri(parts["QueueEndpoint"].TrimEnd('/') + "/"));
    }

    /// <summary>Makes the table and the queue; nothing happens when they are there.</summary>
    public async Task CreateAsync(string table, string queue, CancellationToken ct)
    {
        await SendAsync(Table("Tables", Encoding.UTF8.GetBytes($$"""{"TableName":"{{table}}"}""")), ct);
        await SendAsync(Queue(HttpMethod.Put, queue, null), ct);
    }

    /// <param name="entity">JSON of one row.</param>
    public Task InsertAsync(string table, byte[] entity, CancellationToken ct) => SendAsync(Table(table, entity), ct);

    public Task PutAsync(string queue, byte[] message, CancellationToken ct) =>
        SendAsync(Queue(HttpMethod.Post, $"{queue}/messages", Encoding.UTF8.GetBytes($"<QueueMessage><MessageText>{Convert.ToBase64String(message)}</MessageText></QueueMessage>")), ct);

    /// <summary>Messages in a queue, visible or not; 0 when there is no such queue.</summary>
    public async Task<int> CountAsync(string queue, CancellationToken ct)
    {
        using var request = Queue(HttpMethod.Get, queue, null, "?comp=metadata", "\ncomp:metadata");
        using var response = await _http.SendAsync(request, ct);
        return response.Headers.TryGetValues("x-ms-approximate-messages-count", out var values) ? int.Parse(values.First(), CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Whether a queue holds a message that could be taken now.</summary>
    public async Task<bool> IsBusyAsync(string queue, CancellationToken ct)
    {
        using var request = Queue(HttpMethod.Get, $"{queue}/messages", null, "?peekonly=true", "\npeekonly:true");
        using var response = await _http.SendAsync(request, ct);
        return response.IsSuccessStatusCode && (await response.Content.ReadAsStringAsync(ct)).Contains("<QueueMessage>", StringComparison.Ordinal);
    }

    private async Task SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        using (request)
        using (var response = await _http.SendAsync(request, ct))
        {
            await response.Content.CopyToAsync(Stream.Null, ct);
            if (response.StatusCode != HttpStatusCode.Conflict) response.EnsureSuccessStatusCode();
        }
    }

    private HttpRequestMessage Table(string resource, byte[] json)
    {
        var address = new Uri(_tables, resource);
        var date = Date();
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = Body(json, "application/json") };
        request.Headers.TryAddWithoutValidation("x-ms-date", date);
        request.Headers.TryAddWithoutValidation("x-ms-version", Version);
        request.Headers.TryAddWithoutValidation("Accept", "application/json;odata=nometadata");
        request.Headers.TryAddWithoutValidation("Prefer", "return-no-content");
        Sign(request, $"POST\n\napplication/json\n{date}\n/{_account}{address.AbsolutePath}");
        return request;
    }

    private HttpRequestMessage Queue(HttpMethod method, string resource, byte[]? xml, string query = "", string canonicalQuery = "")
    {
        var address = new Uri(_queues, resource + query);
        var date = Date();
        var request = new HttpRequestMessage(method, address);
        if (method != HttpMethod.Get) request.Content = Body(xml ?? [], xml is null ? null : "application/xml");
        request.Headers.TryAddWithoutValidation("x-ms-date", date);
        request.Headers.TryAddWithoutValidation("x-ms-version", Version);
        var (length, type) = xml is { Length: > 0 } ? (xml.Length.ToString(CultureInfo.InvariantCulture), "application/xml") : ("", "");
        Sign(request, $"{method}\n\n\n{length}\n\n{type}\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:{Version}\n/{_account}{address.AbsolutePath}{canonicalQuery}");
        return request;
    }

    private void Sign(HttpRequestMessage request, string text) =>
        request.Headers.TryAddWithoutValidation("Authorization", $"SharedKey {_account}:{Convert.ToBase64String(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text)))}");

    private string Date() => _time.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);

    private static ByteArrayContent Body(byte[] bytes, string? type)
    {
        var content = new ByteArrayContent(bytes);
        if (type is not null) content.Headers.TryAddWithoutValidation("Content-Type", type);
        return content;
    }
}
