using System.Globalization;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Outbox;

namespace Serverless.Cases;

/// <summary>Example events of an invented case.</summary>
public static class CaseExamples
{
    private const string Id = "9f1c2b7a4d5e4f60019a9f0d3c207a11";
    private static readonly DateTimeOffset At = DateTimeOffset.Parse("2026-11-20T09:15:00Z", CultureInfo.InvariantCulture);

    private static readonly Case Open = new()
    {
        Id = Id,
        Number = CaseNumber.For(Id, 0),
        Owner = "service-desk",
        Need = "known-question",
        NeedRule = "known-question",
        Owes = "answer",
        OwesRule = "written in private",
        Urgency = "low",
        UrgencyRule = "need:known-question",
        Language = "en",
        Networks = ["whatsapp"],
        OpenedAt = At,
        WaitingSince = At,
        DueAt = At.AddHours(4),
    };

    private static readonly Contact Message = new()
    {
        Channel = "meta",
        Network = "whatsapp",
        Account = "106540352242922",
        ExternalId = "wamid.example",
        Kind = ContactKind.Message,
        OccurredAt = At,
        ReceivedAt = At,
    };

    private static readonly Promise Answer = new()
    {
        Id = "5d41402abc4b2a76b9719d911017c592",
        Kind = PromiseKind.Answer,
        MadeBy = PromiseMaker.Level,
        By = "default",
        MadeAt = At,
        Due = At.AddHours(4),
        Calendar = "default",
    };

    private static readonly Promise Named = Answer with { Kind = PromiseKind.Named, MadeBy = PromiseMaker.Person, By = "anna" };

    private static readonly CaseReply Reply = new() { Id = "5d41402abc4b2a76b9719d911017c592", State = ReplyState.Refused, StateAt = At,
        To = "", Text = "", CreatedAt = At, Reason = ReplyReasons.WindowClosed };

    /// <summary>Every type of <see cref="CaseEvent"/> with its example.</summary>
    public static IEnumerable<EventKind> Kinds => CaseEvent.Catalogue.Select(e => new EventKind(e.Key, e.Value, "event", Of(e.Key).Json));

    private static OutboxEntry Of(string type) => type switch
    {
        CaseEvent.Closed =>
            Of(type, Open with { State = CaseState.Closed, ClosedAt = At, Cause = "unknown", WaitingSince = null, DueAt = null }),
        CaseEvent.Accepted => Of(type, Open with { AcceptedBy = "anna", AcceptedAt = At }),
        CaseEvent.HandOverOffered => Of(type, Open with { HandOver = new HandOver("workshop", "service-desk", "needs a visit", At) }),
        CaseEvent.HandedOver => Of(type, Open with { Owner = "workshop", AcceptedBy = "workshop", AcceptedAt = At, HandOvers = 1 }),
        CaseEvent.Overdue => Of(type, Open with { Overdue = 1 }),
        CaseEvent.ConfidentialInPublic => Of(
            type,
            Open with { Need = "confidential", Owes = "public-answer", Urgency = "high", Confidential = true },
            Message with { Network = "facebook", Kind = ContactKind.Comment, Place = Place.Public }),
        CaseEvent.PromiseMade => Of(type, Open, promise: Named),
        CaseEvent.PromiseDueSoon => Of(type, Open, promise: Answer),
        CaseEvent.PromiseBroken => Of(type, Open, promise: Answer with { State = PromiseState.Broken }),
        CaseEvent.PromiseKept => Of(type, Open, promise: Named with { State = PromiseState.Kept }),
        CaseEvent.PromiseWithdrawn => Of(type, Open, promise: Named with { State = PromiseState.Withdrawn }),
        CaseEvent.OwnerGap => Of(type, Open with { Owner = null }, Message),
        CaseEvent.ContactSent =>
            Of(type, Open with { WaitingSince = null, DueAt = null, AnsweredAt = At }, Message with { Direction = Direction.Outbound }),
        CaseEvent.ContactChanged => Of(type, Open, Message, ContactChange.Edited),
        CaseEvent.ReplyFailed => Of(type, Open, reply: Reply),
        CaseEvent.Opened or CaseEvent.Reopened or CaseEvent.ContactReceived => Of(type, Open, Message),
        _ => Of(type, Open),
    };

    private static OutboxEntry Of(string type, Case head, Contact? contact = null, ContactChange change = ContactChange.Received,
        CaseReply? reply = null, Promise? promise = null) =>
        CaseEvent.Of(type, head, contact is null ? null : new ContactEvent("example", change, contact), "example", At, reply, promise);
}
