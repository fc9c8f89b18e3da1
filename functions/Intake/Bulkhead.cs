using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Serverless.Intake;

/// <summary>
/// Limits per channel, so that one cannot starve the others and invalid calls cannot fill the storage. Counts for this instance only.
/// </summary>
public sealed class Bulkhead(IOptionsMonitor<ReceiveOptions> options, TimeProvider time)
{
    /// <summary>Beyond its limit one call in so many leaves a row that says that it came and why it failed: nobody is blinded by a
    /// flood.</summary>
    public const int SampleSize = 50;

    private readonly ConcurrentDictionary<string, Counters> _channels = new(StringComparer.Ordinal);

    private sealed class Counters
    {
        public int Working;
        public readonly ConcurrentDictionary<string, Budget> Forged = new(StringComparer.Ordinal);
        public readonly Budget Undecided = new();
    }

    // Amounts stored within an hour.
    private sealed class Budget
    {
        public long Hour;
        public int Calls;
        public long Bytes;
        public int Beyond;
    }

    /// <summary>True when the channel may take one more call; then <see cref="Leave"/> must follow.</summary>
    public bool TryEnter(string channel)
    {
        var counters = _channels.GetOrAdd(channel, static _ => new Counters());
        if (Interlocked.Increment(ref counters.Working) <= options.CurrentValue.ConcurrentCallsPerChannel) return true;
        Interlocked.Decrement(ref counters.Working);
        return false;
    }

    public void Leave(string channel) => Interlocked.Decrement(ref _channels[channel].Working);

    /// <summary>Whether a call that failed verification may be stored, within the limits of this hour.</summary>
    /// <param name="channel">Name of the channel.</param>
    /// <param name="source">Which source of the settings it names, each with limits of its own; null for all that name none.</param>
    /// <param name="bytes">Size of its body.</param>
    public Keep ForForged(string channel, string? source, int bytes)
    {
        var budgets = _channels.GetOrAdd(channel, static _ => new Counters()).Forged;
        return Take(budgets.GetOrAdd(source ?? "", static _ => new Budget()), options.CurrentValue.QuarantinePerHour, bytes);
    }

    /// <summary>
    /// Whether a call that cannot be verified yet may be stored. Separate limits: calls that may be genuine are not rejected because of
    /// invalid ones. Beyond them its key is loaded before it is answered.
    /// </summary>
    /// <param name="channel">Name of the channel.</param>
    /// <param name="bytes">Size of its body.</param>
    public Keep ForUndecided(string channel, int bytes) =>
        Take(_channels.GetOrAdd(channel, static _ => new Counters()).Undecided, options.CurrentValue.UndecidedPerHour, bytes);

    private Keep Take(Budget budget, int calls, int bytes)
    {
        var hour = time.GetUtcNow().ToUnixTimeSeconds() / 3600;
        lock (budget)
        {
            if (budget.Hour != hour) (budget.Hour, budget.Calls, budget.Bytes, budget.Beyond) = (hour, 0, 0, 0);
            if (budget.Calls < calls && budget.Bytes + bytes <= options.CurrentValue.QuarantineMegabytesPerHour * 1024L * 1024L)
            {
                budget.Calls++;
                budget.Bytes += bytes;
                return Keep.Whole;
            }

            return ++budget.Beyond % SampleSize == 0 ? Keep.Fact : Keep.Nothing;
        }
    }
}

/// <summary>How much of an unverified call is stored.</summary>
public enum Keep
{
    /// <summary>Nothing: counted by the metric only.</summary>
    Nothing,

    /// <summary>Metadata and failure reason only; the row represents <see cref="Bulkhead.SampleSize"/> calls.</summary>
    Fact,

    /// <summary>All of it.</summary>
    Whole,
}
