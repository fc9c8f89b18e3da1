namespace Serverless.Platform.Identity;

/// <summary>
/// How long one call of storage may take in what runs here. Work from a queue waits out a bad minute; behind an HTTP call somebody waits
/// for the answer, who must hear "not now" in time to call again.
/// </summary>
public static class Patience
{
    private static readonly AsyncLocal<TimeSpan?> Limit = new();

    /// <summary>The limit, retries included; null: as the pipeline's own retries take.</summary>
    internal static TimeSpan? Longest => Limit.Value;

    /// <summary>Sets it for everything that the calling asynchronous method awaits from here on; it ends with that method.</summary>
    public static void Set(TimeSpan longest) => Limit.Value = longest;
}
