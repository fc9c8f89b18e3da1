namespace Serverless.Platform.Messaging;

/// <summary>Service Bus could not or did not accept a message. The text names the likely setting or role, never content.</summary>
public sealed class BusUnavailableException(string message, int status, bool retryable, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The HTTP status that says the same; 0 when there was no answer.</summary>
    public int Status { get; } = status;

    /// <summary>True when the same message may be accepted later; false when a setting must be changed first.</summary>
    public bool Retryable { get; } = retryable;
}
