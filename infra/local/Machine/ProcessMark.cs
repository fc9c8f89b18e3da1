using System.Diagnostics;
using System.Globalization;

namespace Serverless.Local.Machine;

/// <summary>One process beyond doubt: its id may be given to another one later, its id and start time may not.</summary>
/// <param name="Id">Process id.</param>
/// <param name="Started">Clock ticks after the machine's start, from <c>/proc/ID/stat</c>.</param>
/// <param name="Name">What it is to us, e.g. <c>handler</c>.</param>
internal sealed record ProcessMark(int Id, long Started, string Name)
{
    /// <summary>The mark of a live process; null when there is none of that id.</summary>
    public static ProcessMark? Of(int id, string name) => StartedAt(id) is { } started ? new ProcessMark(id, started, name) : null;

    public bool IsAlive => StartedAt(Id) == Started;

    /// <summary>Asks it to end, waits, then ends it. Nothing happens when it is gone, or when its id belongs to another by now.</summary>
    /// <param name="patience">How long it may take to end by itself; zero ends it at once.</param>
    /// <param name="stop">Ends the waiting, not the ending.</param>
    public async Task EndAsync(TimeSpan patience, CancellationToken stop = default)
    {
        if (!IsAlive) return;
        if (patience > TimeSpan.Zero)
        {
            Signal("TERM");
            for (var waited = Stopwatch.StartNew(); IsAlive && waited.Elapsed < patience && !stop.IsCancellationRequested;)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, CancellationToken.None);
            }
        }
        if (IsAlive) Signal("KILL");
        for (var waited = Stopwatch.StartNew(); IsAlive && waited.Elapsed < TimeSpan.FromSeconds(5);)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Processor time a process has used so far, user and system; null when it is gone.</summary>
    public static TimeSpan? ProcessorTime(int id) =>
        Stat(id) is { } fields ? TimeSpan.FromMilliseconds((Number(fields[11]) + Number(fields[12])) * 10.0) : null;

    /// <summary>Start time is field 22 of stat, user and system time 14 and 15, state 3:
    /// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html</summary>
    private static long? StartedAt(int id) => Stat(id) is { } fields && fields[0] is not ("Z" or "X") ? Number(fields[19]) : null;

    /// <summary>The fields from the third on: the second, the program's name, may hold blanks and brackets.</summary>
    private static string[]? Stat(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private void Signal(string name)
    {
        using var kill = Process.Start(new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", $"kill -{name} {Id} 2>/dev/null" } });
        kill?.WaitForExit();
    }
}
