namespace Serverless.Local.CommandLine;

/// <summary>Why a command cannot go on, as one sentence that says what to do; shown without a stack trace.</summary>
internal sealed class Refusal(string sentence, int exitCode = Refusal.Failed) : Exception(sentence)
{
    /// <summary>Something on this machine, or in the run, is not as it must be.</summary>
    public const int Failed = 1;

    /// <summary>The arguments are wrong.</summary>
    public const int BadArguments = 2;

    /// <summary>Ended by Ctrl-C or SIGTERM before it was done: 128 and the number of SIGINT.</summary>
    public const int Interrupted = 130;

    public int ExitCode => exitCode;
}
