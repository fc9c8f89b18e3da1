using System.Diagnostics;
using System.Globalization;
using System.Text;
using Xunit;

namespace Serverless.Tests.Fuzz;

/// <summary>
/// Runs something on spoiled bytes: a fixed number of times from a fixed seed, or, with <c>FUZZ_SECONDS</c>, for so many seconds each from
/// a seed of its own, which is printed (<c>FUZZ_SEED</c> repeats it).
/// </summary>
internal static class Fuzzing
{
    // Beside what grows with the body: answers, dictionaries, an exception with its stack.
    private const long Basis = 512 * 1024;

    private static readonly double Seconds = double.TryParse(Environment.GetEnvironmentVariable("FUZZ_SECONDS"), NumberStyles.Float,
        CultureInfo.InvariantCulture, out var given) ? given : 0;

    private static readonly int First = int.TryParse(Environment.GetEnvironmentVariable("FUZZ_SEED"), NumberStyles.None,
        CultureInfo.InvariantCulture, out var given)
        ? given
        : Seconds > 0 ? Environment.TickCount & int.MaxValue : 20261201;

    /// <summary>Tries it; gives how often.</summary>
    /// <param name="name">For the message.</param>
    /// <param name="bodies">What is spoiled.</param>
    /// <param name="times">How often without <c>FUZZ_SECONDS</c>.</param>
    /// <param name="bytesEach">Most bytes that may be allocated for each byte of the body.</param>
    /// <param name="act">What must withstand it. Bytes that it cannot read it may refuse by an exception, never by a slip.</param>
    /// <param name="say">Takes the seed of a long run.</param>
    public static int Run(string name, IReadOnlyList<byte[]> bodies, int times, int bytesEach, Action<int, byte[]> act, Action<string> say)
    {
        if (bodies.Count == 0) return 0;
        // Once as they are: what is made once a process counts for none of them.
        for (var i = 0; i < bodies.Count; i++) Try(() => act(i, bodies[i]));
        var (watch, tried) = (Stopwatch.StartNew(), 0);
        for (; Seconds > 0 ? watch.Elapsed.TotalSeconds < Seconds : tried < times; tried++)
        {
            var random = new Random(unchecked(First + tried));
            var index = random.Next(bodies.Count);
            var body = Mutation.Of(bodies[index], bodies, random);
            var (before, began) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
            var thrown = Try(() => act(index, body));
            var (bytes, took) = (GC.GetAllocatedBytesForCurrentThread() - before, Stopwatch.GetElapsedTime(began));
            Assert.False(IsSlip(thrown), $"{name} FUZZ_SEED={First + tried}: {thrown}\n{Shown(body)}");
            Assert.True(bytes <= Basis + ((long)bytesEach * body.Length),
                $"{name} FUZZ_SEED={First + tried}: {bytes} bytes were allocated for {body.Length}.\n{Shown(body)}");
            Assert.True(took < TimeSpan.FromSeconds(5),
                $"{name} FUZZ_SEED={First + tried}: {took} for {body.Length} bytes.\n{Shown(body)}");
        }

        if (Seconds > 0) say($"{name}: {tried} tries from FUZZ_SEED={First}");
        return tried;
    }

    private static bool IsSlip(Exception? thrown) => thrown is NullReferenceException or IndexOutOfRangeException or InvalidCastException
        or OutOfMemoryException or InsufficientExecutionStackException or DivideByZeroException or Xunit.Sdk.XunitException;

    private static Exception? Try(Action act)
    {
        try
        {
            act();
            return null;
        }
        catch (Exception error) when (error is not null)
        {
            return error;
        }
    }

    private static string Shown(byte[] body) =>
        body.Length <= 4_000 ? Convert.ToBase64String(body) : $"{body.Length} bytes, from {Encoding.Latin1.GetString(body, 0, 200)}";
}
