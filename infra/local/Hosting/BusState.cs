namespace Serverless.Local.Hosting;

/// <summary>One subscription's copy of a message.</summary>
internal sealed class Copy(TopicMessage message, DateTimeOffset? expiresAt)
{
    public TopicMessage Message { get; } = message;

    public DateTimeOffset? ExpiresAt { get; } = expiresAt;

    public int DeliveryCount { get; set; }

    public Guid LockToken { get; set; }

    public DateTimeOffset LockedUntil { get; set; }

    public string? DeadReason { get; set; }
}

/// <summary>What a subscription holds: ready in order, locked by a receiver, dead.</summary>
internal sealed class SubscriptionState(SubscriptionPlan plan)
{
    private readonly SortedSet<(DateTimeOffset At, long Number)> expiring = [];

    public SubscriptionPlan Plan { get; } = plan;

    public SortedDictionary<long, Copy> Ready { get; } = [];

    public Dictionary<long, Copy> Locked { get; } = [];

    public SortedDictionary<long, Copy> Dead { get; } = [];

    /// <summary>Completed, and replaced, whenever something became ready.</summary>
    public TaskCompletionSource Changed { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DateTimeOffset? NextExpiry => expiring.Count > 0 ? expiring.Min.At : null;

    public void MakeReady(Copy copy)
    {
        var number = copy.Message.SequenceNumber;
        Locked.Remove(number);
        Dead.Remove(number);
        Ready[number] = copy;
        if (copy.ExpiresAt is { } at) expiring.Add((at, number));
        var waiting = Changed;
        Changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.TrySetResult();
    }

    public Copy? Find(long number) => Ready.GetValueOrDefault(number) ?? Locked.GetValueOrDefault(number) ?? Dead.GetValueOrDefault(number);

    public void Remove(long number)
    {
        if (Find(number)?.ExpiresAt is { } at) expiring.Remove((at, number));
        Ready.Remove(number);
        Locked.Remove(number);
        Dead.Remove(number);
    }

    public void Kill(Copy copy, string reason)
    {
        Remove(copy.Message.SequenceNumber);
        copy.DeadReason = reason;
        copy.LockedUntil = default;
        Dead[copy.Message.SequenceNumber] = copy;
    }

    /// <summary>A ready copy whose time to live is over; a locked one lives until its lock ends.</summary>
    public Copy? TakeExpired(DateTimeOffset now)
    {
        while (expiring.Count > 0 && expiring.Min is var first && first.At <= now)
        {
            expiring.Remove(first);
            if (Ready.TryGetValue(first.Number, out var copy)) return copy;
        }

        return null;
    }
}

/// <summary>What a topic holds: messages for later, the ids it has seen, its subscriptions.</summary>
internal sealed class TopicState(TopicPlan plan)
{
    private readonly Dictionary<string, DateTimeOffset> seen = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, DateTimeOffset At)> seenInOrder = [];

    public TopicPlan Plan { get; } = plan;

    public SortedDictionary<(DateTimeOffset Due, long Number), TopicMessage> Scheduled { get; } = [];

    public Dictionary<string, SubscriptionState> Subscriptions { get; } =
        plan.Subscriptions.ToDictionary(item => item.Name, item => new SubscriptionState(item), StringComparer.OrdinalIgnoreCase);

    public IEnumerable<(string Id, DateTimeOffset At)> Seen => seenInOrder;

    public bool HasSeen(string id, DateTimeOffset now)
    {
        Forget(now);
        return seen.ContainsKey(id);
    }

    /// <summary>Drops the ids that are older than the window.</summary>
    public void Forget(DateTimeOffset now)
    {
        while (seenInOrder.TryPeek(out var oldest) && now - oldest.At >= Plan.DuplicateWindow) seen.Remove(seenInOrder.Dequeue().Id);
    }

    public void See(string id, DateTimeOffset at)
    {
        if (Plan.DuplicateWindow is not null && id.Length > 0 && seen.TryAdd(id, at)) seenInOrder.Enqueue((id, at));
    }

    public void Deliver(TopicMessage message, IEnumerable<string> subscriptions)
    {
        foreach (var name in subscriptions)
        {
            if (Subscriptions.TryGetValue(name, out var subscription)) subscription.MakeReady(new Copy(message, Expiry(message, subscription.Plan)));
        }
    }

    // The shortest of the message's, the topic's and the subscription's time to live counts.
    private DateTimeOffset? Expiry(TopicMessage message, SubscriptionPlan subscription)
    {
        var live = new[] { message.TimeToLive, Plan.TimeToLive, subscription.TimeToLive }.Min();
        return live is { } span && span < DateTimeOffset.MaxValue - message.EnqueuedAt ? message.EnqueuedAt + span : null;
    }
}

/// <summary>Everything the broker remembers, changed only by records, so that reading the journal again gives the same state.</summary>
internal sealed class BusState(Messaging plan)
{
    public Dictionary<string, TopicState> Topics { get; } = plan.Topics.ToDictionary(pair => pair.Key, pair => new TopicState(pair.Value), StringComparer.OrdinalIgnoreCase);

    /// <summary>The highest sequence number given so far.</summary>
    public long LastNumber { get; private set; }

    /// <summary>Makes one record true. What it names and is no longer planned is forgotten.</summary>
    public void Apply(BusRecord record)
    {
        LastNumber = Math.Max(LastNumber, Math.Max(record.Number, record.Message?.SequenceNumber ?? 0));
        if (record.Topic is null || !Topics.TryGetValue(record.Topic, out var topic)) return;
        switch (record.Kind)
        {
            case BusRecord.Seen:
                topic.Forget(record.At);
                topic.See(record.MessageId!, record.At);
                return;
            case BusRecord.Sent when record.Message!.ScheduledFor is { } due:
                topic.Scheduled[(due, record.Message.SequenceNumber)] = record.Message;
                return;
            case BusRecord.Sent:
                topic.Deliver(record.Message!, record.Subscriptions ?? []);
                return;
            case BusRecord.Enqueued:
                if (topic.Scheduled.Remove((record.At, record.Number), out var message)) topic.Deliver(message with { ScheduledFor = null }, record.Subscriptions ?? []);
                return;
        }

        if (record.Subscription is null || !topic.Subscriptions.TryGetValue(record.Subscription, out var subscription) || subscription.Find(record.Number) is not { } copy) return;
        Settle(subscription, copy, record);
    }

    /// <summary>The shortest list of records that gives this state: what a compacted journal holds. Locks are gone, counts stay.</summary>
    public IEnumerable<BusRecord> Snapshot(DateTimeOffset now)
    {
        yield return new BusRecord { Kind = BusRecord.Last, Number = LastNumber };
        foreach (var (name, topic) in Topics)
        {
            topic.Forget(now);
            foreach (var (id, at) in topic.Seen) yield return new BusRecord { Kind = BusRecord.Seen, Topic = name, MessageId = id, At = at };
            foreach (var message in topic.Scheduled.Values) yield return new BusRecord { Kind = BusRecord.Sent, Topic = name, Message = message };
            var copies = topic.Subscriptions.SelectMany(pair => pair.Value.Ready.Values.Concat(pair.Value.Locked.Values).Concat(pair.Value.Dead.Values).Select(copy => (Subscription: pair.Key, Copy: copy)));
            foreach (var group in copies.GroupBy(item => item.Copy.Message.SequenceNumber).OrderBy(group => group.Key))
            {
                yield return new BusRecord { Kind = BusRecord.Sent, Topic = name, Message = group.First().Copy.Message, Subscriptions = [.. group.Select(item => item.Subscription)] };
                foreach (var (subscription, copy) in group)
                {
                    var record = new BusRecord { Topic = name, Subscription = subscription, Number = group.Key, Count = copy.DeliveryCount, Reason = copy.DeadReason };
                    if (copy.DeliveryCount > 0) yield return record with { Kind = BusRecord.Delivered };
                    if (copy.DeadReason is not null) yield return record with { Kind = BusRecord.Dead };
                }
            }
        }
    }

    private static void Settle(SubscriptionState subscription, Copy copy, BusRecord record)
    {
        switch (record.Kind)
        {
            case BusRecord.Delivered:
                copy.DeliveryCount = record.Count;
                break;
            case BusRecord.Completed:
                subscription.Remove(record.Number);
                break;
            case BusRecord.Dead:
                subscription.Kill(copy, record.Reason!);
                break;
            case BusRecord.Resubmitted:
                copy.DeliveryCount = 0;
                copy.DeadReason = null;
                subscription.MakeReady(copy);
                break;
        }
    }
}
