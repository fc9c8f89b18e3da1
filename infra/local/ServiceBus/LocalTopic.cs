using System.Collections.Concurrent;

namespace Serverless.Local.ServiceBus;

/// <summary>
/// A topic on this machine that Azure.Messaging.ServiceBus speaks to by an emulator connection string: subscriptions with SQL filters, locks, dead
/// letters, duplicate detection, scheduled messages, a journal on disk. What it copies of the service: infra/local/README.md.
/// </summary>
public sealed class LocalTopic : IAsyncDisposable
{
    private static readonly TimeSpan LongestAlarm = TimeSpan.FromDays(1);
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly BrokerState _state;
    private readonly TopicTimes _times;
    private readonly TopicJournal? _journal;
    private readonly ITimer _alarm;
    private readonly AmqpServer _server;
    private readonly ConcurrentDictionary<Guid, LockedMessage> _locks = new();
    private DateTimeOffset _alarmAt = DateTimeOffset.MaxValue;
    private long _calls;
    private bool _closed;
    private int _disposed;

    private LocalTopic(BrokerState state, TopicJournal? journal, TimeProvider time)
    {
        (_state, _journal, _time) = (state, journal, time);
        _alarm = time.CreateTimer(_ => Ring(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _times = new TopicTimes(state, Write, token => _locks.TryRemove(token, out _));
        _server = new AmqpServer(this);
    }

    /// <summary>Where it listens: AMQP over plain TCP on 127.0.0.1.</summary>
    public Uri Endpoint => new($"sb://127.0.0.1:{_server.Port}");

    /// <summary>The form that the SDK and Microsoft's emulator use. Any key is accepted: nobody reaches it from outside this machine.</summary>
    public string ConnectionString => $"Endpoint={Endpoint.Scheme}://{Endpoint.Authority};SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true";

    /// <summary>Transfers that came in so far, refused ones included; a batch is one.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Why transfers are refused; null while they are taken.</summary>
    internal string? Refusal { get; private set; }

    /// <summary>Reads the topics of messaging.json and the journal, and listens.</summary>
    /// <param name="dataFolder">Takes <c>bus.journal</c>; null keeps nothing.</param>
    /// <param name="time">The clock of locks, schedules and windows.</param>
    /// <param name="port">0 takes a free one.</param>
    /// <param name="subscriptions">Further subscriptions of each topic.</param>
    /// <exception cref="CommandLine.Refusal">With one sentence on what to do.</exception>
    public static async Task<LocalTopic> StartAsync(
        string messagingFile, string? dataFolder, TimeProvider time, int port, CancellationToken ct, IReadOnlyList<SubscriptionPlan>? subscriptions = null)
    {
        ct.ThrowIfCancellationRequested();
        var plans = TopicPlan.ReadAll(messagingFile).ToDictionary(
            pair => pair.Key,
            pair => pair.Value with { Subscriptions = [.. pair.Value.Subscriptions, .. subscriptions ?? []] },
            StringComparer.OrdinalIgnoreCase);
        var state = new BrokerState(plans);
        var journal = dataFolder is null ? null : TopicJournal.Open(Path.Combine(dataFolder, "bus.journal"), state, time.GetUtcNow());
        var topic = new LocalTopic(state, journal, time);
        try
        {
            topic._server.Start(port);
            topic.Ring();
            return topic;
        }
        catch
        {
            await topic.DisposeAsync();
            throw;
        }
    }

    /// <summary>For tests: every transfer is refused until <see cref="Accept"/>; receivers are not touched. 503 is an error that may pass, 429 "server busy".</summary>
    public void Refuse(int status) => Refusal = status switch
    {
        401 or 403 => "amqp:unauthorized-access",
        404 or 410 => "amqp:not-found",
        429 => "com.microsoft:server-busy",
        507 => "amqp:resource-limit-exceeded",
        _ => "amqp:internal-error",
    };

    /// <summary>For tests: breaks every connection and refuses links until <see cref="Accept"/>.</summary>
    public void CutOff()
    {
        Refusal = "amqp:internal-error";
        _server.CutOff = true;
        _server.Break();
    }

    public void Accept() => (Refusal, _server.CutOff) = (null, false);

    /// <summary>Waits for a message and locks it for the receiver.</summary>
    /// <param name="path">The subscription, or <c>name/$DeadLetterQueue</c>.</param>
    public async Task<LockedMessage> ReceiveAsync(string topic, string path, CancellationToken ct)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_closed, this);
                Sweep();
                var (place, queue) = Queue(topic, path);
                if (queue.Ready.Count > 0) return Take(topic, path, place, queue, queue.Ready.First().Value);
                changed = queue.Changed.Task;
            }

            await changed.WaitAsync(ct);
        }
    }

    /// <summary>Done: the copy is removed. False when the lock was lost meanwhile; the message then comes again.</summary>
    public bool Complete(LockedMessage message) => Settle(message, (place, copy) => Write(TopicTimes.Record(TopicRecord.Completed, message.Message.Topic, place, copy)));

    /// <summary>Not done: comes again at once, with no delay, or is dead after the last delivery.</summary>
    public bool Abandon(LockedMessage message) => Settle(message, (place, copy) => _times.Return(message.Message.Topic, place, copy));

    /// <summary>Not wanted: comes again, and this delivery does not count.</summary>
    public bool Release(LockedMessage message) => Settle(message, (place, copy) =>
    {
        Write(TopicTimes.Record(TopicRecord.Delivered, message.Message.Topic, place, copy) with { Count = copy.DeliveryCount - 1 });
        _times.Return(message.Message.Topic, place, copy);
    });

    /// <summary>Given up by its receiver, which says why.</summary>
    public bool Bury(LockedMessage message, string? reason, string? description) => Settle(message, (place, copy) =>
        Write(TopicTimes.Record(TopicRecord.Dead, message.Message.Topic, place, copy) with { Reason = reason ?? "", Description = description }));

    /// <summary>Starts the lock anew; null when it was lost.</summary>
    public DateTimeOffset? Renew(LockedMessage message)
    {
        DateTimeOffset? until = null;
        Settle(message, (place, copy) =>
        {
            until = _time.GetUtcNow() + place.Plan.LockDuration;
            (copy.DeadReason is null ? place.Active : place.Dead).Lock(copy, copy.LockToken, until.Value);
            _locks[copy.LockToken] = message;
        });
        return until;
    }

    public TimeSpan LockDuration(string topic, string path) => Queue(topic, path).Place.Plan.LockDuration;

    /// <summary>Active (ready and locked), scheduled and dead messages of every subscription.</summary>
    public IReadOnlyList<SubscriptionCount> Counts() => Locked(() => _state.Topics.SelectMany(topic => topic.Value.Subscriptions.Select(pair =>
        new SubscriptionCount(
            topic.Key, pair.Key, pair.Value.Active.Count, topic.Value.Scheduled.Values.Count(pair.Value.Plan.Takes), pair.Value.Dead.Count))).ToList());

    /// <summary>Ready and locked messages in order of their numbers.</summary>
    /// <param name="path">The subscription, or <c>name/$DeadLetterQueue</c>.</param>
    public IReadOnlyList<TopicMessage> Active(string topic, string path) =>
        Locked(() => Queue(topic, path).Queue.All.Select(copy => copy.Message).ToList());

    /// <summary>Messages of the topic that wait for their time, the next one first.</summary>
    public IReadOnlyList<TopicMessage> Scheduled(string topic) => Locked(() => Topic(topic).Scheduled.Values.ToList());

    public IReadOnlyList<DeadLetter> DeadLetters(string topic, string subscription) => Locked(() =>
        Queue(topic, subscription).Place.Dead.All.Select(copy => new DeadLetter(copy.Message, copy.DeliveryCount, copy.DeadReason ?? "")).ToList());

    /// <summary>Puts a dead letter back into its subscription, delivered zero times. False when it is not there.</summary>
    public bool Resubmit(string topic, string subscription, long sequenceNumber) => Locked(() =>
    {
        var (place, _) = Queue(topic, subscription);
        if (place.Dead.Find(sequenceNumber) is not { } copy) return false;
        Write(TopicTimes.Record(TopicRecord.Resubmitted, topic, place, copy));
        return true;
    });

    /// <summary>Takes messages in; a MessageId already seen within the window is answered as if it had been taken.</summary>
    public void Send(IEnumerable<TopicMessage> messages) => Locked(() =>
    {
        var now = _time.GetUtcNow();
        foreach (var message in messages)
        {
            var topic = Topic(message.Topic);
            if (topic.Plan.DuplicateWindow is not null && topic.HasSeen(message.MessageId, now)) continue;
            var later = message.ScheduledFor > now ? message.ScheduledFor : null;
            var kept = message with { SequenceNumber = _state.LastNumber + 1, ScheduledFor = later, EnqueuedAt = later ?? now };

            // The message before its id: a crash between the two may double it, never lose it.
            var takers = later is null ? topic.Takers(kept) : null;
            Write(new TopicRecord { Kind = TopicRecord.Sent, Topic = message.Topic, Message = kept, Subscriptions = takers });
            if (topic.Plan.DuplicateWindow is not null)
                Write(new TopicRecord { Kind = TopicRecord.Seen, Topic = message.Topic, MessageId = message.MessageId, At = now });
        }

        Sweep();
        return true;
    });

    /// <summary>Stops listening, ends every wait and closes the journal.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        _server.Stop();
        await _alarm.DisposeAsync();
        lock (_gate)
        {
            _closed = true;
            foreach (var place in _state.Topics.Values.SelectMany(topic => topic.Subscriptions.Values))
            {
                place.Active.Changed.TrySetResult();
                place.Dead.Changed.TrySetResult();
            }

            _journal?.Dispose();
        }
    }

    /// <summary>A transfer that came in.</summary>
    internal void Take(string name, Microsoft.Azure.Amqp.AmqpMessage transfer) => Send(MessageForm.Read(name, transfer, _time.GetUtcNow()));

    internal void CountCall() => Interlocked.Increment(ref _calls);

    internal bool Has(string topic) => _state.Topics.ContainsKey(topic);

    internal bool Has(string topic, string path) =>
        _state.Topics.TryGetValue(topic, out var there) && there.Subscriptions.ContainsKey(path.Split('/')[0]);

    /// <summary>The live lock of a token, whichever link it was handed over.</summary>
    internal LockedMessage? LockOf(Guid token) => _locks.GetValueOrDefault(token);

    /// <summary>Looks without locking: copies from a number on, ready or locked.</summary>
    internal IReadOnlyList<LockedMessage> Peek(string topic, string path, long from, int count) => Locked(() => Queue(topic, path).Queue.All
        .Where(copy => copy.Number >= from).Take(count).Select(copy => Handed(path, copy)).ToList());

    private static LockedMessage Handed(string path, Copy copy) => new(path, copy.Message, copy.LockToken, copy.DeliveryCount, copy.LockedUntil)
    {
        DeadReason = copy.DeadReason,
        DeadDescription = copy.DeadDescription,
    };

    private LockedMessage Take(string topic, string path, SubscriptionState place, CopyQueue queue, Copy copy)
    {
        // Counted when handed over, so that the count survives a receiver, or a topic, that dies.
        Write(TopicTimes.Record(TopicRecord.Delivered, topic, place, copy) with { Count = copy.DeliveryCount + 1 });
        var now = _time.GetUtcNow();
        queue.Lock(copy, Guid.CreateVersion7(now), now + place.Plan.LockDuration);
        SetAlarm();
        return _locks[copy.LockToken] = Handed(path, copy);
    }

    private bool Settle(LockedMessage message, Action<SubscriptionState, Copy> settle) => Locked(() =>
    {
        var (place, queue) = Queue(message.Message.Topic, message.Path);
        _locks.TryRemove(message.LockToken, out _);
        if (_closed || !queue.Locked.TryGetValue(message.Message.SequenceNumber, out var copy)) return false;
        if (copy.LockToken != message.LockToken || copy.LockedUntil <= _time.GetUtcNow()) return false;
        settle(place, copy);
        SetAlarm();
        return true;
    });

    private void Ring() => Locked(() =>
    {
        _alarmAt = DateTimeOffset.MaxValue;
        if (!_closed) Sweep();
        return true;
    });

    private void Sweep()
    {
        _times.Sweep(_time.GetUtcNow());
        SetAlarm();
    }

    private void SetAlarm()
    {
        if (_times.Next is not { } moment || moment >= _alarmAt) return;
        _alarmAt = moment;
        var wait = moment - _time.GetUtcNow();
        _alarm.Change(wait < TimeSpan.Zero ? TimeSpan.Zero : wait < LongestAlarm ? wait : LongestAlarm, Timeout.InfiniteTimeSpan);
    }

    // Journal first: what is answered is written.
    private void Write(TopicRecord record)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        _journal?.Append(record);
        _state.Apply(record);
    }

    private TopicState Topic(string name) =>
        _state.Topics.TryGetValue(name, out var topic) ? topic : throw new ArgumentException($"There is no topic {name}.", nameof(name));

    private (SubscriptionState Place, CopyQueue Queue) Queue(string topic, string path)
    {
        var parts = path.Split('/');
        if (!Topic(topic).Subscriptions.TryGetValue(parts[0], out var place)) throw new ArgumentException($"The topic {topic} has no subscription {path}.", nameof(path));
        return (place, parts.Length == 1 ? place.Active : place.Dead);
    }

    private T Locked<T>(Func<T> work)
    {
        lock (_gate) return work();
    }
}
