namespace Serverless.Platform.Storage;

/// <summary>Delay of a queue message that is put back.</summary>
public static class BackOff
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>5 s, 10 s, 20 s ... up to an hour, each a random part shorter, so that those who met once do not meet again.</summary>
    /// <param name="attempt">Tries before, from 0.</param>
    public static TimeSpan After(int attempt)
    {
        var longest = Math.Min(Longest.TotalSeconds, 5 * Math.Pow(2, Math.Min(attempt, 20)));
        return TimeSpan.FromSeconds(Math.Max(1, longest * (0.5 + (Random.Shared.NextDouble() / 2))));
    }
}
