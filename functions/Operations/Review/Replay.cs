using System.Text.Json;
using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Intake;
using Serverless.Platform.Audit;
using Serverless.Platform.Storage;
using Serverless.Processing;
using Serverless.Reconciliation;

namespace Serverless.Operations.Review;

/// <summary>
/// Replays deliveries with the current code: into the same cases, without duplicates. A dry run returns the differences and writes
/// nothing. Filed items stay as they are; placeholders are replaced by readable items, and so are contacts that the current code files
/// under another id.
/// </summary>
public sealed class Replay(
    DeliveryWalk walk, DeliveryStore deliveries, OpenDeliveries open, DeliveryProcessor work, Correlator correlator, CaseStore cases,
    ChannelDirectory channels, AuditLog actions, TimeProvider time)
{
    /// <summary>Most deliveries of one step.</summary>
    public const int LargestStep = 100;

    private const int LargestDryStep = 25;
    private const string HasEnded = $"(End eq '{DeliveryEnd.Ended}' or End eq '{DeliveryEnd.Kept}')";

    // Not read from the delivery, but noted when it came late, or by a replay.
    private static readonly string[] NotRead = ["recovery", "supersededBy"];

    /// <summary>One step.</summary>
    /// <param name="selection">One delivery, or all of some hours that have ended.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="ArgumentException">The continuation is none of this selection.</exception>
    public async Task<ReplayStep> StepAsync(ReviewSelection selection, CancellationToken ct)
    {
        var channel = channels.Find(selection.Channel) ?? throw new ArgumentException("There is no such channel.", nameof(selection));
        var (keys, continuation) = await KeysAsync(channel.Name, selection, ct);
        return selection.DryRun
            ? await ComparedAsync(channel, keys, continuation, ct) : await QueuedAsync(selection, keys, continuation, ct);
    }

    private async Task<(IReadOnlyList<DeliveryKey> Keys, string? Continuation)> KeysAsync(string channel, ReviewSelection selection,
        CancellationToken ct)
    {
        if (selection.Delivery is { } id) return ([new DeliveryKey(channel, id)], null);
        var page = await walk.PageAsync(channel, selection.Hours, HasEnded, selection.DryRun
            ? LargestDryStep : LargestStep, selection.Continuation, ct, "End");
        return ([.. page.Rows.Select(row => new DeliveryKey(channel, row.RowKey))], page.Continuation);
    }

    private async Task<ReplayStep> QueuedAsync(ReviewSelection selection, IReadOnlyList<DeliveryKey> keys, string? continuation,
        CancellationToken ct)
    {
        var begun = await actions.BeginAsync("replay", selection.Channel, selection.On, selection.By, ct);
        var (queued, already, unknown) = (0, 0, 0);
        foreach (var key in keys)
        {
            if (await deliveries.FindAsync(key, ct) is not { } row) unknown++;
            else if (!MayBeReplayed(row)) already++;
            else
            {
                await open.ReachBackAsync(key.Channel, key.At, ct);
                if (await deliveries.ReopenAsync(key, row.ETag, DeliveryEntity.ReplayedAt, null, time.GetUtcNow(), ct)) queued++;
                else already++;
            }
        }

        await actions.EndAsync(begun,
            new Dictionary<string, int>(StringComparer.Ordinal) { ["queued"] = queued, ["already"] = already, ["unknown"] = unknown }, ct);
        return new ReplayStep { DryRun = false, Queued = queued, Already = already, Unknown = unknown, More = continuation is not null,
            Continuation = continuation };
    }

    private async Task<ReplayStep> ComparedAsync(IChannel channel, IReadOnlyList<DeliveryKey> keys, string? continuation,
        CancellationToken ct)
    {
        List<ReplayDifference> differences = [];
        var (same, already, unknown) = (0, 0, 0);
        foreach (var key in keys)
        {
            if (await deliveries.FindAsync(key, ct) is not { } row) unknown++;
            else if (!MayBeReplayed(row)) already++;
            else if (await CompareAsync(channel, key, row, ct) is { Elements.Count: > 0 } difference) differences.Add(difference);
            else same++;
        }

        return new ReplayStep { DryRun = true, Same = same, Different = differences, Already = already, Unknown = unknown,
            More = continuation is not null, Continuation = continuation };
    }

    private static bool MayBeReplayed(TableRow row) =>
        row.Text("End") is DeliveryEnd.Ended or DeliveryEnd.Kept && row.Time(DeliveryEntity.ErasedAt) is null;

    private async Task<ReplayDifference> CompareAsync(IChannel channel, DeliveryKey key, TableRow row, CancellationToken ct)
    {
        var delivery = await deliveries.LoadAsync(key, row, ct);
        var ends = row.Text("Ends")?.Split('\n') ?? [];
        var filed = ProcessedItem.Read(row);
        List<ReplayedElement> elements = [];
        var at = 0;
        await foreach (var piece in work.ReadAsync(channel, delivery, ct))
        {
            var was = at < ends.Length ? ends[at] : "";
            at++;
            var e = (piece.Reading as Parsed.Found)?.Event ?? (piece.Unreadable is null ? null : Placeholder.For(delivery, piece.Position));
            if (e is not null)
            {
                if (await CompareAsync(piece, was, e, ProcessedItem.Before(filed, piece.Position), ct) is { } changed)
                    elements.Add(changed);
                continue;
            }

            var now = WordOf(piece);
            if (now != was) elements.Add(new ReplayedElement(piece.Position, was, now));
        }

        return new ReplayDifference(key.Id, row.Time("ReceivedAt") ?? key.At, row.Text("End")!, elements);
    }

    private async Task<ReplayedElement?> CompareAsync(DeliveryProcessor.Piece piece, string was, ContactEvent e, ProcessedItem? before,
        CancellationToken ct)
    {
        var stored = before is null ? null : await cases.EventAsync(before.CaseId, before.Event, ct) is { } filed
            ? (before.CaseId, filed.Event) : ((string CaseId, StoredEvent Event)?)null;
        stored ??= await correlator.FindAsync(e, ct);
        if (stored is not { } known) return new ReplayedElement(piece.Position, was, WordOf(piece)) { Fields = [.. Fields(null, e)] };
        List<ChangedField> fields = [.. Fields(known.Event.Event, e)];
        return fields.Count == 0 ? null : new ReplayedElement(piece.Position, was, WordOf(piece))
        {
            CaseId = known.CaseId,
            ContactId = known.Event.ContactId,
            Replaces = CaseKeys.Event(known.Event.Event) != CaseKeys.Event(e) || known.Event.Event.Contact.Kind == ContactKind.Placeholder,
            Fields = fields,
        };
    }

    private static string WordOf(DeliveryProcessor.Piece piece) => piece switch
    {
        { Lacks: { } lacks } => $"kept:{lacks}",
        { Unreadable: { } error } => $"unreadable:{error}",
        { Reading: Parsed.Ignored ignored } => $"ignored:{ignored.Reason}",
        { Reading: Parsed.Alert asks } => $"ignored:{asks.Reason}",
        { Reading: Parsed.PlaceRenamed } => "ignored:moved",
        { Reading: Parsed.StatusUpdate } => "ignored:delivery-status",
        _ => "read",
    };

    private static IEnumerable<ChangedField> Fields(ContactEvent? was, ContactEvent now)
    {
        var (before, after) = (FieldsOf(was), FieldsOf(now));
        foreach (var name in before.Keys.Union(after.Keys, StringComparer.Ordinal).Except(NotRead, StringComparer.Ordinal))
        {
            var (one, other) = (before.TryGetValue(name, out var b) ? b : (JsonElement?)null, after.TryGetValue(name, out var a) ? a
                : (JsonElement?)null);
            if (one is null || other is null || !JsonElement.DeepEquals(one.Value, other.Value))
                yield return new ChangedField(name, one, other);
        }
    }

    private static Dictionary<string, JsonElement> FieldsOf(ContactEvent? e)
    {
        if (e is null) return [];
        var json = JsonSerializer.SerializeToElement(e, ContactJson.Default.ContactEvent);
        var fields = json.GetProperty("contact").EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        (fields["eventId"], fields["change"]) = (json.GetProperty("eventId"), json.GetProperty("change"));
        return fields;
    }
}

/// <summary>Result of one step of a replay or dry run.</summary>
public sealed record ReplayStep
{
    public required bool DryRun { get; init; }

    /// <summary>Queued to be worked again.</summary>
    public int Queued { get; init; }

    /// <summary>Dry run: deliveries that today's code reads as it did before.</summary>
    public int Same { get; init; }

    /// <summary>Dry run: the others.</summary>
    public IReadOnlyList<ReplayDifference>? Different { get; init; }

    /// <summary>Not completed, in quarantine or refused; or handled by another request.</summary>
    public int Already { get; init; }

    /// <summary>No such delivery, or erased.</summary>
    public int Unknown { get; init; }

    /// <summary>True: give the continuation with the next step.</summary>
    public required bool More { get; init; }

    public string? Continuation { get; init; }
}

/// <summary>A delivery that the current code parses differently.</summary>
public sealed record ReplayDifference(string Delivery, DateTimeOffset ReceivedAt, string End, IReadOnlyList<ReplayedElement> Elements);

/// <summary>An item that is parsed differently.</summary>
/// <param name="Position">Its position in the delivery.</param>
/// <param name="Was">The end it had.</param>
/// <param name="Now">Current result: <c>read</c>, <c>ignored:why</c>, <c>unreadable:error</c>, <c>kept:why</c>.</param>
public sealed record ReplayedElement(string Position, string Was, string Now)
{
    /// <summary>Where it is filed; null when it is not.</summary>
    public string? CaseId { get; init; }

    public string? ContactId { get; init; }

    /// <summary>True: a replay replaces the filed item. False: the filed item stays, and the difference is only shown.</summary>
    public bool Replaces { get; init; }

    /// <summary>Fields of the contact that differ.</summary>
    public IReadOnlyList<ChangedField>? Fields { get; init; }
}

/// <summary>One field as stored and as parsed now; null where it is absent.</summary>
public sealed record ChangedField(string Name, JsonElement? Was, JsonElement? Now);
