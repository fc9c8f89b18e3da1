using Serverless.Channels;

namespace Serverless.Cases;

/// <summary>Makes a contact out of its events, by the provider's time, whatever the order of arrival (D4).</summary>
public static class ContactFold
{
    /// <summary>The contact as its events leave it.</summary>
    /// <param name="events">Events of one contact, at least one, in any order; a repeated event changes nothing.</param>
    public static Contact Fold(IEnumerable<ContactEvent> events)
    {
        var ordered = events.DistinctBy(e => e.EventId, StringComparer.Ordinal).OrderBy(e => e.Change != ContactChange.Received).ThenBy(e => e.Contact.OccurredAt).ThenBy(e => e.EventId, StringComparer.Ordinal).ToList();
        var contact = ordered[0].Contact;
        foreach (var next in ordered.Skip(1)) contact = Add(contact, next);
        return ordered.Exists(e => e.Change == ContactChange.Removed) ? contact with { Text = null, Attachments = [] } : contact;
    }

    private static Contact Add(Contact known, ContactEvent e)
    {
        var next = e.Contact;
        var call = Further(known.Call, next.Call);
        return known with
        {
            Kind = call is null ? known.Kind : KindOf(call, known.Kind),
            Entry = known.Entry ?? next.Entry,
            ThreadKey = known.ThreadKey ?? next.ThreadKey,
            Parties = known.Parties.Count > 0 ? known.Parties : next.Parties,
            Text = next.Text ?? known.Text,
            Language = next.Language ?? known.Language,
            Attachments = e.Change == ContactChange.Edited && next.Attachments.Count > 0 ? next.Attachments : [.. known.Attachments.Union(next.Attachments)],
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
            WaitSeconds = further.WaitSeconds ?? known.WaitSeconds ?? next.WaitSeconds,
            DurationSeconds = next.DurationSeconds ?? known.DurationSeconds,
            Ended = known.Ended | next.Ended,
        };
    }

    // A call that ended and of which nobody tells more than that it rang was missed.
    private static ContactKind KindOf(CallJourney call, ContactKind known) => call.Outcome switch
    {
        CallOutcome.Voicemail => ContactKind.Voicemail,
        CallOutcome.Missed => ContactKind.MissedCall,
        CallOutcome.Ringing when call.Ended => ContactKind.MissedCall,
        CallOutcome.Answered or CallOutcome.Ringing => ContactKind.Call,
        _ => known,
    };

    private static IReadOnlyDictionary<string, string>? Merge(IReadOnlyDictionary<string, string>? known, IReadOnlyDictionary<string, string>? next)
    {
        if (known is null || next is null) return known ?? next;
        var merged = new Dictionary<string, string>(known, StringComparer.Ordinal);
        foreach (var (name, value) in next) merged[name] = value;
        return merged;
    }
}
