using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Kiota.Abstractions;

namespace Serverless.Channels.Email;

/// <content>Reconciliation: items of a folder for which no notification arrived.</content>
public sealed partial class EmailChannel : IReconciles
{
    private const int PageSize = 20;

    private static readonly string[] Listed = ["id", "receivedDateTime"];

    public IReadOnlyList<ReconciliationSource> Sources
    {
        get
        {
            var now = options.CurrentValue;
            var every = TimeSpan.FromMinutes(now.LookMinutes);
            return [.. now.Mailboxes.Values.SelectMany(m =>
                m.Watched.Select(f => new ReconciliationSource($"{m.Address.ToLowerInvariant()}/{f}", every)))];
        }
    }

    public IReadOnlyList<string> Blind =>
        ["A mail that was moved out of its folder before reconciliation, and whose notification never arrived, is not found: only watched folders are read."];

    public async Task<ReconciliationResult> ReadAsync(string source, ReconciliationStart from, CancellationToken ct)
    {
        if (source.Split('/') is not [var address, var folder] || options.CurrentValue.MailboxOf(address) is null)
            return new ReconciliationResult.Later("not-configured");
        // A cursor is an address that Graph made. What leads elsewhere is not followed, and never with our token.
        if (from.Cursor is { } cursor
            && !cursor.StartsWith(options.CurrentValue.GraphUrl.TrimEnd('/') + "/", StringComparison.OrdinalIgnoreCase))
                return new ReconciliationResult.Restart();
        var watched = new Watched(address, folder);
        var answer = await Graph.SendAsync(address, graph => Page(graph, watched, from), ct);
        // The provider has forgotten where we were. https://learn.microsoft.com/en-us/graph/delta-query-overview#synchronization-reset
        if (answer.Status == 410 || (answer.Status == 400 && from.Cursor is not null && IsForgotten(GraphCalls.ErrorCode(answer))))
            return new ReconciliationResult.Restart();
        using var json = GraphCalls.Json(answer);
        if (json is null) return new ReconciliationResult.Later(GraphCalls.WordFor(answer), answer.RetryAfter);

        List<ProviderRecord> held = [];
        foreach (var id in Listing(json.RootElement, from.Since))
        {
            // The list has no headers of sent mail and whole attachments instead of their names, so each message is requested by itself.
            // https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/8431
            var message = new MessageAddress(watched, id);
            switch (await FetchAsync(message.ToString(), ct))
            {
                case FetchedContent.Document document: held.Add(new ProviderRecord("message", Wrapped(message, document.Body))); break;
                case FetchedContent.Later later: return new ReconciliationResult.Later(later.Reason, later.After);
            }
        }

        var next = json.RootElement.Text("@odata.nextLink"u8);
        return new ReconciliationResult.Page(held, next ?? json.RootElement.Text("@odata.deltaLink"u8), More: next is not null);
    }

    private static RequestInformation Page(Microsoft.Graph.GraphServiceClient graph, Watched folder, ReconciliationStart from)
    {
        var delta = graph.Users[folder.Address].MailFolders[folder.Folder].Messages.Delta;
        var request = from.Cursor is { } cursor
            ? delta.WithUrl(cursor).ToGetRequestInformation()
            : delta.ToGetRequestInformation(first =>
            {
                first.QueryParameters.Select = Listed;
                first.QueryParameters.Filter =
                    $"receivedDateTime ge {from.Since.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}";
                // https://learn.microsoft.com/en-us/graph/api/message-delta
                first.QueryParameters.ChangeType = "created";
            });
        request.Headers.Add("Prefer", $"odata.maxpagesize={PageSize}");
        return request;
    }

    // Changed items are returned too, with fewer fields than requested.
    // https://github.com/microsoftgraph/microsoft-graph-docs/issues/7776
    private static IEnumerable<string> Listing(JsonElement page, DateTimeOffset since) => page.Get("value"u8).Items()
        .Where(m => !m.Has("@removed"u8) && m.Time("receivedDateTime"u8) >= since && MessageAddress.IsId(m.Text("id"u8)))
        .OrderBy(m => m.Time("receivedDateTime"u8))
        .Select(m => m.Text("id"u8)!);

    private static bool IsForgotten(string? code) =>
        code is not null
        && (code.Contains("syncState", StringComparison.OrdinalIgnoreCase) || code.Contains("resync", StringComparison.OrdinalIgnoreCase));

    private static byte[] Wrapped(MessageAddress address, ReadOnlyMemory<byte> message)
    {
        var begin = Encoding.UTF8.GetBytes($$"""{"resource":{{JsonEncoded(address)}},"message":""");
        return [.. begin, .. message.Span, (byte)'}'];
    }

    private static string JsonEncoded(MessageAddress address) => $"\"{JsonEncodedText.Encode(address.ToString())}\"";

    private IEnumerable<DeliveryItem> LookedAt(Delivery delivery)
    {
        yield return new DeliveryItem("message", () =>
        {
            using var json = JsonDocument.Parse(delivery.Body);
            var address = MessageAddress.Parse(json.RootElement.Text("resource"u8) ?? "")
                ?? throw new JsonException("What was found names no message.");
            var message = json.RootElement.Get("message"u8);
            if (message.ValueKind != JsonValueKind.Object) throw new JsonException("What was found is no message.");
            return MailPayload.Read(delivery, address, JsonMarshal.GetRawUtf8Value(message).ToArray(), options.CurrentValue, time);
        });
    }
}
