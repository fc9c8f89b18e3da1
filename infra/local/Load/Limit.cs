using System.Diagnostics;
using System.Globalization;
using Serverless.Local.Machine;

namespace Serverless.Local.Load;

/// <summary>Processor time of the emulator, of the worker and of the whole machine over the time in which one side was measured.</summary>
internal sealed class Busy(int emulator, int worker)
{
    private (TimeSpan Emulator, TimeSpan Worker, TimeSpan Machine) _used;
    private TimeSpan _over;

    /// <summary>Processors that the emulator kept busy; it has one thread, so 1 is all it can do.</summary>
    public double Emulator => Share(_used.Emulator);

    /// <summary>Part of all processors that was busy, by whomever: other work on the machine counts.</summary>
    public double Machine => Share(_used.Machine) / Environment.ProcessorCount;

    public double WorkerMs => _used.Worker.TotalMilliseconds;

    /// <summary>Measures one piece of work; it may be called again and again.</summary>
    public async Task<T> WhileAsync<T>(Func<Task<T>> work)
    {
        var (before, began) = (Now(), Stopwatch.GetTimestamp());
        var result = await work();
        _over += Stopwatch.GetElapsedTime(began);
        var after = Now();
        _used.Emulator += after.Emulator - before.Emulator;
        _used.Worker += after.Worker - before.Worker;
        _used.Machine += after.Machine - before.Machine;
        return result;
    }

    private double Share(TimeSpan used) => _over == TimeSpan.Zero ? 0 : used / _over;

    private (TimeSpan Emulator, TimeSpan Worker, TimeSpan Machine) Now() => (Used(emulator), Used(worker), OfMachine());

    private static TimeSpan Used(int process) => ProcessMark.ProcessorTime(process) ?? TimeSpan.Zero;

    // The first line of /proc/stat, in hundredths of a second: user, nice, system, idle, iowait, irq, softirq, steal.
    // https://man7.org/linux/man-pages/man5/proc_stat.5.html
    private static TimeSpan OfMachine()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
            .Select(f => long.Parse(f, CultureInfo.InvariantCulture)).ToList();
        return TimeSpan.FromMilliseconds(10.0 * (fields.Sum() - fields[3] - fields[4]));
    }
}

/// <summary>What bounded a measurement, so that a figure is not read as the app's where it is the emulator's or the machine's.</summary>
internal static class Limit
{
    private const double Full = 0.85;

    /// <summary>emulator, machine or app.</summary>
    /// <param name="emulator">Processors that the emulator kept busy on our side.</param>
    /// <param name="machine">Part of all processors that was busy on our side.</param>
    public static string Of(double emulator, double machine) =>
        emulator >= Full ? "emulator"
        : machine >= Full ? "machine"
        : "app";

    /// <summary>One sentence for a person.</summary>
    public static string Sentence(string limit) => limit switch
    {
        "emulator" => "The emulator is the limit: its one thread was busy. Read the processor time, not the calls a second.",
        "machine" => "This machine is the limit: its processors were busy, also with other work. Read the processor time.",
        _ => "Neither emulator nor machine was busy throughout: the calls a second are those of the app.",
    };
}
