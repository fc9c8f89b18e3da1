using System.Diagnostics;
using System.Globalization;

namespace Serverless.Benchmarks;

/// <summary>
/// Whether reading grows with what is read: the time for twice as many bytes beside the time for as many, for the parsers of all channels
/// and for inputs made to hurt them. Prints a table; a reader is
/// too steep when twice the bytes take more than <see cref="Most"/> times as long in each of several tries (above 2 lies the noise of a
/// machine).
/// </summary>
internal static class Growth
{
    private const int Smallest = 100_000;
    private const double Most = 2.6;
    private const int Tries = 12;

    /// <summary>Measures all, or those whose name holds a word. Gives the exit code: 1 when one is too steep.</summary>
    public static int Run(string? word)
    {
        Console.WriteLine("| reader | input | 100 kB, ms | 200 kB, ms | 400 kB, ms | 200/100 | 400/200 | bytes allocated a byte |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        List<string> steep = [];
        foreach (var (reader, input, prepare) in HostileInputs.All())
        {
            if (word is not null && !$"{reader} {input}".Contains(word, StringComparison.OrdinalIgnoreCase)) continue;
            double[] times = [];
            long allocated = 0;
            // What a reader really costs is its best time: a machine only adds to it.
            for (var attempt = 0; attempt < Tries; attempt++)
            {
                double[] now = [Milliseconds(prepare(Smallest), out _), Milliseconds(prepare(2 * Smallest), out _),
                    Milliseconds(prepare(4 * Smallest), out allocated)];
                times = attempt == 0 ? now : [.. times.Zip(now, Math.Min)];
                if (attempt > 0 && !IsSteep(times)) break;
            }

            if (IsSteep(times)) steep.Add($"{reader}, {input}");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {reader} | {input} | {times[0]:F2} | {times[1]:F2} | {times[2]:F2} | {times[1] / times[0]:F2} | {times[2] / times[1]:F2} | {allocated / (4.0 * Smallest):F0} |"));
        }

        Console.WriteLine(steep.Count == 0
            ? "Twice the bytes take twice the time at most, everywhere." : $"Too steep: {string.Join("; ", steep)}.");
        return steep.Count == 0 ? 0 : 1;
    }

    // Below a twentieth of a millisecond the clock says nothing.
    private static bool IsSteep(double[] times) =>
        times[2] > 0.05 && ((times[1] / times[0] > Most && times[2] / times[1] > 2) || times[2] / times[1] > Most);

    private static double Milliseconds(Action read, out long allocated)
    {
        read();
        var best = double.MaxValue;
        var whole = Stopwatch.StartNew();
        allocated = 0;
        for (var run = 0; run < 7 && (run < 2 || whole.ElapsedMilliseconds < 1_500); run++)
        {
            var (before, began) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
            read();
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        return best;
    }
}
