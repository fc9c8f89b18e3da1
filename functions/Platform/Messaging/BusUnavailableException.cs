namespace Serverless.Platform.Messaging;

/// <summary>What the bus could not or would not take after retries. Its message names the likely setting or role, never content.</summary>
public sealed class BusUnavailableException(string message, int status, bool retryable, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>HTTP status of the last answer; 0 when there was none.</summary>
    public int Status { get; } = status;

    /// <summary>True when the same message may well be taken later; false when somebody must change something first.</summary>
    public bool Retryable { get; } = retryable;
}
