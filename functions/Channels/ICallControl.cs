using Serverless.Contacts;

namespace Serverless.Channels;

/// <summary>
/// A channel whose provider takes no answer plan with the answer to an event: each step of a call is a call of ours to its API. Worked in Normalise, once what the event says is filed.
/// </summary>
public interface ICallControl
{
    /// <summary>
    /// Takes the step that a reading asks for. The same event may ask twice (a copy, an instance that died), so a second try does nothing new or nothing that hurts. Keeps nothing in
    /// memory: the next event may reach another instance. Never throws for what the provider answers.
    /// </summary>
    /// <param name="delivery">Where the event stands.</param>
    /// <param name="step">What the reading said of it.</param>
    /// <param name="soFar">Every event of the contact that is filed, this one too; empty for a reading that is not filed.</param>
    /// <param name="ct">Cancels.</param>
    Task<CallControlResult> TakeStepAsync(Delivery delivery, CallControlStep step, IReadOnlyList<ContactEvent> soFar, CancellationToken ct);
}

/// <summary>By what a call goes on; never stored.</summary>
/// <param name="Says">What the channel needs to take the step; only the channel reads it.</param>
/// <param name="At">When the provider told of it (UTC): a step that comes minutes late finds no call.</param>
public sealed record CallControlStep(string Says, DateTimeOffset At);

/// <summary>What came of a step.</summary>
public abstract record CallControlResult
{
    private CallControlResult() { }

    /// <summary>The provider has taken it, or there is nothing to do.</summary>
    public sealed record Done : CallControlResult;

    /// <summary>It will never be taken: the caller is gone, or the provider refuses it. An incoming call is then a missed one.</summary>
    /// <param name="Reason">A short code; no personal data.</param>
    public sealed record Lost(string Reason) : CallControlResult;

    /// <summary>Not now; asked again while the call may still be there.</summary>
    /// <param name="Reason">A short code; no personal data.</param>
    /// <param name="After">What the provider asked for; null for a second.</param>
    public sealed record Later(string Reason, TimeSpan? After = null) : CallControlResult;
}
