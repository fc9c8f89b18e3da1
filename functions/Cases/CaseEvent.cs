using System.Text.Json;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Outbox;
using Serverless.Platform.Telemetry;

namespace Serverless.Cases;

/// <summary>Published events of a case, by CloudEvents type. Ids and case facts only; never text, name, address or number (P12).</summary>
public static class CaseEvent
{
    public const string Source = "/cases";
    public const string Opened = CaseEventTypes.Opened;
    public const string Reopened = CaseEventTypes.Reopened;
    public const string Closed = CaseEventTypes.Closed;
    public const string Accepted = CaseEventTypes.Accepted;
    public const string HandOverOffered = CaseEventTypes.HandOverOffered;
    public const string HandedOver = CaseEventTypes.HandedOver;
    public const string Erased = CaseEventTypes.Erased;
    public const string Overdue = CaseEventTypes.Overdue;
    public const string Classified = CaseEventTypes.Classified;
    public const string ConfidentialInPublic = CaseEventTypes.ConfidentialInPublic;
    public const string OwnerGap = CaseEventTypes.OwnerGap;
    public const string ContactReceived = CaseEventTypes.ContactReceived;
    public const string ContactSent = CaseEventTypes.ContactSent;
    public const string ContactChanged = CaseEventTypes.ContactChanged;
    public const string Unaccepted = CaseEventTypes.Unaccepted;
    public const string PromiseMade = CaseEventTypes.PromiseMade;
    public const string PromiseDueSoon = CaseEventTypes.PromiseDueSoon;
    public const string PromiseBroken = CaseEventTypes.PromiseBroken;
    public const string PromiseKept = CaseEventTypes.PromiseKept;
    public const string PromiseWithdrawn = CaseEventTypes.PromiseWithdrawn;
    public const string ReplyFailed = CaseEventTypes.ReplyFailed;

    /// <summary>Every type, with one sentence on when it is published.</summary>
    public static readonly IReadOnlyDictionary<string, string> Catalogue = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [Opened] = "A case was opened by a first contact of a customer.",
        [Reopened] = "A recently closed case was reopened by a further contact.",
        [Closed] = "A case was closed, with its cause or unknown.",
        [Erased] = "All data of the case was erased; receivers must erase their copies. Sent regardless of the owner, need, channel and "
            + "network filters of a subscription.",
        [Accepted] = "The case was accepted by its owner.",
        [HandOverOffered] = "The case was offered to another owner (data.handOverTo), who has not accepted yet.",
        [HandedOver] = "The new owner accepted the case that was offered to them.",
        [Overdue] = "The due time has passed without an answer. Repeated with a higher data.overdue until someone answers.",
        [Classified] = "A person set the reason of the case (its need), which overrides the rules.",
        [ConfidentialInPublic] =
            "A customer published a bank account, card number, date of birth or password: hide the post, or ask them to delete it. "
            + "The event does not contain the data.",
        [Unaccepted] = "The case was not accepted within Cases__AcceptHours working hours.",
        [PromiseMade] = "A person or the customer set the time of a promise. Promises of service levels are part of the contact's event.",
        [PromiseDueSoon] = "An open promise is due soon (data.promise).",
        [PromiseBroken] = "An open promise is overdue (data.promise).",
        [PromiseKept] =
        "A promise set by a person or the customer was kept. Promises of service levels are kept by the event of their contact.",
        [PromiseWithdrawn] = "A promise was withdrawn or has a new time (data.promise).",
        [OwnerGap] = "A case was opened without an owner, because no owner rule matched and Owners__Default is not set.",
        [ContactReceived] = "A further contact of the customer was added to an open case.",
        [ContactSent] =
        "A reply was sent to the customer, from here or from another tool. With data.automatic it was an automatic message, and "
            + "the customer still waits for an answer.",
        [ContactChanged] = "A contact was updated: a call leg, recording, transcription, edit or removal.",
        [ReplyFailed] = "A reply was not delivered, or its delivery is unknown; data.reply has state and reason.",
    };

    /// <summary>Events of promises beside that of what changed them: those of a level are told with their contact.</summary>
    public static IEnumerable<OutboxEntry> OfPromises(IEnumerable<Promise> promises, Case head, string cause, DateTimeOffset at)
    {
        foreach (var promise in promises.Where(p => p.MadeBy != PromiseMaker.Level))
        {
            var type = promise.State switch
            {
                PromiseState.Open => PromiseMade,
                PromiseState.Kept => PromiseKept,
                PromiseState.Withdrawn or PromiseState.Replaced => PromiseWithdrawn,
                _ => null,
            };
            if (type is not null) yield return Of(type, head, null, $"{cause} {promise.Id}", at, promise: promise);
        }
    }

    /// <summary>The event as it is stored, published and sent: CloudEvents 1.0 in JSON.</summary>
    /// <param name="type">One of the types above.</param>
    /// <param name="head">The case as this change leaves it.</param>
    /// <param name="contact">The contact that caused it; null when none did.</param>
    /// <param name="cause">Unique within the case, so that a repeated step makes the same event id.</param>
    /// <param name="at">Now.</param>
    /// <param name="reply">The reply it is about; null when it is about none.</param>
    /// <param name="promise">The promise it is about, or that was made or kept with it; null for none.</param>
    public static OutboxEntry Of(string type, Case head, ContactEvent? contact, string cause, DateTimeOffset at, CaseReply? reply = null,
        Promise? promise = null)
    {
        var id = CaseKeys.Told(head.Id, type, cause);
        var facts = new CaseFacts
        {
            CaseId = head.Id,
            Number = head.Number,
            State = head.State,
            Owner = head.Owner,
            Version = head.Version,
            Owes = head.Owes,
            Need = head.Need,
            Urgency = head.Urgency,
            Language = head.Language,
            DueAt = head.DueAt,
            AcceptedBy = head.AcceptedBy,
            HandOverTo = head.HandOver?.To,
            Overdue = head.Overdue,
            ContactId = contact is null ? null : CaseKeys.Contact(contact.Contact),
            Change = contact?.Change,
            Channel = contact?.Contact.Channel,
            Network = contact?.Contact.Network,
            // An ongoing call may still become a voicemail: it counts as missed only after it has ended.
            Kind = contact?.Contact is { Kind: ContactKind.MissedCall, Call.Ended: false } ? ContactKind.Call : contact?.Contact.Kind,
            Place = contact?.Contact.Place,
            Direction = contact?.Contact.Direction,
            Recovered = contact?.Contact.Recovery is null ? null : true,
            Automatic = contact?.Contact.Extras?.GetValueOrDefault(Contacts.ExtraNames.Automatic),
            Reply = reply is null ? null : new ReplyFacts(reply.Id, reply.State, reply.Reason),
            Promise = promise is null ? null : new PromiseFacts(promise.Id, promise.Kind, promise.MadeBy, promise.State, promise.Due),
        };
        var json = JsonSerializer.SerializeToUtf8Bytes(
            new CloudEvent<CaseFacts> { Id = id, Source = Source, Type = type, Subject = head.Id, Time = at, TraceParent = Spans.Carried,
                Data = facts }, CaseJson.Default.CloudEventCaseFacts);
        return new OutboxEntry(id, type, at, json);
    }
}

/// <summary>Data of an event: its case and the contact that caused it.</summary>
public sealed record CaseFacts
{
    public required string CaseId { get; init; }

    public required string Number { get; init; }

    public required CaseState State { get; init; }

    public string? Owner { get; init; }

    /// <summary>
    /// Counts the changes of the case: of two events the one with the higher version is the later one; equal ones say the same of it.
    /// </summary>
    public int Version { get; init; }

    /// <summary>
    /// What we do next: <c>answer</c>, <c>public-answer</c>, <c>call</c>, <c>call-back</c>, <c>repair</c>, <c>confirm</c>, <c>pass-on</c>,
    /// <c>review</c>, <c>none</c>.
    /// </summary>
    public required string Owes { get; init; }

    /// <summary>Why the customer came: <c>safety</c>, <c>fault</c>, <c>known-question</c>, ...</summary>
    public required string Need { get; init; }

    /// <summary><c>at-once</c>, <c>high</c>, <c>normal</c> or <c>low</c>.</summary>
    public required string Urgency { get; init; }

    /// <summary>Language of the customer, e.g. <c>de</c>; absent while it is not known.</summary>
    public string? Language { get; init; }

    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Person or team that accepted the case; null before.</summary>
    public string? AcceptedBy { get; init; }

    /// <summary>Owner to whom the case is offered; null once accepted.</summary>
    public string? HandOverTo { get; init; }

    /// <summary>Number of overdue notifications of this wait; 0 while it is not overdue.</summary>
    public int Overdue { get; init; }

    /// <summary>Id of the contact within the case, as in <c>api/cases/{id}</c>.</summary>
    public string? ContactId { get; init; }

    public ContactChange? Change { get; init; }

    public string? Channel { get; init; }

    public string? Network { get; init; }

    public ContactKind? Kind { get; init; }

    public Place? Place { get; init; }

    public Direction? Direction { get; init; }

    /// <summary>True when reconciliation found the contact late. No automatic message is sent for it (P9).</summary>
    public bool? Recovered { get; init; }

    /// <summary>Set when a machine wrote the contact: <c>receipt</c> (ours, no answer), <c>auto-reply</c>, <c>bounce</c>, <c>list</c>,
    /// <c>generated</c>.</summary>
    public string? Automatic { get; init; }

    public ReplyFacts? Reply { get; init; }

    /// <summary>The promise that the event is about, or that was made or kept with its contact.</summary>
    public PromiseFacts? Promise { get; init; }
}

/// <summary>What an event says of a promise.</summary>
/// <param name="Id">Names it within the case, as <c>api/cases/{id}</c> shows it.</param>
/// <param name="Kind">What was promised.</param>
/// <param name="MadeBy">Who made it.</param>
/// <param name="State">What became of it.</param>
/// <param name="Due">By when.</param>
public sealed record PromiseFacts(string Id, PromiseKind Kind, PromiseMaker MadeBy, PromiseState State, DateTimeOffset Due);

/// <summary>Data of an event: a reply.</summary>
/// <param name="Id">Id within the case, as in <c>api/cases/{id}</c>.</param>
/// <param name="State">Delivery status.</param>
/// <param name="Reason">A short code; null when there is none.</param>
public sealed record ReplyFacts(string Id, ReplyState State, string? Reason);
