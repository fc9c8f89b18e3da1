using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Serverless.Receipts;

/// <summary>Keeps one noisy channel from starving the others, and forged calls from filling the store. Counts for this instance only.</summary>
public sealed class Bulkhead(IOptionsMonitor<ReceiveOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Counters> _channels = new(StringComparer.Ordinal);

    private sealed class Counters
    {
        public int Working;
        public long Hour;
        public int KeptThisHour;
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

    /// <summary>True when one more unverified call of this hour may be kept.</summary>
    public bool MayKeepUnverified(string channel)
    {
        var counters = _channels.GetOrAdd(channel, static _ => new Counters());
        var hour = time.GetUtcNow().ToUnixTimeSeconds() / 3600;
        lock (counters)
        {
            if (counters.Hour != hour) (counters.Hour, counters.KeptThisHour) = (hour, 0);
            return ++counters.KeptThisHour <= options.CurrentValue.QuarantinePerHour;
        }
    }
}
