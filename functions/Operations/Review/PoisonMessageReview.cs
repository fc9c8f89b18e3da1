using System.Text;
using System.Text.Json;
using Serverless.Attachments;
using Serverless.Intake;
using Serverless.Platform.Audit;
using Serverless.Platform.Features;
using Serverless.Platform.Messaging;
using Serverless.Platform.Storage;
using Serverless.Replies;

namespace Serverless.Operations.Review;

/// <summary>Poison messages, for operators: list, resubmit, or discard; every step writes an audit entry.</summary>
public sealed class PoisonMessageReview(TableStore tables, QueueStore queues, IEnumerable<EventDestination> destinations, AuditLog actions,
    TimeProvider time)
{
    private const int MostAtOnce = 100;

    /// <summary>A page of one queue. The text itself is not shown: nobody knows what a message that cannot be read holds.</summary>
    /// <exception cref="ArgumentException">The continuation is none of this query.</exception>
    public async Task<PoisonPage> ListAsync(string queue, int top, string? continuation, CancellationToken ct)
    {
        var page = await tables.QueryAsync(PoisonMessages.Table, TableQuery.Partition(queue).Top(top), ct, continuation);
        return new PoisonPage([.. page.Rows.Select(Report)], page.Continuation);
    }

    /// <summary>One step. Messages stored after it began are skipped; otherwise one that fails again would never end the loop.</summary>
    public async Task<PoisonStep> StepAsync(PoisonRequest request, bool resubmit, CancellationToken ct)
    {
        var before = request.Before ?? time.GetUtcNow();
        var begun = await actions.BeginAsync(resubmit
            ? "resubmit" : "discard", request.Queue, request.Id ?? $"before {before:O}", request.By, ct);
        var query = TableQuery.Partition(request.Queue);
        query = request.Id is { } id
            ? query.Where($"RowKey eq {TableQuery.Literal(id)}") : query.Where($"KeptAt le {TableQuery.Literal(before)}");
        var (done, cut, more) = (0, 0, false);
        await foreach (var row in tables.QueryAllAsync(PoisonMessages.Table, query, ct))
        {
            if (done == MostAtOnce)
            {
                more = true;
                break;
            }

            if (resubmit && row.Flag("Cut") is true)
            {
                cut++;
                continue;
            }

            // Put back before it is deleted: a crash in between puts it back twice, and processing is idempotent.
            if (resubmit) await PutBackAsync(request.Queue, Encoding.UTF8.GetBytes(row.Text("Message") ?? ""), ct);
            await tables.DeleteAsync(PoisonMessages.Table, row.PartitionKey, row.RowKey, row.ETag, ct);
            done++;
        }

        await actions.EndAsync(begun, new Dictionary<string, int>(StringComparer.Ordinal) { ["done"] = done, ["cut"] = cut }, ct);
        return new PoisonStep(done, cut, more, before);
    }

    // What came by the poison queue belongs into the one it comes from.
    private Task PutBackAsync(string kept, byte[] text, CancellationToken ct)
    {
        var queue = kept.EndsWith(QueueNames.PoisonSuffix, StringComparison.Ordinal) ? kept[..^QueueNames.PoisonSuffix.Length] : kept;
        return queue is DeliveryMessage.Queue or AttachmentMessage.Queue or ReplyMessage.Queue || destinations.Any(d => d.Queue == queue)
            ? queues.SendAsync(queue, text, TimeSpan.Zero, ct)
            : throw new ArgumentException("There is no such queue.", nameof(kept));
    }

    // Of a notice also what it is about: ids and words only. That a message cannot be read may be why it failed.
    private static PoisonMessage Report(TableRow row)
    {
        var text = row.Text("Message") ?? "";
        var message = new PoisonMessage(row.PartitionKey, row.RowKey, row.Text("Why") ?? "", row.Time("KeptAt") ?? default, text.Length);
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind != JsonValueKind.Object) return message;
            message = message with { Target = Word(json.RootElement, "target") };
            return json.RootElement.TryGetProperty("event", out var e) && e.ValueKind == JsonValueKind.Object
                ? message with { Event = Word(e, "id"), Type = Word(e, "type") } : message;
        }
        catch (JsonException)
        {
            return message;
        }

        static string? Word(JsonElement json, string name) =>
            json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }
}

/// <summary>A poison message.</summary>
/// <param name="Queue">Its queue.</param>
/// <param name="Id">Its <c>id</c> for resubmit and discard.</param>
/// <param name="Why">Why it was stored.</param>
/// <param name="KeptAt">When it was last stored.</param>
/// <param name="Length">Characters.</param>
public sealed record PoisonMessage(string Queue, string Id, string Why, DateTimeOffset KeptAt, int Length)
{
    /// <summary>Of a notice: the event's id.</summary>
    public string? Event { get; init; }

    /// <summary>Of a notice: CloudEvents type.</summary>
    public string? Type { get; init; }

    /// <summary>Of a notice: the one target of a later try; null for all.</summary>
    public string? Target { get; init; }
}

/// <summary>A page of them.</summary>
public sealed record PoisonPage(IReadOnlyList<PoisonMessage> Messages, string? Continuation);

/// <summary>Result of a step.</summary>
/// <param name="Done">Put back, or discarded.</param>
/// <param name="Cut">Too long to be stored completely: they can only be discarded.</param>
/// <param name="More">True: repeat with <paramref name="Before"/>.</param>
/// <param name="Before">Messages stored later are skipped.</param>
public sealed record PoisonStep(int Done, int Cut, bool More, DateTimeOffset Before);

/// <summary>The selected poison messages: one by its id, or all of a queue up to a time.</summary>
public sealed record PoisonRequest
{
    public const string HowTo =
        """Send {"queue":"inbound","id":"<id>"} or {"queue":"inbound","all":true}, and in further steps before from the previous response; by is the name of the person (at most 100 characters).""";

    public required string Queue { get; init; }

    /// <summary>Null for all.</summary>
    public string? Id { get; init; }

    /// <summary>Null for now.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Name of the person, as given.</summary>
    public string? By { get; init; }

    /// <summary>The request in a body; null when it is none.</summary>
    /// <param name="body">JSON.</param>
    /// <param name="queues">The queues there are.</param>
    public static PoisonRequest? Parse(ReadOnlyMemory<byte> body, IReadOnlyList<string> queues)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            string? Text(string name) =>
                json.RootElement.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;
            var all = json.RootElement.TryGetProperty("all", out var every) && every.GetBoolean();
            var (queue, id, by) = (Text("queue"), Text("id"), Text("by"));
            if (queue is null || !queues.Contains(queue, StringComparer.Ordinal) || all == id is not null || id is { Length: not 32 }
                || by is { Length: > 100 } || by?.Any(char.IsControl) == true) return null;
            DateTimeOffset? before = json.RootElement.TryGetProperty("before", out var at) && at.ValueKind != JsonValueKind.Null
                ? at.GetDateTimeOffset() : null;
            if (before is { UtcDateTime.Year: < 2020 or >= 2200 }) return null;
            return new PoisonRequest { Queue = queue, Id = id, Before = before, By = by };
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
