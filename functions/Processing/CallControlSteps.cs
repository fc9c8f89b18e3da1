using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Contacts;

namespace Serverless.Processing;

/// <summary>Sends call-control steps to the provider. A call lasts minutes, so late deliveries send none.</summary>
public sealed partial class CallControlSteps(CaseStore cases, TimeProvider time, ILogger<CallControlSteps> log)
{
    /// <summary>Oldest event that still sends a step; no caller listens to a ringing tone for longer.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    /// <summary>Sends the step that a parsed item requests.</summary>
    /// <param name="channel">Whose call it is.</param>
    /// <param name="delivery">The delivery of the item.</param>
    /// <param name="step">The requested step.</param>
    /// <param name="filed">Its event and the case it is in; null when it is not filed.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<CallControlResult> TakeAsync(IChannel channel, Delivery delivery, CallControlStep step,
        (string CaseId, ContactEvent Event)? filed, CancellationToken ct)
    {
        if (channel is not ICallControl answers || time.GetUtcNow() - step.At > Longest)
            return Told(channel, delivery, new CallControlResult.Lost("too-late"));
        IReadOnlyList<ContactEvent> soFar = filed is { } at
            ? await cases.EventsOfAsync(at.CaseId, CaseKeys.Contact(at.Event.Contact), ct) : [];
        return Told(channel, delivery, await answers.TakeStepAsync(delivery, step, soFar, ct));
    }

    /// <summary>An unanswered incoming call as a missed one, which needs a callback.</summary>
    /// <param name="rang">The event that reported it.</param>
    public static ContactEvent Unanswered(ContactEvent rang) => rang with
    {
        EventId = $"{rang.EventId}:unanswered",
        Change = ContactChange.Progressed,
        Contact = rang.Contact
        with { Kind = ContactKind.MissedCall, Call = new CallJourney { Outcome = CallOutcome.Missed, Ended = true } },
    };

    private CallControlResult Told(IChannel channel, Delivery delivery, CallControlResult taken)
    {
        if (taken is CallControlResult.Lost lost) LogLost(channel.Name, delivery.Id, lost.Reason);
        return taken;
    }

    [LoggerMessage(138, LogLevel.Warning, "call not steered {Channel}/{Id}: {Reason}")]
    private partial void LogLost(string channel, string id, string reason);
}
