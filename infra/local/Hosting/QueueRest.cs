using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Serverless.Local.FunctionsHost;

namespace Serverless.Local.Hosting;

/// <summary>A message taken from a storage queue, its text as it travels: usually base64.</summary>
internal sealed record QueueMessage(string Id, string PopReceipt, int DequeueCount, DateTimeOffset InsertionTime, DateTimeOffset ExpirationTime, DateTimeOffset NextVisibleTime, string Text);

/// <summary>One account of Azurite and its shared key.</summary>
internal sealed record QueueAccount(Uri Endpoint, string Name, byte[] Key)
{
    // The published account of every Azurite: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
    private const string DevelopmentKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>Reads the connection string a function.json names.</summary>
    public static QueueAccount Parse(string setting, IReadOnlyDictionary<string, string> settings)
    {
        if (!settings.TryGetValue(setting, out var text) || text.Length == 0)
            throw new HostStartException($"A function.json names the connection {setting}, but there is no setting of that name.");
        if (text.Trim().TrimEnd(';').Equals("UseDevelopmentStorage=true", StringComparison.OrdinalIgnoreCase))
            return new QueueAccount(new Uri("http://127.0.0.1:10001/devstoreaccount1"), "devstoreaccount1", Convert.FromBase64String(DevelopmentKey));
        var parts = text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(part => part.Split('=', 2)).Where(part => part.Length == 2)
            .ToDictionary(part => part[0], part => part[1], StringComparer.OrdinalIgnoreCase);
        if (!parts.TryGetValue("QueueEndpoint", out var endpoint) || !parts.TryGetValue("AccountName", out var name) || !parts.TryGetValue("AccountKey", out var key))
            throw new HostStartException($"The setting {setting} is not a connection string with AccountName, AccountKey and QueueEndpoint: the local host speaks to Azurite only.");
        return new QueueAccount(new Uri(endpoint.TrimEnd('/')), name, Convert.FromBase64String(key));
    }
}

/// <summary>
/// The few calls of the queue service that a trigger makes, signed with the account's key.
/// https://learn.microsoft.com/rest/api/storageservices/queue-service-rest-api
/// </summary>
internal sealed class QueueRest(HttpMessageInvoker http, QueueAccount account, string queue)
{
    public string Name => queue;

    /// <summary>Makes the queue unless it is there.</summary>
    public async Task CreateAsync(CancellationToken ct)
    {
        using var answer = await SendAsync(HttpMethod.Put, "", [], null, ct);
        Require(answer, HttpStatusCode.Created, HttpStatusCode.NoContent);
    }

    /// <summary>Takes up to <paramref name="count"/> messages and hides them; null when the queue is missing.</summary>
    public async Task<IReadOnlyList<QueueMessage>?> TakeAsync(int count, TimeSpan hidden, CancellationToken ct)
    {
        using var answer = await SendAsync(HttpMethod.Get, "/messages", [("numofmessages", count.ToString()), ("visibilitytimeout", Seconds(hidden))], null, ct);
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        Require(answer, HttpStatusCode.OK);
        var document = XDocument.Parse(await answer.Content.ReadAsStringAsync(ct));
        return [.. document.Root!.Elements("QueueMessage").Select(Read)];
    }

    public async Task PutAsync(string text, CancellationToken ct)
    {
        var xml = new XElement("QueueMessage", new XElement("MessageText", text)).ToString(SaveOptions.DisableFormatting);
        using var answer = await SendAsync(HttpMethod.Post, "/messages", [("messagettl", "-1")], xml, ct);
        if (answer.StatusCode == HttpStatusCode.NotFound) throw new QueueMissingException();
        Require(answer, HttpStatusCode.Created);
    }

    /// <summary>Hides the message for so long from now; the receipt to use from here on.</summary>
    public async Task<string> HideAsync(string id, string popReceipt, TimeSpan hidden, CancellationToken ct)
    {
        using var answer = await SendAsync(HttpMethod.Put, $"/messages/{id}", [("popreceipt", popReceipt), ("visibilitytimeout", Seconds(hidden))], null, ct);
        Require(answer, HttpStatusCode.NoContent);
        return answer.Headers.GetValues("x-ms-popreceipt").First();
    }

    public async Task DeleteAsync(string id, string popReceipt, CancellationToken ct)
    {
        using var answer = await SendAsync(HttpMethod.Delete, $"/messages/{id}", [("popreceipt", popReceipt)], null, ct);
        Require(answer, HttpStatusCode.NoContent, HttpStatusCode.NotFound);
    }

    /// <summary>How many messages the queue holds, hidden ones included (the service calls it approximate).</summary>
    public async Task<int> CountAsync(CancellationToken ct)
    {
        using var answer = await SendAsync(HttpMethod.Get, "", [("comp", "metadata")], null, ct);
        if (answer.StatusCode == HttpStatusCode.NotFound) return 0;
        Require(answer, HttpStatusCode.OK);
        return int.Parse(answer.Headers.GetValues("x-ms-approximate-messages-count").First(), CultureInfo.InvariantCulture);
    }

    private static QueueMessage Read(XElement message)
    {
        string Value(string name) => message.Element(name)?.Value ?? "";
        DateTimeOffset Time(string name) => DateTimeOffset.Parse(Value(name), CultureInfo.InvariantCulture);
        return new QueueMessage(
            Value("MessageId"), Value("PopReceipt"), int.Parse(Value("DequeueCount"), CultureInfo.InvariantCulture), Time("InsertionTime"), Time("ExpirationTime"), Time("TimeNextVisible"), Value("MessageText"));
    }

    private static string Seconds(TimeSpan span) => ((long)Math.Ceiling(span.TotalSeconds)).ToString();

    private static void Require(HttpResponseMessage answer, params HttpStatusCode[] expected)
    {
        if (!expected.Contains(answer.StatusCode)) throw new HttpRequestException($"The queue service answered {(int)answer.StatusCode}.", null, answer.StatusCode);
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, (string Name, string Value)[] query, string? xml, CancellationToken ct)
    {
        var address = $"{account.Endpoint}/{queue}{path}";
        if (query.Length > 0) address += "?" + string.Join('&', query.Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}"));
        var request = new HttpRequestMessage(method, address);
        request.Headers.Add("x-ms-date", TimeProvider.System.GetUtcNow().ToString("R", CultureInfo.InvariantCulture));
        request.Headers.Add("x-ms-version", "2021-12-02");
        if (xml is not null || method != HttpMethod.Get) request.Content = new StringContent(xml ?? "", Encoding.UTF8, "application/xml");
        Sign(request, query);
        return http.SendAsync(request, ct);
    }

    // https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
    private void Sign(HttpRequestMessage request, (string Name, string Value)[] query)
    {
        var length = request.Content?.Headers.ContentLength is > 0 and var bytes ? bytes.ToString() : "";
        var headers = string.Concat(request.Headers.Where(header => header.Key.StartsWith("x-ms-", StringComparison.Ordinal))
            .OrderBy(header => header.Key, StringComparer.Ordinal).Select(header => $"{header.Key}:{string.Join(',', header.Value)}\n"));
        var parameters = string.Concat(query.OrderBy(pair => pair.Name, StringComparer.Ordinal).Select(pair => $"\n{pair.Name}:{pair.Value}"));
        var text = $"{request.Method}\n\n\n{length}\n\n{request.Content?.Headers.ContentType}\n\n\n\n\n\n\n{headers}/{account.Name}{request.RequestUri!.AbsolutePath}{parameters}";
        var signature = Convert.ToBase64String(HMACSHA256.HashData(account.Key, Encoding.UTF8.GetBytes(text)));
        request.Headers.TryAddWithoutValidation("Authorization", $"SharedKey {account.Name}:{signature}");
    }
}

/// <summary>The queue is not there (yet).</summary>
internal sealed class QueueMissingException : Exception;
