using System.Diagnostics;
using Serverless.Local.CommandLine;
using Serverless.Local.Run;

namespace Serverless.Local.Load;

/// <summary>Lets the app work off what it accepted, and tells what is missing.</summary>
internal sealed class Drain(AppApi app, PlainStorage storage)
{
    private const string Queue = "inbound";
    private const int Hours = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="accepted">Deliveries answered 2xx; each holds one contact.</param>
    /// <returns>Deliveries of which there is no trace, those still waiting for their end when patience was over, and contacts worked per
    /// second until then.</returns>
    /// <remarks>The emulator's queue and hot partitions grow slower with their length, so a long run is measured over its first minute
    /// only.</remarks>
    public async Task<Drained> RunAsync(long accepted, Screen screen, CancellationToken ct)
    {
        screen.Say($"Processing {accepted} deliveries, for {Patience.TotalSeconds:0} s at most ...");
        var watch = Stopwatch.StartNew();
        await QueueEmptyAsync(watch, screen, ct);
        while (true)
        {
            // The summary reads every row: asked only at the end, so that it does not slow the work.
            var summary = await app.SummaryAsync(Hours, ct);
            var stored = summary?.Deliveries.GetValueOrDefault("accepted") ?? 0;
            var ended = stored - (summary?.Deliveries.GetValueOrDefault("open") ?? 0);
            if (ended >= accepted || watch.Elapsed > Patience)
                return new Drained(Math.Max(0, accepted - stored), Math.Max(0, stored - ended), ended / watch.Elapsed.TotalSeconds);
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, ct);
        }
    }

    private async Task QueueEmptyAsync(Stopwatch watch, Screen screen, CancellationToken ct)
    {
        var told = Stopwatch.StartNew();
        while (true)
        {
            var waiting = await storage.CountAsync(Queue, ct);
            if (waiting == 0 || watch.Elapsed > Patience) return;
            if (told.Elapsed > TimeSpan.FromSeconds(10))
            {
                screen.Say($"Deliveries in the queue: {waiting}");
                told.Restart();
            }
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, ct);
        }
    }
}

/// <summary>What became of accepted deliveries.</summary>
/// <param name="Lost">Without a trace.</param>
/// <param name="Waiting">Stored, and still without an end when patience was over.</param>
/// <param name="PerSecond">Contacts processed a second until then.</param>
internal sealed record Drained(long Lost, long Waiting, double PerSecond);
