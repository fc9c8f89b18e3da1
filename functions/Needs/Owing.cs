using Serverless.Contacts;

namespace Serverless.Needs;

/// <summary>What we do next for a contact.</summary>
internal static class Owing
{
    /// <summary>
    /// By what the contact is, then by where it was written, then by its need. One of <see cref="OwesKinds"/> and the rule.
    /// </summary>
    public static (string Owes, string Rule) Of(Contact contact, string need, IReadOnlyList<Fact> facts) => contact switch
    {
        { Kind: ContactKind.Placeholder } => (OwesKinds.Review, "something we cannot read yet"),
        { Call: { Outcome: CallOutcome.Missed or CallOutcome.Voicemail } or { Outcome: CallOutcome.Ringing, Ended: true } } =>
            (OwesKinds.CallBack, "a call that nobody answered"),
        { Call: not null } => (OwesKinds.Call, "a call"),
        { Kind: ContactKind.MissedCall or ContactKind.Voicemail } => (OwesKinds.CallBack, "a call that nobody answered"),
        { Kind: ContactKind.Call } => (OwesKinds.Call, "a call"),
        { Kind: ContactKind.DeviceEvent } => (OwesKinds.Repair, "a product reported its own fault"),
        _ => Written(contact, need, facts),
    };

    private static (string Owes, string Rule) Written(Contact contact, string need, IReadOnlyList<Fact> facts)
    {
        var inPublic = contact.Place == Place.Public;
        return need switch
        {
            NeedKinds.Withdrawal or NeedKinds.Cancellation => (OwesKinds.Confirm, "a contract ends: the arrival is confirmed"),
            NeedKinds.Callback => (OwesKinds.CallBack, "the customer asks for a call"),
            NeedKinds.Praise or NeedKinds.Idea or NeedKinds.Misdirected => (OwesKinds.PassOn, "it is meant for somebody else"),
            // Others read along: without an answer there it looks as if nobody had seen it.
            _ when inPublic => (OwesKinds.PublicAnswer, "written in public"),
            NeedKinds.Safety when IsReachable(contact, facts) => (OwesKinds.Call, "danger, and a telephone number is known"),
            NeedKinds.Fault => (OwesKinds.Repair, "something does not work"),
            _ => (OwesKinds.Answer, "written in private"),
        };
    }

    private static bool IsReachable(Contact contact, IReadOnlyList<Fact> facts) =>
        contact.Parties.Any(p => p.Scheme == "phone") || facts.Any(f => f.Kind == FactKinds.Phone);
}
