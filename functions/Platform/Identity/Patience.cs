namespace Serverless.Platform.Identity;

/// <summary>
/// How long one storage call may take in the current context. Queue processing waits out a bad minute; behind an HTTP call the caller
/// needs a 503 early enough to repeat the call.
/// </summary>
public static class Patience
{
    private static readonly AsyncLocal<TimeSpan?> Limit = new();

    /// <summary>The limit, retries included; null: as the pipeline's own retries take.</summary>
    internal static TimeSpan? Longest => Limit.Value;

    /// <summary>Sets it for everything that the calling asynchronous method awaits from here on; it ends with that method.</summary>
    public static void Set(TimeSpan longest) => Limit.Value = longest;
}
