using System.Text.Json;
using Serverless.Channels;
using Serverless.Intake;
using Serverless.Platform.Audit;
using Serverless.Platform.Storage;
using Serverless.Processing;
using Serverless.Reconciliation;

namespace Serverless.Operations.Review;

/// <summary>
/// Stored deliveries without a case, for operators: list, process again, or dismiss; every step writes an audit entry. Safe to
/// repeat and to race.
/// </summary>
public sealed class KeptDeliveryReview(
    KeptDeliveries kept, DeliveryStore deliveries, OpenDeliveries open, TableStore tables, AuditLog actions, TimeProvider time)
{
    private const int MostAtOnce = 100;

    /// <summary>A page of them.</summary>
    /// <exception cref="ArgumentException">The continuation is none of this query.</exception>
    public async Task<KeptPage> ListAsync(string? channel, int top, string? continuation, CancellationToken ct)
    {
        var (entries, more) = await kept.PageAsync(channel, null, top, continuation, ct);
        return new KeptPage(entries, more);
    }

    /// <summary>One step: at most a hundred are opened again, as a replay does, or taken off the list and left as they are.</summary>
    /// <exception cref="ArgumentException">The continuation is none of this selection.</exception>
    public async Task<KeptStep> StepAsync(KeptRequest request, bool resubmit, CancellationToken ct)
    {
        var (entries, more) = await kept.PageAsync(request.Channel, request.Delivery, MostAtOnce, request.Continuation, ct);
        var (what, on) = (resubmit ? "resubmit" : "dismiss", request.Delivery ?? "all kept without a case");
        var begun = await actions.BeginAsync(what, request.Channel, on, request.By, ct);
        var done = 0;
        foreach (var entry in entries)
        {
            var key = new DeliveryKey(entry.Channel, entry.Id);
            if (resubmit ? await OpenAsync(key, ct) : await DismissAsync(key, ct)) done++;
        }

        var counts = new Dictionary<string, int>(StringComparer.Ordinal) { ["done"] = done, ["already"] = entries.Count - done };
        await actions.EndAsync(begun, counts, ct);
        return new KeptStep(done, entries.Count - done, more is not null, more);
    }

    // It stays on the list until it has a better end.
    private async Task<bool> OpenAsync(DeliveryKey key, CancellationToken ct)
    {
        if (await deliveries.FindAsync(key, ct) is not { } row) return false;
        if (row.Text("End") != DeliveryEnd.Kept || row.Time(DeliveryEntity.ErasedAt) is not null) return false;
        await open.ReachBackAsync(key.Channel, key.At, ct);
        return await deliveries.ReopenAsync(key, row.ETag, DeliveryEntity.ReplayedAt, null, time.GetUtcNow(), ct);
    }

    // The row first: the list can be swept by it.
    private async Task<bool> DismissAsync(DeliveryKey key, CancellationToken ct)
    {
        if (await tables.GetAsync(key.Table, key.Partition, key.Id, ct, $"End,{DeliveryStore.WithoutCaseProperty}") is { } row)
        {
            if (row.Text("End") != DeliveryEnd.Kept) return false;
            var looked = new TableRow(key.Partition, key.Id) { [DeliveryStore.WithoutCaseProperty] = "" };
            if ((await tables.MergeAsync(key.Table, looked, row.ETag, ct)).State == WriteState.Changed) return false;
        }

        return await kept.TakeOffAsync(key, ct);
    }
}

/// <summary>A page of stored deliveries without a case, by channel and time of arrival.</summary>
public sealed record KeptPage(IReadOnlyList<KeptDelivery> Deliveries, string? Continuation);

/// <summary>Result of a step.</summary>
/// <param name="Done">Queued to be worked again, or dismissed.</param>
/// <param name="Already">Being processed now, or handled by another request.</param>
/// <param name="More">True: repeat with <paramref name="Continuation"/>.</param>
/// <param name="Continuation">Continuation for the next step.</param>
public sealed record KeptStep(int Done, int Already, bool More, string? Continuation);

/// <summary>The selected deliveries: one, or all of a channel.</summary>
public sealed record KeptRequest
{
    public const string HowTo = """Send {"channel":"meta","delivery":"<32 hex digits>"} or {"channel":"meta","all":true}, """
        + "and in further steps continuation as the step answered it; by says who asks (at most 100 characters).";

    public required string Channel { get; init; }

    /// <summary>Null for all.</summary>
    public string? Delivery { get; init; }

    /// <summary>Continuation of the previous step; null for the first.</summary>
    public string? Continuation { get; init; }

    /// <summary>Name of the person, as given.</summary>
    public string? By { get; init; }

    /// <summary>The request in a body; null when it is none.</summary>
    /// <param name="body">JSON.</param>
    /// <param name="channels">The channels there are.</param>
    public static KeptRequest? Parse(ReadOnlyMemory<byte> body, ChannelDirectory channels)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            string? Text(string name) =>
                json.RootElement.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;

            var all = json.RootElement.TryGetProperty("all", out var every) && every.GetBoolean();
            var (channel, delivery, by) = (Text("channel"), Text("delivery"), Text("by")?.Trim());
            if (channel is null || channels.Find(channel) is not { } known || all == delivery is not null) return null;
            if (delivery is not null && !DeliveryKey.IsId(delivery)) return null;
            if (by is { Length: > 100 } || by?.Any(char.IsControl) == true) return null;
            return new KeptRequest { Channel = known.Name, Delivery = delivery, Continuation = Text("continuation"), By = by };
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
