using Microsoft.Extensions.Options;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Needs;
using Serverless.Platform.Features;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>
/// Replaces a placeholder by the contact that a replay parsed, or a contact that was filed under another id. Nothing is
/// deleted: the replaced entry names its replacement. Each step may be repeated.
/// </summary>
public sealed class PlaceholderReplacement(CaseStore cases, Correlator correlator, CaseEventPublisher teller, CaseActions actions,
    TimeProvider time,
    IOptionsMonitor<CasesOptions> options, Provided<RuleSet> rules)
{
    /// <summary>Value of <see cref="Contact.SupersededBy"/> for what turned out to be nothing a case needs.</summary>
    public const string Ignored = "ignored";

    /// <summary>A placeholder that already had the ids of the contact becomes the contact, in its place. True when it did.</summary>
    /// <param name="caseId">The case of both.</param>
    /// <param name="e">The parsed event.</param>
    /// <param name="end">The end word of it.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> FillAsync(string caseId, ContactEvent e, string end, CancellationToken ct)
    {
        if (e.Contact.Kind == ContactKind.Placeholder) return false;
        if (await cases.EventAsync(caseId, CaseKeys.Event(e), ct) is not { } stored
            || stored.Event.Event.Contact.Kind != ContactKind.Placeholder) return false;
        if (await cases.HeadAsync(caseId, ct) is not { Head: { } head }) return false;
        var told = CaseEvent.Of(CaseEvent.ContactChanged, head, e, $"read anew {CaseKeys.Event(e)}", time.GetUtcNow());
        if ((await cases.RewriteAsync(caseId, stored.Event, e, stored.ETag, end, [told], ct)).State != WriteState.Written)
            throw new ContentionException();
        await teller.TellRestAsync(caseId, ct);
        await SettleAsync(caseId, null, ct);
        return true;
    }

    /// <summary>Marks what was filed before as replaced; a case that has nothing else is closed.</summary>
    /// <param name="oldCase">Where it was filed.</param>
    /// <param name="oldEvent">Row key of its event.</param>
    /// <param name="by">The replacement and its case; null when the item turned out not to be relevant to a case.</param>
    /// <param name="delivery">The delivery of both, <c>channel/id</c>.</param>
    /// <param name="ct">Cancels.</param>
    public async Task ReplaceAsync(string oldCase, string oldEvent, (ContactEvent Event, string CaseId)? by, string delivery,
        CancellationToken ct)
    {
        if (await cases.EventAsync(oldCase, oldEvent, ct) is not { } old) return;
        var successor = by is { } now ? CaseKeys.Contact(now.Event.Contact) : Ignored;
        if (successor == old.Event.ContactId) return;
        var before = old.Event.Event;
        // Without its thread: it stays in the case it was seen in, and moves no conversation.
        var gone = new ContactEvent($"{before.EventId}:superseded", ContactChange.Removed, before.Contact
            with { Text = null, Attachments = [], Reply = null, ThreadKey = null, SupersededBy = successor });
        await teller.AfterAsync(await correlator.TakeAsync(gone, delivery, ct), ct);
        await SettleAsync(oldCase, by?.CaseId, ct);
    }

    // A case without remaining placeholders is closed; one whose contact is readable now takes that contact's need. Its clock continues
    // (P9).
    private async Task SettleAsync(string caseId, string? movedTo, CancellationToken ct)
    {
        for (var attempt = 0; attempt < options.CurrentValue.CommitTries; attempt++)
        {
            if (await cases.HeadAsync(caseId, ct) is not { Head: { State: CaseState.Open } head, ETag: var read }
                || await cases.ReadAsync(caseId, ct) is not { } file) return;
            var left = file.Events.GroupBy(e => e.ContactId, StringComparer.Ordinal).Select(c => ContactFold.Fold(c.Select(e => e.Event)))
                .Where(c => c.SupersededBy is null).OrderBy(c => c.OccurredAt).ToList();
            if (left.Count == 0)
            {
                var number = movedTo is null ? null : (await cases.HeadAsync(movedTo, ct))?.Head?.Number;
                await actions.CloseAsync(caseId, number is null
                    ? "Replayed: not relevant to a case." : $"Replayed: moved to case {number}.", ct);
                return;
            }

            if (head.Owes != OwesKinds.Review || left.Exists(c => c.Kind == ContactKind.Placeholder)) return;
            var reading = NeedReader.Read(left[^1], await rules.CurrentAsync(ct));
            var next = Concern.WithFacts(Concern.Reads(head, reading, CaseKeys.Contact(left[^1])), reading) with
            {
                Networks = [.. left.Select(c => c.Network).Distinct(StringComparer.Ordinal)],
                Version = head.Version + 1,
            };
            if ((await cases.CommitAsync(next, read, [], ct)).State == WriteState.Written) return;
        }

        throw new ContentionException();
    }
}
