namespace Serverless.Local.FunctionsHost;

/// <summary>The host or a worker cannot start; the message is one sentence that says what to do or what was refused.</summary>
public sealed class HostStartException : Exception
{
    public HostStartException(string message)
        : base(message)
    {
    }

    public HostStartException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public HostStartException()
    {
    }
}
