namespace Serverless.Channels.Email;

/// <summary>More text than is read of one mail: it becomes a placeholder that shows its beginning and leads to the whole.</summary>
/// <param name="limit">Which limit: <c>characters</c>, <c>lines</c>, <c>time</c>.</param>
internal sealed class TextLimitException(string limit) : Exception($"The text of the mail exceeds the limit of {limit}.")
{
    public string Limit => limit;
}

/// <summary>
/// What may be read of one mail. All steps are linear; these bounds keep one mail from taking the memory or the time of others. The largest
/// genuine mails seen in public corpora have some
/// 100,000 lines (log files pasted into the text).
/// </summary>
/// <param name="time">Measures the time.</param>
internal sealed class TextLimits(TimeProvider time)
{
    /// <summary>Visible characters.</summary>
    public const int MaxCharacters = 4_000_000;

    /// <summary>Lines, empty ones too.</summary>
    public const int MaxLines = 1_000_000;

    /// <summary>For all texts of one mail together.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(10);

    private const int Often = 4096;

    private readonly long _began = time.GetTimestamp();
    private int _steps;

    /// <summary>No time limit, for parsing outside a delivery.</summary>
    public static TextLimits None => new(Still.Clock);

    public void Characters(int count)
    {
        if (count > MaxCharacters) throw new TextLimitException("characters");
        Step();
    }

    public void Line(int count)
    {
        if (count >= MaxLines) throw new TextLimitException("lines");
        Step();
    }

    /// <summary>One step of work, a line or a tag.</summary>
    public void Step()
    {
        if (++_steps % Often == 0 && time.GetElapsedTime(_began) > MaxTime) throw new TextLimitException("time");
    }

    private sealed class Still : TimeProvider
    {
        public static readonly Still Clock = new();

        public override long GetTimestamp() => 0;
    }
}
