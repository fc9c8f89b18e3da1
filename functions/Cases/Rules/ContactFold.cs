using Serverless.Contacts;

namespace Serverless.Cases.Rules;

/// <summary>Builds a contact from its events in the provider's order of time, regardless of the order of arrival (D4).</summary>
public static class ContactFold
{
    /// <summary>The contact as its events leave it.</summary>
    /// <param name="events">Events of one contact, at least one, in any order; a repeated event changes nothing.</param>
    public static Contact Fold(IEnumerable<ContactEvent> events)
    {
        var ordered = Ordered(events);
        var contact = ordered[0].Contact;
        foreach (var next in ordered.Skip(1)) contact = Add(contact, next);
        if (contact.Call is { } call && ordered[0].Change == ContactChange.Received)
            contact = contact with { Call = Timed(call, contact.OccurredAt, ordered) };
        return WasTakenBack(ordered) ? contact with { Text = null, Attachments = [] } : contact;
    }

    /// <summary>True while a contact is removed and not put back since.</summary>
    /// <param name="events">As for <see cref="Fold"/>.</param>
    public static bool IsRemoved(IEnumerable<ContactEvent> events) => WasTakenBack(Ordered(events));

    private static List<ContactEvent> Ordered(IEnumerable<ContactEvent> events) =>
        [.. events.DistinctBy(e => e.EventId, StringComparer.Ordinal).OrderBy(e => e.Change != ContactChange.Received)
            .ThenBy(e => e.Contact.OccurredAt).ThenBy(e => e.EventId, StringComparer.Ordinal)];

    // An edit that comes after a removal shows nothing again: only who says so puts a contact back.
    private static bool WasTakenBack(List<ContactEvent> ordered) =>
        ordered.FindLast(e => e.Change is ContactChange.Removed or ContactChange.Restored)?.Change == ContactChange.Removed;

    private static Contact Add(Contact known, ContactEvent e)
    {
        var next = e.Contact;
        var call = Further(known.Call, next.Call);
        return known with
        {
            Kind = call is null ? known.Kind : known.Direction == Direction.Outbound ? ContactKind.Call : KindOf(call, known.Kind),
            Entry = known.Entry ?? next.Entry,
            ThreadKey = known.ThreadKey ?? next.ThreadKey,
            ThreadAlias = known.ThreadAlias ?? next.ThreadAlias,
            ThreadPlace = known.ThreadPlace ?? next.ThreadPlace,
            Parties = known.Parties.Count > 0 ? known.Parties : next.Parties,
            Text = next.Text ?? known.Text,
            Language = next.Language ?? known.Language,
            Attachments = e.Change is ContactChange.Edited or ContactChange.Restored && next.Attachments.Count > 0
            ? next.Attachments : [.. known.Attachments.Union(next.Attachments)],
            Reply = known.Reply ?? next.Reply,
            Call = call,
            Extras = Merge(known.Extras, next.Extras),
            SupersededBy = next.SupersededBy ?? known.SupersededBy,
        };
    }

    private static CallJourney? Further(CallJourney? known, CallJourney? next)
    {
        if (known is null || next is null) return known ?? next;
        var further = next.Outcome >= known.Outcome ? next : known;
        return new CallJourney
        {
            Outcome = further.Outcome,
            Answerer = further.Answerer ?? known.Answerer,
            AnsweredAt = known.AnsweredAt is { } first && !(next.AnsweredAt < first) ? first : next.AnsweredAt,
            WaitSeconds = further.WaitSeconds ?? known.WaitSeconds ?? next.WaitSeconds,
            DurationSeconds = next.DurationSeconds ?? known.DurationSeconds,
            Legs = Join(known.Legs, next.Legs),
            Ended = known.Ended | next.Ended,
            Refused = known.Refused ?? next.Refused,
        };
    }

    // Most providers say neither how long a caller waited nor how long the call took; the times of what happened do.
    private static CallJourney Timed(CallJourney call, DateTimeOffset began, List<ContactEvent> ordered)
    {
        DateTimeOffset? over = null;
        foreach (var e in ordered)
            if (e.Contact.Call is { Ended: true } && !(e.Contact.OccurredAt <= over)) over = e.Contact.OccurredAt;
        var waited = call.Outcome switch
        {
            CallOutcome.Answered => call.AnsweredAt,
            CallOutcome.Voicemail => null,
            _ => over,
        };
        return call with { WaitSeconds = call.WaitSeconds ?? Seconds(began, waited), DurationSeconds = call.DurationSeconds
            ?? Seconds(began, over) };
    }

    private static int? Seconds(DateTimeOffset from, DateTimeOffset? to) =>
        to > from ? (int)Math.Min(int.MaxValue, (to.Value - from).TotalSeconds) : null;

    private static IReadOnlyList<CallLeg>? Join(IReadOnlyList<CallLeg>? known, IReadOnlyList<CallLeg>? next)
    {
        if (known is null || next is null) return known ?? next;
        List<CallLeg> joined = [.. known];
        foreach (var leg in next)
        {
            var at = joined.FindIndex(l => l.Id == leg.Id);
            if (at < 0) joined.Add(leg);
            else joined[at] = new CallLeg(leg.Id, Named(joined[at], leg), leg.Outcome > joined[at].Outcome ? leg.Outcome
                : joined[at].Outcome, joined[at].Transferred | leg.Transferred);
        }

        return joined;
    }

    // Who answered says more than who was rung.
    private static string? Named(CallLeg known, CallLeg next) =>
        next.Outcome > known.Outcome ? next.Target ?? known.Target : known.Target ?? next.Target;

    // A call that ended and of which only ringing was reported was missed.
    private static ContactKind KindOf(CallJourney call, ContactKind known) => call.Outcome switch
    {
        CallOutcome.Voicemail => ContactKind.Voicemail,
        // While it lasts, the caller may still leave a message.
        CallOutcome.Missed or CallOutcome.Ringing when call.Ended => ContactKind.MissedCall,
        CallOutcome.Missed or CallOutcome.Answered or CallOutcome.Ringing => ContactKind.Call,
        _ => known,
    };

    private static IReadOnlyDictionary<string, string>? Merge(IReadOnlyDictionary<string, string>? known,
        IReadOnlyDictionary<string, string>? next)
    {
        if (known is null || next is null) return known ?? next;
        var merged = new Dictionary<string, string>(known, StringComparer.Ordinal);
        foreach (var (name, value) in next) merged[name] = value;
        return merged;
    }
}
