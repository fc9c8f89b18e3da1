using Microsoft.Extensions.Options;

namespace Serverless.Receipts;

/// <summary>
/// The bodies that arrive now, of all channels: how many of a channel, and how many bytes all together. When there is no room, the slowest
/// makes room: a genuine call brings its body within milliseconds, whoever holds sockets open does not. Where all came just now, the largest
/// makes room for a smaller one: a flood of large bodies shuts no small call out. Counts for this instance only.
/// </summary>
public sealed class Readers(IOptionsMonitor<ReceiveOptions> options)
{
    // A body younger than this is never taken for a slow one.
    private static readonly TimeSpan Young = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly HashSet<Reader> _reading = [];
    private readonly Dictionary<string, int> _perChannel = new(StringComparer.Ordinal);
    private long _held;

    /// <summary>Bytes held now, of bodies that arrive and of calls that are worked.</summary>
    public long Held
    {
        get
        {
            lock (_gate) return _held;
        }
    }

    /// <summary>One body that arrives. Dispose it when its call is answered.</summary>
    /// <param name="readers">Where it counts.</param>
    /// <param name="channel">Name of its channel.</param>
    public sealed class Reader(Readers readers, string channel) : IDisposable
    {
        private readonly CancellationTokenSource _evicted = new();

        /// <summary>Fires when it has to make room for another.</summary>
        public CancellationToken Evicted => _evicted.Token;

        internal string Channel { get; } = channel;

        internal long Since { get; } = TimeProvider.System.GetTimestamp();

        internal int Held { get; set; }

        internal bool IsOver { get; set; }

        /// <summary>True when a buffer of so many bytes may be held in place of the present one.</summary>
        public bool TryHold(int bytes) => readers.TryHold(this, bytes);

        /// <summary>The whole body is here: it makes room for nobody any more, and its bytes count until the end of the call.</summary>
        public void Arrived() => readers.Leave(this, release: false);

        public void Dispose()
        {
            readers.Leave(this, release: true);
            _evicted.Dispose();
        }

        internal void Evict() => _ = _evicted.CancelAsync();
    }

    /// <summary>Begins a body; null when its channel has as many as it may, none of them slow.</summary>
    public Reader? Enter(string channel)
    {
        lock (_gate)
        {
            var most = options.CurrentValue.ConcurrentReadersPerChannel;
            if (_perChannel.GetValueOrDefault(channel) >= most && !MakeRoom(r => r.Channel == channel)) return null;
            _perChannel[channel] = _perChannel.GetValueOrDefault(channel) + 1;
            var reader = new Reader(this, channel);
            _reading.Add(reader);
            return reader;
        }
    }

    private bool TryHold(Reader reader, int bytes)
    {
        var most = options.CurrentValue.HeldMegabytes * 1024L * 1024L;
        lock (_gate)
        {
            if (reader.IsOver) return false;
            while (_held - reader.Held + bytes > most)
            {
                if (!MakeRoom(r => r != reader && r.Held > 0) && !MakeRoomOfLargest(bytes)) return false;
            }

            _held += bytes - reader.Held;
            reader.Held = bytes;
            return true;
        }
    }

    // Slow is who brought the fewest bytes for the time it took. Called under the lock.
    private bool MakeRoom(Func<Reader, bool> among)
    {
        Reader? slowest = null;
        var pace = double.MaxValue;
        foreach (var reader in _reading)
        {
            var age = TimeProvider.System.GetElapsedTime(reader.Since);
            if (age < Young || !among(reader) || reader.Held / age.TotalSeconds >= pace) continue;
            (slowest, pace) = (reader, reader.Held / age.TotalSeconds);
        }

        if (slowest is null) return false;
        Evict(slowest);
        return true;
    }

    // Called under the lock.
    private bool MakeRoomOfLargest(int bytes)
    {
        if (_reading.MaxBy(r => r.Held) is not { } largest || largest.Held <= bytes) return false;
        Evict(largest);
        return true;
    }

    private void Evict(Reader reader)
    {
        Forget(reader);
        Release(reader);
        reader.Evict();
    }

    private void Leave(Reader reader, bool release)
    {
        lock (_gate)
        {
            Forget(reader);
            if (release) Release(reader);
        }
    }

    private void Forget(Reader reader)
    {
        if (!_reading.Remove(reader)) return;
        _perChannel[reader.Channel]--;
    }

    private void Release(Reader reader)
    {
        _held -= reader.Held;
        (reader.Held, reader.IsOver) = (0, true);
    }
}
