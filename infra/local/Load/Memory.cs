using System.Globalization;

namespace Serverless.Local.Load;

/// <summary>Resident memory of a worker over its lives: the highest of each life, in MB.</summary>
internal sealed class Memory
{
    private readonly List<(int Process, double Highest)> _lives = [];

    /// <summary>The highest of all lives; 0 without any.</summary>
    public double Highest => _lives.Count == 0 ? 0 : _lives.Max(l => l.Highest);

    public int Lives => _lives.Count;

    /// <summary>
    /// How much higher the last third of the samples lies than the first, by their medians: 1.0 is flat. With one life the samples of that
    /// life are compared, with several the highest of each.
    /// </summary>
    public double Growth => Ratio(_lives.Count > 2 ? [.. _lives.Select(l => l.Highest)] : _samples);

    private readonly List<double> _samples = [];

    /// <summary>Notes what a process holds now; nothing happens when it is gone.</summary>
    public void Note(int process)
    {
        if (Resident(process) is not { } megabytes) return;
        _samples.Add(megabytes);
        if (_lives.Count > 0 && _lives[^1].Process == process) _lives[^1] = (process, Math.Max(_lives[^1].Highest, megabytes));
        else _lives.Add((process, megabytes));
    }

    /// <summary>The ratio of the medians of the last and the first third; 1 for fewer than three.</summary>
    public static double Ratio(IReadOnlyList<double> values)
    {
        var third = values.Count / 3;
        return third == 0 ? 1 : Median(values.TakeLast(third)) / Median(values.Take(third));
    }

    /// <summary>VmRSS of https://man7.org/linux/man-pages/man5/proc_pid_status.5.html, in MB.</summary>
    private static double? Resident(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
            return line is null ? null
                : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
