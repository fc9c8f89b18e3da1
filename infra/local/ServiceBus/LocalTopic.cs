namespace Serverless.Local.ServiceBus;

/// <summary>
/// A topic on this machine that Azure.Messaging.ServiceBus speaks to by an emulator connection string. It has what the template asks the
/// service for: subscriptions with filters, locks, delivery counts, dead letters, time to live, duplicate detection. All of it is in memory
/// and ends with the process; sessions, transactions and rules that change at runtime are not there.
/// </summary>
public sealed class LocalTopic : IAsyncDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LocalTopicState> _topics;
    private readonly TimeProvider _time;
    private readonly AmqpServer _server;
    private long _lastNumber;
    private long _calls;
    private bool _closed;

    private LocalTopic(Dictionary<string, LocalTopicState> topics, TimeProvider time)
    {
        (_topics, _time) = (topics, time);
        _server = new AmqpServer(this);
    }

    /// <summary>Where it listens: AMQP over plain TCP on 127.0.0.1.</summary>
    public Uri Endpoint => new($"sb://127.0.0.1:{_server.Port}");

    /// <summary>The form that Microsoft's emulator uses. Any key is accepted: nobody reaches it from outside this machine.</summary>
    public string ConnectionString =>
        $"Endpoint={Endpoint.Scheme}://{Endpoint.Authority};SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true";

    /// <summary>Transfers that came in so far, refused ones included; a batch is one.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Why transfers are refused; null while they are taken.</summary>
    internal string? Refusal { get; private set; }

    /// <summary>Reads the topics of messaging.json, and listens.</summary>
    /// <param name="time">The clock of locks and windows.</param>
    /// <param name="port">0 takes a free one.</param>
    /// <param name="subscriptions">Further subscriptions of each topic.</param>
    /// <exception cref="CommandLine.Refusal">With one sentence on what to do.</exception>
    public static LocalTopic Start(string messagingFile, TimeProvider time, int port, IReadOnlyList<SubscriptionPlan>? subscriptions = null)
    {
        var topics = TopicPlan.ReadAll(messagingFile).ToDictionary(
            pair => pair.Key,
            pair => new LocalTopicState(pair.Value with { Subscriptions = [.. pair.Value.Subscriptions, .. subscriptions ?? []] }),
            StringComparer.OrdinalIgnoreCase);
        var topic = new LocalTopic(topics, time);
        topic._server.Start(port);
        return topic;
    }

    /// <summary>For tests: every transfer is refused until <see cref="Accept"/>; receivers are not touched.</summary>
    /// <param name="status">503 is an error that may pass, 429 "server busy".</param>
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
            TimeSpan wait;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_closed, this);
                var now = Sweep();
                var (place, queue) = Queue(topic, path);
                if (queue.Lock(Guid.CreateVersion7(now), now + place.Plan.LockDuration) is { } copy) return Handed(path, copy);
                changed = queue.Changed.Task;
                wait = new[] { queue.NextUnlock - now, LongestWait }.Min()!.Value;
            }

            await changed.WaitAsync(wait, _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ct.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Done: the copy is removed. False when the lock was lost meanwhile; the message then comes again.</summary>
    public bool Complete(LockedMessage message) => Settle(message, (_, _) => { });

    /// <summary>Not done: comes again at once, with no delay, or is dead after the last delivery.</summary>
    public bool Abandon(LockedMessage message) => Settle(message, (place, copy) => place.Return(copy));

    /// <summary>Not wanted: comes again, and this delivery does not count.</summary>
    public bool Release(LockedMessage message) => Settle(message, (place, copy) =>
    {
        copy.DeliveryCount--;
        place.Return(copy);
    });

    /// <summary>Given up by its receiver, which says why.</summary>
    public bool Bury(LockedMessage message, string? reason, string? description) =>
        Settle(message, (place, copy) => place.Bury(copy, reason ?? "", description));

    /// <summary>Starts the lock anew; null when it was lost.</summary>
    public DateTimeOffset? Renew(LockedMessage message) => Locked<DateTimeOffset?>(now =>
    {
        var (place, queue) = Queue(message.Message.Topic, message.Path);
        if (queue.Held(message.LockToken) is not { } copy) return null;
        return copy.LockedUntil = now + place.Plan.LockDuration;
    });

    /// <summary>Active (ready and locked) and dead messages of every subscription.</summary>
    public IReadOnlyList<SubscriptionCount> Counts() => Locked(_ => _topics.SelectMany(topic => topic.Value.Subscriptions.Select(pair =>
        new SubscriptionCount(topic.Key, pair.Key, pair.Value.Active.Count, pair.Value.Dead.Count))).ToList());

    /// <summary>Ready and locked messages in order of their numbers.</summary>
    /// <param name="path">The subscription, or <c>name/$DeadLetterQueue</c>.</param>
    public IReadOnlyList<TopicMessage> Active(string topic, string path) =>
        Locked(_ => Queue(topic, path).Queue.All.Select(copy => copy.Message).ToList());

    /// <summary>Takes messages in; a MessageId already seen within the window is answered as if it had been taken.</summary>
    public void Send(IEnumerable<TopicMessage> messages) => Locked(now =>
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        foreach (var message in messages)
        {
            var topic = Topic(message.Topic);
            if (topic.Repeats(message.MessageId, now)) continue;
            topic.Take(message with { SequenceNumber = ++_lastNumber, EnqueuedAt = now });
        }

        return true;
    });

    /// <summary>Stops listening and ends every wait.</summary>
    public ValueTask DisposeAsync()
    {
        _server.Stop();
        lock (_gate)
        {
            _closed = true;
            foreach (var place in _topics.Values.SelectMany(topic => topic.Subscriptions.Values))
            {
                place.Active.Changed.TrySetResult();
                place.Dead.Changed.TrySetResult();
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>A transfer that came in.</summary>
    internal void Take(string name, Microsoft.Azure.Amqp.AmqpMessage transfer) => Send(MessageForm.Read(name, transfer, _time.GetUtcNow()));

    internal void CountCall() => Interlocked.Increment(ref _calls);

    internal bool Has(string topic) => _topics.ContainsKey(topic);

    internal bool Has(string topic, string path) =>
        _topics.TryGetValue(topic, out var there) && there.Subscriptions.ContainsKey(path.Split('/')[0]);

    /// <summary>The message of a live lock, whichever link it was handed over.</summary>
    internal LockedMessage? LockOf(string topic, string path, Guid token) =>
        Locked(_ => Queue(topic, path).Queue.Held(token) is { } copy ? Handed(path, copy) : null);

    private static LockedMessage Handed(string path, Copy copy) =>
        new(path, copy.Message, copy.LockToken, copy.DeliveryCount, copy.LockedUntil)
        {
            DeadReason = copy.DeadReason,
            DeadDescription = copy.DeadDescription,
        };

    private bool Settle(LockedMessage message, Action<SubscriptionState, Copy> settle) => Locked(_ =>
    {
        var (place, queue) = Queue(message.Message.Topic, message.Path);
        if (_closed || queue.TakeHeld(message.LockToken) is not { } copy) return false;
        settle(place, copy);
        return true;
    });

    private DateTimeOffset Sweep()
    {
        var now = _time.GetUtcNow();
        foreach (var topic in _topics.Values) topic.Sweep(now);
        return now;
    }

    private LocalTopicState Topic(string name) =>
        _topics.TryGetValue(name, out var topic) ? topic : throw new ArgumentException($"There is no topic {name}.", nameof(name));

    private (SubscriptionState Place, CopyQueue Queue) Queue(string topic, string path)
    {
        var parts = path.Split('/');
        if (!Topic(topic).Subscriptions.TryGetValue(parts[0], out var place))
            throw new ArgumentException($"The topic {topic} has no subscription {path}.", nameof(path));
        return (place, parts.Length == 1 ? place.Active : place.Dead);
    }

    // Time is looked at first: a lock that is over is gone before anything else happens.
    private T Locked<T>(Func<DateTimeOffset, T> work)
    {
        lock (_gate) return work(Sweep());
    }
}
