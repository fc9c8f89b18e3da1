using Serverless.Local.CommandLine;
using Serverless.Local.Machine;

namespace Serverless.Local.Load;

/// <summary>One of the two that are compared: its slices, and the processor time its process used in them.</summary>
internal sealed class Side(MeasuredWorker worker, Crowd crowd, int emulator)
{
    private readonly List<double> _latencies = [];
    private readonly Uri _door = new($"http://127.0.0.1:{worker.Port}/api/hooks/meta");
    private TimeSpan _sent;

    /// <summary>What was busy meanwhile.</summary>
    public Busy Busy { get; } = new(emulator, worker.ProcessId);

    public int Accepted => _latencies.Count;

    public int Refused { get; private set; }

    public double PerSecond => Accepted / _sent.TotalSeconds;

    public double ProcessorMsPerDelivery => Busy.WorkerMs / Math.Max(1, Accepted);

    public async Task<Slice> SendAsync(TimeSpan length, CancellationToken ct)
    {
        var slice = await Busy.WhileAsync(() => crowd.SendAsync(_door, length, ct));
        if (ProcessMark.ProcessorTime(worker.ProcessId) is null)
            throw new Refusal($"Process {worker.ProcessId} ended while it was measured: {worker.LastLines}");
        _sent += slice.Length;
        _latencies.AddRange(slice.Latencies);
        Refused += slice.Refused;
        return slice;
    }

    /// <param name="part">E.g. 0.99.</param>
    /// <returns>Milliseconds that this part of the accepted calls stayed within; 0 without any.</returns>
    public double Latency(double part)
    {
        var sorted = _latencies.Order().ToList();
        return sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)(part * sorted.Count))];
    }
}
