using Serverless.Local.Machine;

namespace Serverless.Local.Load;

/// <summary>
/// Processor time of the emulator, the worker and this process (senders and gateway) over the time in which one side was measured.
/// </summary>
internal sealed class Busy(int emulator, int worker)
{
    private (TimeSpan Emulator, TimeSpan Worker, TimeSpan Senders) _used;
    private TimeSpan _over;

    /// <summary>Processors that the emulator kept busy; it has one thread, so 1 is all it can do.</summary>
    public double Emulator => Share(_used.Emulator);

    /// <summary>Processors that all three kept busy together.</summary>
    public double Together => Share(_used.Emulator + _used.Worker + _used.Senders);

    public double WorkerMs => _used.Worker.TotalMilliseconds;

    /// <summary>Measures one piece of work; it may be called again and again.</summary>
    public async Task<T> WhileAsync<T>(Func<Task<T>> work)
    {
        var (before, began) = (Now(), System.Diagnostics.Stopwatch.GetTimestamp());
        var result = await work();
        _over += System.Diagnostics.Stopwatch.GetElapsedTime(began);
        var after = Now();
        _used = (_used.Emulator + after.Emulator - before.Emulator, _used.Worker + after.Worker - before.Worker, _used.Senders
            + after.Senders - before.Senders);
        return result;
    }

    private double Share(TimeSpan used) => _over == TimeSpan.Zero ? 0 : used / _over;

    private (TimeSpan Emulator, TimeSpan Worker, TimeSpan Senders) Now() => (Used(emulator), Used(worker), Used(Environment.ProcessId));

    private static TimeSpan Used(int process) => ProcessMark.ProcessorTime(process) ?? TimeSpan.Zero;
}

/// <summary>What bounded a measurement, so that a figure is not read as the app's where it is the emulator's or the machine's.</summary>
internal static class Limit
{
    private const double Full = 0.85;

    /// <summary>emulator, machine or app.</summary>
    /// <param name="emulator">Processors that the emulator kept busy on our side.</param>
    /// <param name="together">Processors that all kept busy on our side.</param>
    /// <param name="processors">Of the machine.</param>
    public static string Of(double emulator, double together, int processors) =>
        emulator >= Full ? "emulator"
        : together >= processors * Full ? "machine"
        : "app";

    /// <summary>One sentence for a person.</summary>
    public static string Sentence(string limit) => limit switch
    {
        "emulator" => "The emulator is the limit: its one thread was busy. Read the processor time, not the calls a second.",
        "machine" => "This machine is the limit: senders, worker and emulator share its processors. Read the processor time.",
        _ => "Neither emulator nor machine was busy throughout: the calls a second are those of the app.",
    };
}
