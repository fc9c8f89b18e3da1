namespace Serverless.Local.ServiceBus;

/// <summary>One subscription's copy of a message.</summary>
internal sealed class Copy(TopicMessage message, DateTimeOffset? expiresAt)
{
    public TopicMessage Message { get; } = message;

    public long Number => Message.SequenceNumber;

    public DateTimeOffset? ExpiresAt { get; } = expiresAt;

    public int DeliveryCount { get; set; }

    public Guid LockToken { get; set; }

    public DateTimeOffset LockedUntil { get; set; }

    public string? DeadReason { get; set; }

    public string? DeadDescription { get; set; }
}

/// <summary>Messages in order of their numbers, each ready or locked by a receiver.</summary>
internal sealed class CopyQueue
{
    private readonly SortedSet<(DateTimeOffset At, long Number)> _expiring = [];
    private readonly SortedSet<(DateTimeOffset At, long Number)> _locks = [];

    public SortedDictionary<long, Copy> Ready { get; } = [];

    public Dictionary<long, Copy> Locked { get; } = [];

    public int Count => Ready.Count + Locked.Count;

    public IEnumerable<Copy> All => Ready.Values.Concat(Locked.Values).OrderBy(copy => copy.Number);

    /// <summary>Completed, and replaced, whenever something became ready.</summary>
    public TaskCompletionSource Changed { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>When the next lock ends or the next message expires.</summary>
    public DateTimeOffset? NextMoment =>
        (_expiring.Count, _locks.Count) switch
        {
            (0, 0) => null,
            (0, _) => _locks.Min.At,
            (_, 0) => _expiring.Min.At,
            _ => _locks.Min.At < _expiring.Min.At ? _locks.Min.At : _expiring.Min.At,
        };

    public Copy? Find(long number) => Ready.GetValueOrDefault(number) ?? Locked.GetValueOrDefault(number);

    public void MakeReady(Copy copy)
    {
        Remove(copy);
        Ready[copy.Number] = copy;
        if (copy.ExpiresAt is { } at) _expiring.Add((at, copy.Number));
        var waiting = Changed;
        Changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.TrySetResult();
    }

    public void Lock(Copy copy, Guid token, DateTimeOffset until)
    {
        Ready.Remove(copy.Number);
        _locks.Remove((copy.LockedUntil, copy.Number));
        (copy.LockToken, copy.LockedUntil) = (token, until);
        Locked[copy.Number] = copy;
        _locks.Add((until, copy.Number));
    }

    public void Remove(Copy copy)
    {
        if (copy.ExpiresAt is { } at) _expiring.Remove((at, copy.Number));
        if (Locked.Remove(copy.Number)) _locks.Remove((copy.LockedUntil, copy.Number));
        Ready.Remove(copy.Number);
    }

    /// <summary>A copy whose lock is over.</summary>
    public Copy? TakeUnlocked(DateTimeOffset now) => _locks.Count > 0 && _locks.Min.At <= now ? Locked[_locks.Min.Number] : null;

    /// <summary>A ready copy whose time to live is over; a locked one lives until its lock ends.</summary>
    public Copy? TakeExpired(DateTimeOffset now)
    {
        while (_expiring.Count > 0 && _expiring.Min is var first && first.At <= now)
        {
            _expiring.Remove(first);
            if (Ready.TryGetValue(first.Number, out var copy)) return copy;
        }

        return null;
    }
}

/// <summary>What a subscription holds.</summary>
internal sealed class SubscriptionState(SubscriptionPlan plan)
{
    public SubscriptionPlan Plan { get; } = plan;

    public CopyQueue Active { get; } = new();

    public CopyQueue Dead { get; } = new();

    public Copy? Find(long number) => Active.Find(number) ?? Dead.Find(number);

    public void Remove(Copy copy)
    {
        Active.Remove(copy);
        Dead.Remove(copy);
    }
}

/// <summary>What a topic holds: messages for later, the ids it has seen, its subscriptions.</summary>
internal sealed class TopicState(TopicPlan plan)
{
    private readonly Dictionary<string, DateTimeOffset> _seen = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, DateTimeOffset At)> _seenInOrder = [];

    public TopicPlan Plan { get; } = plan;

    public SortedDictionary<(DateTimeOffset Due, long Number), TopicMessage> Scheduled { get; } = [];

    public Dictionary<string, SubscriptionState> Subscriptions { get; } =
        plan.Subscriptions.ToDictionary(item => item.Name, item => new SubscriptionState(item), StringComparer.OrdinalIgnoreCase);

    public IEnumerable<(string Id, DateTimeOffset At)> Seen => _seenInOrder;

    public bool HasSeen(string id, DateTimeOffset now)
    {
        Forget(now);
        return _seen.ContainsKey(id);
    }

    /// <summary>Drops the ids that are older than the window.</summary>
    public void Forget(DateTimeOffset now)
    {
        while (_seenInOrder.TryPeek(out var oldest) && now - oldest.At >= Plan.DuplicateWindow) _seen.Remove(_seenInOrder.Dequeue().Id);
    }

    public void See(string id, DateTimeOffset at)
    {
        if (Plan.DuplicateWindow is not null && id.Length > 0 && _seen.TryAdd(id, at)) _seenInOrder.Enqueue((id, at));
    }

    public void Deliver(TopicMessage message, IEnumerable<string> subscriptions)
    {
        foreach (var name in subscriptions)
        {
            if (Subscriptions.TryGetValue(name, out var subscription))
                subscription.Active.MakeReady(new Copy(message, Expiry(message, subscription.Plan)));
        }
    }

    /// <summary>Subscriptions whose filter takes it.</summary>
    public List<string> Takers(TopicMessage message) => [.. Plan.Subscriptions.Where(plan => plan.Takes(message)).Select(plan => plan.Name)];

    // The shortest of the message's, the topic's and the subscription's time to live counts.
    private DateTimeOffset? Expiry(TopicMessage message, SubscriptionPlan subscription)
    {
        var live = new[] { message.TimeToLive, Plan.TimeToLive, subscription.TimeToLive }.Min();
        return live is { } span && span < DateTimeOffset.MaxValue - message.EnqueuedAt ? message.EnqueuedAt + span : null;
    }
}

/// <summary>Everything the topic remembers, changed only by records, so that reading the journal again gives the same state.</summary>
internal sealed class BrokerState(IReadOnlyDictionary<string, TopicPlan> plans)
{
    public Dictionary<string, TopicState> Topics { get; } =
        plans.ToDictionary(pair => pair.Key, pair => new TopicState(pair.Value), StringComparer.OrdinalIgnoreCase);

    /// <summary>The highest sequence number given so far.</summary>
    public long LastNumber { get; private set; }

    /// <summary>Makes one record true. What it names and is no longer planned is forgotten.</summary>
    public void Apply(TopicRecord record)
    {
        LastNumber = Math.Max(LastNumber, Math.Max(record.Number, record.Message?.SequenceNumber ?? 0));
        if (record.Topic is null || !Topics.TryGetValue(record.Topic, out var topic)) return;
        switch (record.Kind)
        {
            case TopicRecord.Seen:
                topic.Forget(record.At);
                topic.See(record.MessageId!, record.At);
                return;
            case TopicRecord.Sent when record.Message!.ScheduledFor is { } due:
                topic.Scheduled[(due, record.Message.SequenceNumber)] = record.Message;
                return;
            case TopicRecord.Sent:
                topic.Deliver(record.Message!, record.Subscriptions ?? []);
                return;
            case TopicRecord.Enqueued:
                if (topic.Scheduled.Remove((record.At, record.Number), out var message))
                    topic.Deliver(message with { ScheduledFor = null }, record.Subscriptions ?? []);
                return;
        }

        if (record.Subscription is null || !topic.Subscriptions.TryGetValue(record.Subscription, out var subscription)) return;
        if (subscription.Find(record.Number) is { } copy) Settle(subscription, copy, record);
    }

    /// <summary>The shortest list of records that gives this state: what a compacted journal holds. Locks are gone, counts stay.</summary>
    public IEnumerable<TopicRecord> Snapshot(DateTimeOffset now)
    {
        yield return new TopicRecord { Kind = TopicRecord.Last, Number = LastNumber };
        foreach (var (name, topic) in Topics)
        {
            topic.Forget(now);
            foreach (var (id, at) in topic.Seen) yield return new TopicRecord { Kind = TopicRecord.Seen, Topic = name, MessageId = id, At = at };
            foreach (var message in topic.Scheduled.Values) yield return new TopicRecord { Kind = TopicRecord.Sent, Topic = name, Message = message };
            var copies = topic.Subscriptions.SelectMany(pair =>
                pair.Value.Active.All.Concat(pair.Value.Dead.All).Select(copy => (Subscription: pair.Key, Copy: copy)));
            foreach (var group in copies.GroupBy(item => item.Copy.Number).OrderBy(group => group.Key))
            {
                var takers = group.Select(item => item.Subscription).ToList();
                yield return new TopicRecord { Kind = TopicRecord.Sent, Topic = name, Message = group.First().Copy.Message, Subscriptions = takers };
                foreach (var (subscription, copy) in group)
                {
                    var record = new TopicRecord { Topic = name, Subscription = subscription, Number = group.Key };
                    if (copy.DeliveryCount > 0) yield return record with { Kind = TopicRecord.Delivered, Count = copy.DeliveryCount };
                    if (copy.DeadReason is not null)
                        yield return record with { Kind = TopicRecord.Dead, Reason = copy.DeadReason, Description = copy.DeadDescription };
                }
            }
        }
    }

    private static void Settle(SubscriptionState subscription, Copy copy, TopicRecord record)
    {
        switch (record.Kind)
        {
            case TopicRecord.Delivered:
                copy.DeliveryCount = record.Count;
                break;
            case TopicRecord.Completed:
                subscription.Remove(copy);
                break;
            case TopicRecord.Dead:
                subscription.Remove(copy);
                (copy.DeadReason, copy.DeadDescription) = (record.Reason, record.Description);
                // A dead letter does not expire: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-dead-letter-queues
                var dead = new Copy(copy.Message, null) { DeliveryCount = copy.DeliveryCount, DeadReason = copy.DeadReason, DeadDescription = copy.DeadDescription };
                subscription.Dead.MakeReady(dead);
                break;
            case TopicRecord.Resubmitted:
                subscription.Remove(copy);
                subscription.Active.MakeReady(new Copy(copy.Message, null));
                break;
        }
    }
}
