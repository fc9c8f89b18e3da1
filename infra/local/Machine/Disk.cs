using Serverless.Local.CommandLine;

namespace Serverless.Local.Machine;

/// <summary>Room on the disk.</summary>
internal static class Disk
{
    private const int NoSpace = 28;
    private const int QuotaReached = 122;

    /// <summary>.NET keeps the errno of a failed write in HResult: ENOSPC and EDQUOT on Linux.</summary>
    public static bool IsFull(Exception e) => e is IOException { HResult: NoSpace or QuotaReached };

    /// <summary>Refuses when less than so many megabytes are free where the path lies.</summary>
    /// <param name="why">What needs the room, e.g. <c>Publishing the app</c>.</param>
    public static void DemandRoom(string path, int megabytes, string why)
    {
        var free = Free(path);
        if (free < megabytes) throw new Refusal($"{why} needs {megabytes} MB, but the disk of {path} has {free} MB free: free some, or clone the project to another disk.");
    }

    public static Refusal FullAt(string path) => new($"The disk of {path} is full ({Free(path)} MB free): free some, or clone the project to another disk.");

    private static long Free(string path)
    {
        while (!Directory.Exists(path)) path = Path.GetDirectoryName(path)!;
        return new DriveInfo(path).AvailableFreeSpace >> 20;
    }
}
