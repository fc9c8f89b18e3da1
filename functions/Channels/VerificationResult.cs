namespace Serverless.Channels;

/// <summary>Result of verifying a delivery. Input of strangers never throws.</summary>
public abstract record VerificationResult
{
    private VerificationResult() { }

    /// <summary>The provider's proof holds.</summary>
    /// <param name="SentAt">The sender's signed time, where the scheme has one.</param>
    public sealed record Valid(DateTimeOffset? SentAt = null) : VerificationResult;

    /// <summary>A handshake: answered at once, nothing is stored. A failed handshake is one too, with its 4xx.</summary>
    public sealed record Challenge(WebhookResponse Response) : VerificationResult;

    /// <summary>The proof is missing or wrong.</summary>
    /// <param name="Reason">One of <see cref="VerificationReasons"/>.</param>
    /// <param name="SentAt">The sender's signed time where the signature is valid and only the time is wrong; it shows the sender's clock
    /// difference.</param>
    public sealed record Invalid(string Reason, DateTimeOffset? SentAt = null) : VerificationResult;

    /// <summary>Cannot be judged yet (say, a signing key not in memory): stored, answered 2xx, verified again in Normalise.</summary>
    /// <param name="Reason">The missing part, one of <see cref="VerificationReasons"/>.</param>
    public sealed record Pending(string Reason) : VerificationResult;
}

/// <summary>Why a call failed its check: codes for logs, ends and diagnostics; never personal data.</summary>
public static class VerificationReasons
{
    public const string SignatureMissing = "signature-missing";
    public const string SignatureMalformed = "signature-malformed";
    public const string SignatureWrong = "signature-wrong";
    public const string BodyHashWrong = "body-hash-wrong";
    public const string Stale = "stale";
    public const string NoSecret = "no-secret-configured";
    public const string KeyUnknown = "key-unknown";

    /// <summary>Validly signed, but by a sender that may not send for this source.</summary>
    public const string SourceForeign = "source-foreign";

    /// <summary>Two identifiers that must be the same are not: the unsigned one was changed on the way.</summary>
    public const string IdMismatch = "id-mismatch";
}
