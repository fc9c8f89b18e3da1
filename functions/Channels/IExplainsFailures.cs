namespace Serverless.Channels;

/// <summary>
/// A channel that can explain a failed verification in more detail than its reason code: called for a person during review, never at
/// intake.
/// </summary>
public interface IExplainsFailures
{
    /// <summary>
    /// What makes the proof hold after all, such as another address or a blank in the setting. It decides nothing: a call is released only
    /// when <see cref="IChannel.Verify"/> says it is genuine.
    /// Does no I/O, tries a bounded number of guesses, never throws for what a stranger sent.
    /// </summary>
    IEnumerable<FailureHint> Explain(Delivery delivery);
}

/// <summary>A finding about a call that failed verification.</summary>
/// <param name="Code">A short code such as <c>other-url</c>.</param>
/// <param name="Says">One sentence on what was found and which setting to change; no secret, nothing of the body, no query of a
/// URL.</param>
public sealed record FailureHint(string Code, string Says);
