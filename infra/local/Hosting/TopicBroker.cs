using Serverless.Local.FunctionsHost;
namespace Serverless.Local.Hosting;

/// <summary>
/// Service Bus as far as this project uses it: topics by REST, subscriptions with correlation filters, locks, immediate redelivery, dead letters,
/// duplicate detection, scheduled messages. host-contract.md, "Service Bus by REST" and "JSON mode", "Service Bus failure".
/// </summary>
public sealed class TopicBroker : IAsyncDisposable
{
    private static readonly TimeSpan LongestAlarm = TimeSpan.FromDays(1);
    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly BusState state;
    private readonly BusJournal journal;
    private readonly ITimer alarm;
    private readonly BrokerDoor door;
    private LoopbackServer? server;
    private bool closed;
    private int disposed;

    private TopicBroker(BusState state, BusJournal journal, TimeProvider time)
    {
        (this.state, this.journal, this.time) = (state, journal, time);
        alarm = time.CreateTimer(_ => Ring(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        door = new BrokerDoor(this);
    }

    /// <summary>Base address of the REST door, plain HTTP on 127.0.0.1; stands for https://{namespace}/.</summary>
    public Uri Endpoint => server!.Address;

    /// <summary>REST calls so far, refused ones included.</summary>
    public long Calls => door.Calls;

    /// <summary>Reads messaging.json and the journal (bus.journal in the data folder) and opens the door on the port (0 takes a free one). The clock is that of locks, schedules and windows.</summary>
    /// <exception cref="HostStartException">With one sentence on what to do.</exception>
    public static async Task<TopicBroker> StartAsync(string messagingFile, string dataFolder, TimeProvider time, int port, CancellationToken ct)
    {
        var fresh = new BusState(Messaging.Read(messagingFile));
        var broker = new TopicBroker(fresh, BusJournal.Open(Path.Combine(dataFolder, "bus.journal"), fresh, time.GetUtcNow()), time);
        try
        {
            broker.server = await LoopbackServer.StartAsync(port, BrokerDoor.MaxBody, broker.door.AnswerAsync, ct);
            broker.Ring();
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>For tests: every REST call is answered with this status until <see cref="Accept"/>; receivers are not touched.</summary>
    public void Refuse(int status) => door.Refusal = status;

    public void Accept() => door.Refusal = 0;

    /// <summary>Waits for a message and locks it for the receiver.</summary>
    public async Task<LockedMessage> ReceiveAsync(string topic, string subscription, CancellationToken ct)
    {
        while (true)
        {
            Task changed;
            lock (gate)
            {
                ObjectDisposedException.ThrowIf(closed, this);
                Sweep();
                var place = Place(topic, subscription);
                if (place.Ready.Count > 0) return Take(topic, place, place.Ready.First().Value);
                changed = place.Changed.Task;
            }

            await changed.WaitAsync(ct);
        }
    }

    /// <summary>Done: the copy is removed. False when the lock was lost meanwhile; the message then comes again.</summary>
    public bool Complete(LockedMessage message) => Settle(message, (place, copy) => Write(Record(BusRecord.Completed, message.Message.Topic, place, copy)));

    /// <summary>Not done: comes again at once, with no delay, or is dead after the last delivery.</summary>
    public bool Abandon(LockedMessage message) => Settle(message, (place, copy) => Return(message.Message.Topic, place, copy));

    /// <summary>Starts the lock anew.</summary>
    public bool Renew(LockedMessage message) => Settle(message, (place, copy) => copy.LockedUntil = time.GetUtcNow() + place.Plan.LockDuration);

    public TimeSpan LockDuration(string topic, string subscription) => Place(topic, subscription).Plan.LockDuration;

    /// <summary>Active (ready and locked), scheduled and dead messages of every subscription.</summary>
    public IReadOnlyList<BusCount> Counts() => Locked(() => state.Topics.SelectMany(topic => topic.Value.Subscriptions.Select(pair => new BusCount(
        topic.Key,
        pair.Key,
        pair.Value.Ready.Count + pair.Value.Locked.Count,
        topic.Value.Scheduled.Values.Count(pair.Value.Plan.Takes),
        pair.Value.Dead.Count))).ToList());

    /// <summary>Ready and locked messages in order of their numbers.</summary>
    public IReadOnlyList<TopicMessage> Active(string topic, string subscription) => Locked(() =>
    {
        var place = Place(topic, subscription);
        return place.Ready.Values.Concat(place.Locked.Values).Select(copy => copy.Message).OrderBy(message => message.SequenceNumber).ToList();
    });

    /// <summary>Messages of the topic that wait for their time, the next one first.</summary>
    public IReadOnlyList<TopicMessage> Scheduled(string topic) => Locked(() => Topic(topic).Scheduled.Values.ToList());

    public IReadOnlyList<DeadLetter> DeadLetters(string topic, string subscription) => Locked(() =>
        Place(topic, subscription).Dead.Values.Select(copy => new DeadLetter(copy.Message, copy.DeliveryCount, copy.DeadReason!)).ToList());

    /// <summary>Puts a dead letter back into its subscription, delivered zero times. False when it is not there.</summary>
    public bool Resubmit(string topic, string subscription, long sequenceNumber) => Locked(() =>
    {
        var place = Place(topic, subscription);
        if (!place.Dead.TryGetValue(sequenceNumber, out var copy)) return false;
        Write(Record(BusRecord.Resubmitted, topic, place, copy));
        return true;
    });

    /// <summary>Stops the door, ends every wait and closes the journal.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1) return;
        if (server is not null) await server.DisposeAsync();
        await alarm.DisposeAsync();
        lock (gate)
        {
            closed = true;
            foreach (var subscription in state.Topics.Values.SelectMany(topic => topic.Subscriptions.Values)) subscription.Changed.TrySetResult();
            journal.Dispose();
        }
    }

    internal bool Has(string topic) => state.Topics.ContainsKey(topic);

    internal bool Has(string topic, string subscription) => state.Topics.TryGetValue(topic, out var there) && there.Subscriptions.ContainsKey(subscription);

    /// <summary>Locks the next dead letter that is not locked; its delivery is counted, as the service does. Null when there is none.</summary>
    internal (TopicMessage Message, Guid LockToken, DateTimeOffset Until, int Deliveries, string Reason)? LockDead(string topic, string subscription) => Locked<(TopicMessage, Guid, DateTimeOffset, int, string)?>(() =>
    {
        var (place, now) = (Place(topic, subscription), time.GetUtcNow());
        Sweep();
        if (place.Dead.Values.FirstOrDefault(copy => copy.LockedUntil <= now) is not { } dead) return null;
        Write(Record(BusRecord.Delivered, topic, place, dead) with { Count = dead.DeliveryCount + 1 });
        dead.LockToken = Guid.CreateVersion7(now);
        dead.LockedUntil = now + place.Plan.LockDuration;
        return (dead.Message, dead.LockToken, dead.LockedUntil, dead.DeliveryCount, dead.DeadReason!);
    });

    /// <summary>Unlocks a dead letter, or removes it for good. False when the lock is not held.</summary>
    internal bool SettleDead(string topic, string subscription, long number, Guid lockToken, bool remove) => Locked(() =>
    {
        var place = Place(topic, subscription);
        if (!place.Dead.TryGetValue(number, out var dead) || dead.LockToken != lockToken || dead.LockedUntil <= time.GetUtcNow()) return false;
        dead.LockedUntil = default;
        if (remove) Write(Record(BusRecord.Completed, topic, place, dead));
        return true;
    });

    /// <summary>Takes messages in; a MessageId already seen within the window is answered as if it had been taken.</summary>
    internal void Send(IEnumerable<TopicMessage> messages) => Locked(() =>
    {
        var now = time.GetUtcNow();
        foreach (var message in messages)
        {
            var topic = Topic(message.Topic);
            if (topic.Plan.DuplicateWindow is not null && topic.HasSeen(message.MessageId, now)) continue;
            var later = message.ScheduledFor > now ? message.ScheduledFor : null;
            var kept = message with { SequenceNumber = state.LastNumber + 1, ScheduledFor = later, EnqueuedAt = later ?? now };

            // The message before its id: a crash between the two may double it, never lose it.
            Write(new BusRecord { Kind = BusRecord.Sent, Topic = message.Topic, Message = kept, Subscriptions = later is null ? Takers(topic, kept) : null });
            if (topic.Plan.DuplicateWindow is not null) Write(new BusRecord { Kind = BusRecord.Seen, Topic = message.Topic, MessageId = message.MessageId, At = now });
        }

        Sweep();
        return true;
    });

    private LockedMessage Take(string topic, SubscriptionState place, Copy copy)
    {
        // Counted when handed over, so that the count survives a receiver, or a broker, that dies.
        Write(Record(BusRecord.Delivered, topic, place, copy) with { Count = copy.DeliveryCount + 1 });
        var now = time.GetUtcNow();
        copy.LockToken = Guid.CreateVersion7(now);
        copy.LockedUntil = now + place.Plan.LockDuration;
        place.Ready.Remove(copy.Message.SequenceNumber);
        place.Locked[copy.Message.SequenceNumber] = copy;
        SetAlarm();
        return new LockedMessage(place.Plan.Name, copy.Message, copy.LockToken, copy.DeliveryCount);
    }

    private bool Settle(LockedMessage message, Action<SubscriptionState, Copy> settle) => Locked(() =>
    {
        var place = Place(message.Message.Topic, message.Subscription);
        if (closed || !place.Locked.TryGetValue(message.Message.SequenceNumber, out var copy) || copy.LockToken != message.LockToken || copy.LockedUntil <= time.GetUtcNow()) return false;
        settle(place, copy);
        SetAlarm();
        return true;
    });

    private void Return(string topic, SubscriptionState place, Copy copy)
    {
        if (copy.DeliveryCount >= place.Plan.MaxDeliveryCount) Write(Record(BusRecord.Dead, topic, place, copy) with { Reason = "MaxDeliveryCountExceeded" });
        else place.MakeReady(copy);
    }

    private void Ring() => Locked(() =>
    {
        if (!closed) Sweep();
        return true;
    });

    // What time alone brings about: schedules that are due, locks that are over, messages that have expired.
    private void Sweep()
    {
        var now = time.GetUtcNow();
        foreach (var (name, topic) in state.Topics)
        {
            while (topic.Scheduled.Count > 0 && topic.Scheduled.First() is var next && next.Key.Due <= now)
                Write(new BusRecord { Kind = BusRecord.Enqueued, Topic = name, Number = next.Key.Number, At = next.Key.Due, Subscriptions = Takers(topic, next.Value) });
            foreach (var place in topic.Subscriptions.Values)
            {
                foreach (var copy in place.Locked.Values.Where(copy => copy.LockedUntil <= now).ToList()) Return(name, place, copy);

                // After a restart: delivered for the last time by a broker that then died.
                foreach (var copy in place.Ready.Values.TakeWhile(copy => copy.DeliveryCount >= place.Plan.MaxDeliveryCount).ToList()) Return(name, place, copy);
                while (place.TakeExpired(now) is { } expired)
                    Write(Record(place.Plan.DeadLetterExpired ? BusRecord.Dead : BusRecord.Completed, name, place, expired) with { Reason = "TTLExpiredException" });
            }
        }

        SetAlarm();
    }

    private void SetAlarm()
    {
        var moments = state.Topics.Values.SelectMany(topic => topic.Subscriptions.Values
            .SelectMany(place => place.Locked.Values.Select(copy => (DateTimeOffset?)copy.LockedUntil).Append(place.NextExpiry))
            .Append(topic.Scheduled.Count > 0 ? topic.Scheduled.First().Key.Due : null));
        if (moments.Min() is not { } next) return;
        var wait = next - time.GetUtcNow();
        alarm.Change(wait < TimeSpan.Zero ? TimeSpan.Zero : wait < LongestAlarm ? wait : LongestAlarm, Timeout.InfiniteTimeSpan);
    }

    // Journal first: what is answered is written.
    private void Write(BusRecord record)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        journal.Append(record);
        state.Apply(record);
    }

    private static BusRecord Record(string kind, string topic, SubscriptionState place, Copy copy) =>
        new() { Kind = kind, Topic = topic, Subscription = place.Plan.Name, Number = copy.Message.SequenceNumber };

    private static List<string> Takers(TopicState topic, TopicMessage message) => [.. topic.Plan.Subscriptions.Where(plan => plan.Takes(message)).Select(plan => plan.Name)];

    private TopicState Topic(string name) => state.Topics.TryGetValue(name, out var topic) ? topic : throw new ArgumentException($"There is no topic {name}.", nameof(name));

    private SubscriptionState Place(string topic, string subscription) => Topic(topic).Subscriptions.TryGetValue(subscription, out var place)
        ? place
        : throw new ArgumentException($"The topic {topic} has no subscription {subscription}.", nameof(subscription));

    private T Locked<T>(Func<T> work)
    {
        lock (gate) return work();
    }
}
