using Serverless.Contacts;

namespace Serverless.Channels;

/// <summary>
/// A channel whose provider takes no call flow with the response to an event: each step of a call is a request to its API, sent in
/// Normalise once the event is stored.
/// </summary>
public interface ICallControl
{
    /// <summary>
    /// Sends the requested step. The same event may request it twice (a copy, a crash), so a second attempt changes nothing or does no
    /// harm. Keeps no state in memory: the next event may reach another instance. Never throws for answers of the provider.
    /// </summary>
    /// <param name="delivery">The delivery of the event.</param>
    /// <param name="step">The step requested by the parsed item.</param>
    /// <param name="soFar">Every stored event of the contact, including this one; empty for an item that is not stored.</param>
    /// <param name="ct">Cancels.</param>
    Task<CallControlResult> TakeStepAsync(Delivery delivery, CallControlStep step, IReadOnlyList<ContactEvent> soFar, CancellationToken ct);
}

/// <summary>A call-control step; never stored.</summary>
/// <param name="Says">Data of the step, in the channel's own format.</param>
/// <param name="At">When the provider reported the event (UTC): a step that is minutes late finds no call.</param>
public sealed record CallControlStep(string Says, DateTimeOffset At);

/// <summary>Outcome of a step.</summary>
public abstract record CallControlResult
{
    private CallControlResult() { }

    /// <summary>The provider accepted it, or there is nothing to do.</summary>
    public sealed record Done : CallControlResult;

    /// <summary>Permanently failed: the caller hung up, or the provider rejects it. An incoming call then counts as missed.</summary>
    /// <param name="Reason">A short code; no personal data.</param>
    public sealed record Lost(string Reason) : CallControlResult;

    /// <summary>Not now; retried while the call may still exist.</summary>
    /// <param name="Reason">A short code; no personal data.</param>
    /// <param name="After">Delay requested by the provider; null for a second.</param>
    public sealed record Later(string Reason, TimeSpan? After = null) : CallControlResult;
}
