using Azure;
using Serverless.Attachments;
using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Intake;
using Serverless.Outbox;
using Serverless.Platform.Storage;
using Serverless.Reconciliation;
using Serverless.Replies;

namespace Serverless.Privacy;

/// <summary>Identifies deliveries of a case: hashes and ids, nothing personal.</summary>
/// <param name="Keys">Keys of its contacts, and ids of its replies.</param>
/// <param name="From">When its first contact arrived; null when it has none.</param>
/// <param name="To">When its last one arrived.</param>
/// <param name="Files">Number of attachments.</param>
/// <param name="Replies">Number of replies.</param>
public sealed record CaseTraces(IReadOnlyList<string> Keys, DateTimeOffset? From, DateTimeOffset? To, int Files, int Replies);

/// <summary>
/// Deletes all stored data of one case, except the tombstones that block late copies. Every step may be repeated, so that a crash costs
/// only a repetition.
/// </summary>
public sealed class CaseEraser(
    CaseStore cases, CaseViews views, Correlator correlator, OutboxRelay relay, CaseEventPublisher teller, ReplyIndex replies,
    DeliveryErasure deliveries, DeliveryStore log, OpenDeliveries open, BlobStore blobs, TimeProvider time)
{
    private const int Tries = 24;

    /// <summary>Identifiers of the deliveries of a case; to be read before it is erased.</summary>
    public async Task<CaseTraces> TracesAsync(string caseId, CancellationToken ct)
    {
        var rows = await cases.RowsAsync(caseId, ct);
        var events = await EventsAsync(rows, ct);
        return new CaseTraces(
            [.. events.Select(e => e.Event.ContactId).Concat(Replies(rows).Select(r => r.Id)).Distinct(StringComparer.Ordinal)],
            events.Count == 0 ? null : events.Min(e => e.Event.Event.Contact.ReceivedAt),
            events.Count == 0 ? null : events.Max(e => e.Event.Event.Contact.ReceivedAt),
            rows.Count(r => Is(r, CaseKeys.AttachmentPrefix)), Replies(rows).Count());
    }

    /// <summary>Erases a case; again for one that is erased takes away what came in just then.</summary>
    /// <param name="caseId">Which.</param>
    /// <param name="orderedAt">Later arrivals are new contacts: they are processed again and find another case.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Number of erased deliveries.</returns>
    public async Task<int> EraseAsync(string caseId, DateTimeOffset orderedAt, CancellationToken ct)
    {
        var rows = await cases.RowsAsync(caseId, ct);
        var remembered = await BuryAsync(caseId, rows, ct);
        // What was committed between the two is there now.
        rows = await cases.RowsAsync(caseId, ct);
        var events = await EventsAsync(rows, ct);
        var contacts = events.ToLookup(e => e.Event.ContactId, StringComparer.Ordinal);
        var late = contacts.Where(c => c.All(e => e.Event.Event.Contact.ReceivedAt > orderedAt))
            .ToDictionary(c => c.Key, StringComparer.Ordinal);
        foreach (var contact in contacts)
        {
            if (late.ContainsKey(contact.Key)) await correlator.ForgetAsync(contact.Key, ct);
            else await correlator.BuryAsync(contact.Key, caseId, ct);
        }

        foreach (var thread in events.Select(e => CaseKeys.Thread(e.Event.Event.Contact)).OfType<string>().Distinct(StringComparer.Ordinal))
            await correlator.LetGoAsync(thread, caseId, ct);
        foreach (var reply in Replies(rows))
            await replies.EraseAsync(new ReplyMessage(caseId, reply.Id), reply, contacts[reply.To].Select(e => e.Event.Event.Contact)
                .FirstOrDefault(c => c.ThreadKey is not null), ct);

        var emptied = await EmptyAsync(events, late, ct);
        await foreach (var file in blobs.ListAsync(AttachmentRequests.Container, $"{caseId}/", ct))
            await blobs.DeleteAsync(AttachmentRequests.Container, file, ct);
        await cases.TakeAwayAsync(caseId, rows, ct);
        if (await teller.TellRestAsync(caseId, ct) && remembered is { } mark) await relay.ForgetAsync(caseId, mark, ct);
        return emptied;
    }

    // The lists first: only the head names them.
    private async Task<ETag?> BuryAsync(string caseId, List<TableRow> rows, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            if (await cases.HeadAsync(caseId, ct) is not { IsErased: false } current) return null;
            (OutboxEntry? told, ETag? remembered) = (null, null);
            if (current.Head is { } head)
            {
                var closed = rows.Where(r => Is(r, CaseKeys.HistoryPrefix) && r.Text("Type") == CaseEvent.Closed)
                    .Select(r => r.Time("At") ?? default);
                await views.HideAsync(head, head.ClosedAt is { } at ? closed.Append(at) : closed, ct);
                told = CaseEvent.Of(CaseEvent.Erased, head
                    with { State = CaseState.Closed, DueAt = null, AcceptedBy = null, HandOver = null }, null, "erased", time.GetUtcNow());
                remembered = await relay.RememberAsync(caseId, ct);
            }

            if (await cases.BuryAsync(caseId, current.ETag, time.GetUtcNow(), told, ct)) return remembered;
        }

        throw new ContentionException();
    }

    private async Task<int> EmptyAsync(List<(TableRow Row, StoredEvent Event)> events,
        Dictionary<string, IGrouping<string, (TableRow Row, StoredEvent Event)>> late, CancellationToken ct)
    {
        var emptied = 0;
        var again = late.Values.SelectMany(c => c).Select(e => e.Event.Delivery).ToHashSet(StringComparer.Ordinal);
        foreach (var delivery in events.Select(e => e.Event.Delivery).Distinct(StringComparer.Ordinal))
        {
            // A reply of ours came by no delivery.
            if (delivery.Split('/') is not [var channel, var id] || !DeliveryKey.IsId(id)) continue;
            var key = new DeliveryKey(channel, id);
            if (!again.Contains(delivery)) emptied += await deliveries.EraseAsync(key, ct) ? 1 : 0;
            else if (await log.FindAsync(key, ct) is { } row && row.Text("End") is DeliveryEnd.Ended or DeliveryEnd.Kept)
            {
                await open.ReachBackAsync(channel, key.At, ct);
                await log.ReopenAsync(key, row.ETag, DeliveryEntity.ReleasedAt, null, time.GetUtcNow(), ct);
            }
        }

        return emptied;
    }

    private async Task<List<(TableRow Row, StoredEvent Event)>> EventsAsync(List<TableRow> rows, CancellationToken ct)
    {
        List<(TableRow, StoredEvent)> events = [];
        foreach (var row in rows.Where(r => Is(r, CaseKeys.EventPrefix))) events.Add((row, await cases.ReadEventAsync(row, ct)));
        return events;
    }

    private static IEnumerable<CaseReply> Replies(List<TableRow> rows) =>
        rows.Where(r => Is(r, CaseKeys.ReplyPrefix)).Select(CaseReplies.Read);

    private static bool Is(TableRow row, string prefix) => row.RowKey.StartsWith(prefix, StringComparison.Ordinal);
}
