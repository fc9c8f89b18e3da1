using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Contacts;

namespace Serverless.Replies;

/// <summary>
/// Adds a sent reply to its case as an outbound contact, once: it stops the answer clock (P16), and its echo is recognised. Also records
/// later status reports.
/// </summary>
public sealed class SentReplies(ReplyStore book, ReplyIndex index, Correlator correlator, CaseEventPublisher teller, CaseReader reader,
    TimeProvider time)
{
    // Networks name whole seconds, and their clocks are not ours.
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromMinutes(1);

    /// <summary>Files what the provider took. Safe to repeat; nothing happens for a reply that is filed or not out.</summary>
    public async Task FileAsync(ReplyMessage pointer, CaseReply reply, CancellationToken ct)
    {
        if (reply.ContactId is not null || !reply.IsOut || (reply.Sent ?? await RemakeAsync(pointer, reply, ct)) is not { } sent) return;
        if (reply.Automatic) sent = Receipt(sent);
        await index.NameAsync(pointer, sent.Contact.Channel, sent.Contact.Account, sent.Contact.ExternalId, ct);
        var correlation = await correlator.TakeAsync(sent, $"replies/{pointer.ReplyId}", ct, into: pointer.CaseId);
        await teller.AfterAsync(correlation, ct);
        await book.ChangeAsync(pointer, r => r with { ContactId = CaseKeys.Contact(sent.Contact), Sent = null }, ct);
    }

    /// <summary>
    /// Says of something that went out whether it was a receipt of ours, whichever comes first, its echo or the provider's answer: a
    /// person's answer stops the clock, a
    /// receipt does not. Everything else stays as it is.
    /// </summary>
    /// <returns>The event, and the reply that it shows by our id or by its words; null for any other.</returns>
    public async Task<(ContactEvent Event, ReplyMessage? Shows)> MarkedAsync(ContactEvent e, CancellationToken ct)
    {
        if (e.Contact.Direction == Direction.Inbound) return (e, null);
        var pointer = NamedIn(e.Contact) is { } id ? await index.FindAsync(id, ct) : await index.FindTextAsync(e.Contact, ct);
        return (pointer is not null && await book.IsAutomaticAsync(pointer, ct) ? Receipt(e) : e, pointer);
    }

    private static string? NamedIn(Contact contact) => contact.Extras?.GetValueOrDefault(ExtraNames.ReplyId);

    private static readonly IReadOnlyDictionary<string, string> Nothing = new Dictionary<string, string>(StringComparer.Ordinal);

    private static ContactEvent Receipt(ContactEvent e) => e with
    {
        Contact = e.Contact
        with { Extras = new Dictionary<string, string>(e.Contact.Extras ?? Nothing,
            StringComparer.Ordinal) { [ExtraNames.Automatic] = ExtraNames.Acknowledgement } },
    };

    /// <summary>Records a provider's status report. False when it is not about one of our replies.</summary>
    public async Task<bool> NoteAsync(string channel, MessageStatus status, CancellationToken ct)
    {
        var pointer = await index.FindAsync(channel, status.Account, status.ExternalId, ct)
            ?? (status.ReplyId is { } id ? await index.FindAsync(id, ct) : null);
        if (pointer is null || await book.ChangeAsync(pointer, r => Raised(r, status), ct) is not { } change) return false;
        // The sending run files it, too; a run that gave up did not know.
        if (change is { Before: { IsOut: false, State: not ReplyState.Sending }, After: { IsOut: true, ContactId: null } })
            await FileLaterAsync(pointer, ct);
        return true;
    }

    /// <summary>An echo: the reply was sent, whatever state we recorded. A match by text alone settles only unknown outcomes.</summary>
    /// <param name="echo">The echo of the provider.</param>
    /// <param name="shows">The reply that it shows.</param>
    /// <param name="ct">Cancels.</param>
    public async Task EchoedAsync(ContactEvent echo, ReplyMessage? shows, CancellationToken ct)
    {
        if (shows is null || (NamedIn(echo.Contact) is null && !await book.IsUncertainAsync(shows, ct))) return;
        await BecomesAsync(shows, echo.Contact, ct);
    }

    /// <summary>Whether the case shows a reply whose try came to nothing: its echo may be faster than a connection that breaks.</summary>
    /// <returns>True when it does; then it is noted.</returns>
    public async Task<bool> IsShownAsync(ReplyMessage pointer, CaseReply reply, CancellationToken ct)
    {
        if (reply.Text.Length == 0 || await reader.FindAsync(pointer.CaseId, ct) is not { } file
            || file.Contacts.FirstOrDefault(c => c.Id == reply.To)?.Contact is not { ThreadKey: { } thread }) return false;
        var echo = file.Contacts.FirstOrDefault(c => c.Contact is { Direction: Direction.Outbound, Text: { } text }
            && c.Contact.ThreadKey == thread && c.Contact.OccurredAt >= reply.CreatedAt - ClocksDiffer
            && ReplyIndex.Words(text) == ReplyIndex.Words(reply.Text) && !file.Replies.Any(r => r.ContactId == c.Id));
        if (echo is null) return false;
        await BecomesAsync(pointer, echo.Contact, ct);
        return true;
    }

    private async Task BecomesAsync(ReplyMessage pointer, Contact shown, CancellationToken ct)
    {
        await index.NameAsync(pointer, shown.Channel, shown.Account, shown.ExternalId, ct);
        await book.ChangeAsync(pointer, r => r.ContactId is not null ? null : r with
        {
            State = r.State < ReplyState.Sent ? ReplyState.Sent : r.State,
            ContactId = CaseKeys.Contact(shown),
            Sent = null,
            Known = new MessageStatus(shown.Account, shown.ExternalId, MessageState.Sent, shown.OccurredAt),
            DueAt = null,
            Reason = null,
        }, ct);
    }

    private async Task FileLaterAsync(ReplyMessage pointer, CancellationToken ct)
    {
        await index.MarkAsync(pointer, time.GetUtcNow(), ct);
        await index.QueueAsync(pointer, TimeSpan.Zero, ct);
    }

    private static CaseReply? Raised(CaseReply reply, MessageStatus status)
    {
        var state = status.State switch { MessageState.Sent => ReplyState.Sent, MessageState.Delivered =>
            ReplyState.Delivered, MessageState.Read => ReplyState.Read, _ => ReplyState.Failed };
        var known = reply.Known ?? status with { State = MessageState.Sent, Reason = null, ReplyId = null };
        // What we gave up or do not know is below any word of the provider's.
        if (state <= reply.State && reply.IsOut) return null;
        return reply with { State = state, Known = known, DueAt = null, Reason = state == ReplyState.Failed
            ? status.Reason ?? "failed" : null, Detail = null };
    }

    // A status report mentions it, and the provider's response was lost in a crash. Ids of an echo are those of the message.
    private async Task<ContactEvent?> RemakeAsync(ReplyMessage pointer, CaseReply reply, CancellationToken ct)
    {
        if (reply.Known is not { } known || await reader.ContactAsync(pointer.CaseId, reply.To, ct) is not { } to) return null;
        return new ContactEvent(known.ExternalId, ContactChange.Received, new Contact
        {
            Channel = to.Channel,
            Network = to.Network,
            Account = known.Account,
            ExternalId = known.ExternalId,
            Kind = to.Kind is ContactKind.Comment or ContactKind.Post && !reply.InPrivate ? ContactKind.Comment : ContactKind.Message,
            Direction = Direction.Outbound,
            Place = reply.InPrivate ? Place.Private : to.Place,
            Entry = to.Entry,
            ThreadKey = to.ThreadKey,
            Parties = to.Parties,
            OccurredAt = known.At,
            ReceivedAt = time.GetUtcNow(),
            Text = reply.Text,
        });
    }
}
