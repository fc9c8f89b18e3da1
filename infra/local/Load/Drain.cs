using System.Diagnostics;
using Serverless.Local.CommandLine;
using Serverless.Local.Run;

namespace Serverless.Local.Load;

/// <summary>Waits until everything accepted has its end, and tells what has not.</summary>
internal sealed class Drain(AppApi app, PlainStorage storage)
{
    private const string Queue = "inbound";
    private const int Hours = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="accepted">Deliveries answered 2xx; each holds one contact.</param>
    /// <returns>Deliveries without an end, and contacts per second until the queue was empty.</returns>
    public async Task<(long Lost, double PerSecond)> RunAsync(long accepted, Screen screen, CancellationToken ct)
    {
        screen.Say($"Working off {accepted} deliveries ...");
        var watch = Stopwatch.StartNew();
        await QueueEmptyAsync(screen, ct);
        var (ended, stuck) = (0L, Stopwatch.StartNew());
        while (true)
        {
            // The summary reads every row: asked only once the queue is empty, so that it does not slow the work.
            var now = (await app.SummaryAsync(Hours, ct))?.Ends.Where(e => e.Key is not "open").Sum(e => e.Value) ?? ended;
            if (now != ended) stuck.Restart();
            ended = now;
            if (ended >= accepted || stuck.Elapsed > Patience) return (Math.Max(0, accepted - ended), ended / watch.Elapsed.TotalSeconds);
            await Task.Delay(TimeSpan.FromSeconds(1), ct);
        }
    }

    private async Task QueueEmptyAsync(Screen screen, CancellationToken ct)
    {
        var (last, moved, told) = (int.MaxValue, Stopwatch.StartNew(), Stopwatch.StartNew());
        while (true)
        {
            var waiting = await storage.CountAsync(Queue, ct);
            if (waiting == 0 || moved.Elapsed > Patience) return;
            if (waiting < last) moved.Restart();
            last = Math.Min(last, waiting);
            if (told.Elapsed > TimeSpan.FromSeconds(10))
            {
                screen.Say($"{waiting} deliveries wait in the queue");
                told.Restart();
            }
            await Task.Delay(TimeSpan.FromMilliseconds(250), ct);
        }
    }
}
