using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Contacts;

namespace Serverless.Processing;

/// <summary>Has a channel take the steps by which a call goes on. A call lives for minutes: what is worked later moves none.</summary>
public sealed partial class CallControlSteps(CaseStore cases, TimeProvider time, ILogger<CallControlSteps> log)
{
    /// <summary>How old an event may be to move a call; nobody listens to a ringing tone for longer.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    /// <summary>Takes the step that a reading asks for.</summary>
    /// <param name="channel">Whose call it is.</param>
    /// <param name="delivery">Where the reading comes from.</param>
    /// <param name="step">What it asks for.</param>
    /// <param name="filed">Its event and the case it is in; null when it is not filed.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<CallControlResult> TakeAsync(IChannel channel, Delivery delivery, CallControlStep step, (string CaseId, ContactEvent Event)? filed, CancellationToken ct)
    {
        if (channel is not ICallControl answers || time.GetUtcNow() - step.At > Longest) return Told(channel, delivery, new CallControlResult.Lost("too-late"));
        IReadOnlyList<ContactEvent> soFar = filed is { } at ? await cases.EventsOfAsync(at.CaseId, CaseKeys.Contact(at.Event.Contact), ct) : [];
        return Told(channel, delivery, await answers.TakeStepAsync(delivery, step, soFar, ct));
    }

    /// <summary>What an incoming call is that nobody could answer: a missed one, whom somebody calls back.</summary>
    /// <param name="rang">The event that told of it.</param>
    public static ContactEvent Unanswered(ContactEvent rang) => rang with
    {
        EventId = $"{rang.EventId}:unanswered",
        Change = ContactChange.Progressed,
        Contact = rang.Contact with { Kind = ContactKind.MissedCall, Call = new CallJourney { Outcome = CallOutcome.Missed, Ended = true } },
    };

    private CallControlResult Told(IChannel channel, Delivery delivery, CallControlResult taken)
    {
        if (taken is CallControlResult.Lost lost) LogLost(channel.Name, delivery.Id, lost.Reason);
        return taken;
    }

    [LoggerMessage(37, LogLevel.Warning, "call not steered {Channel}/{Id}: {Reason}")]
    private partial void LogLost(string channel, string id, string reason);
}
