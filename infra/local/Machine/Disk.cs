using System.Text.RegularExpressions;
using Serverless.Local.CommandLine;

namespace Serverless.Local.Machine;

/// <summary>Space on the disks that a run writes to: the clone, the temporary folder, and the caches of NuGet and npm.</summary>
internal static partial class Disk
{
    private const int NoSpace = 28;
    private const int QuotaReached = 122;

    // Below this a write of ordinary size fails.
    private const long Least = 8;

    /// <summary>.NET keeps the errno of a failed write in HResult: ENOSPC and EDQUOT on Linux.</summary>
    public static bool IsFull(Exception e) => e is IOException { HResult: NoSpace or QuotaReached };

    /// <summary>Refuses when less than so many megabytes are free where the path lies.</summary>
    /// <param name="why">What needs the space, e.g. <c>Publishing the app</c>.</param>
    public static void DemandRoom(string path, int megabytes, string why)
    {
        var free = Free(path);
        if (free < megabytes)
            throw new Refusal(
                $"{why} needs {megabytes} MB, but the disk of {path} has {free} MB free: free some, or clone the project to another disk.");
    }

    /// <summary>Folders that our children write to besides the one given; several may lie on one disk.</summary>
    public static IReadOnlyList<string> WrittenBy(string folder)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return
        [
            folder, Path.GetTempPath(), Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(home, ".nuget", "packages"),
            Environment.GetEnvironmentVariable("npm_config_cache") ?? Path.Combine(home, ".npm"),
        ];
    }

    /// <summary>
    /// Names the disk that is full: that of the path in the message, else the first of the folders whose disk has no space.
    /// </summary>
    /// <param name="said">What the system or a tool said, e.g. <c>No space left on device : '/tmp/x'</c>.</param>
    /// <param name="folders">Where else it may have been; the first is named when every disk has space again.</param>
    /// <param name="free">Megabytes free where a path lies; asks the system when null.</param>
    public static Refusal Full(string said, IReadOnlyList<string> folders, Func<string, long>? free = null)
    {
        free ??= Free;
        var named = PathInQuotes().Matches(said).Select(m => m.Groups["path"].Value).FirstOrDefault(p => free(p) < Least);
        var path = named ?? folders.FirstOrDefault(f => free(f) < Least) ?? folders[0];
        return new Refusal($"The disk of {path} is full ({free(path)} MB free): free some there and start again.");
    }

    private static long Free(string path)
    {
        while (!Directory.Exists(path)) path = Path.GetDirectoryName(path) ?? "/";
        return new DriveInfo(path).AvailableFreeSpace >> 20;
    }

    [GeneratedRegex("['\"](?<path>/[^'\"]+)['\"]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PathInQuotes();
}
