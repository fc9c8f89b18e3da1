namespace Serverless.Local.ServiceBus;

/// <summary>One subscription's copy of a message.</summary>
internal sealed class Copy(TopicMessage message)
{
    public TopicMessage Message { get; } = message;

    public long Number => Message.SequenceNumber;

    public int DeliveryCount { get; set; }

    public Guid LockToken { get; set; }

    public DateTimeOffset LockedUntil { get; set; }

    public string? DeadReason { get; init; }

    public string? DeadDescription { get; init; }
}

/// <summary>Copies in order of their numbers, each ready or locked by a receiver.</summary>
internal sealed class CopyQueue
{
    private readonly SortedDictionary<long, Copy> _ready = [];
    private readonly Dictionary<Guid, Copy> _locked = [];

    public int Count => _ready.Count + _locked.Count;

    public IEnumerable<Copy> All => _ready.Values.Concat(_locked.Values).OrderBy(copy => copy.Number);

    /// <summary>Completed, and replaced, whenever something became ready.</summary>
    public TaskCompletionSource Changed { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>When the next lock ends.</summary>
    public DateTimeOffset? NextUnlock => _locked.Count == 0 ? null : _locked.Values.Min(copy => copy.LockedUntil);

    public void Add(Copy copy)
    {
        _ready[copy.Number] = copy;
        var waiting = Changed;
        Changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.TrySetResult();
    }

    /// <summary>Locks the first one that is ready, and counts the delivery.</summary>
    public Copy? Lock(Guid token, DateTimeOffset until)
    {
        if (_ready.Count == 0) return null;
        var copy = _ready.First().Value;
        _ready.Remove(copy.Number);
        (copy.LockToken, copy.LockedUntil) = (token, until);
        copy.DeliveryCount++;
        return _locked[token] = copy;
    }

    public Copy? Held(Guid token) => _locked.GetValueOrDefault(token);

    public Copy? TakeHeld(Guid token) => _locked.Remove(token, out var copy) ? copy : null;

    public Copy? TakeReady(long number) => _ready.Remove(number, out var copy) ? copy : null;

    /// <summary>A copy whose lock is over.</summary>
    public Copy? TakeUnlocked(DateTimeOffset now) =>
        _locked.Values.FirstOrDefault(copy => copy.LockedUntil <= now) is { } over ? TakeHeld(over.LockToken) : null;
}

/// <summary>What a subscription holds.</summary>
internal sealed class SubscriptionState(SubscriptionPlan plan)
{
    private readonly PriorityQueue<long, DateTimeOffset> _expiring = new();

    public SubscriptionPlan Plan { get; } = plan;

    public CopyQueue Active { get; } = new();

    public CopyQueue Dead { get; } = new();

    public void Deliver(TopicMessage message)
    {
        if (Plan.Takes(message)) MakeReady(new Copy(message));
    }

    /// <summary>Back to where it was locked, or a dead letter after its last delivery. A dead letter stays one.</summary>
    public void Return(Copy copy)
    {
        if (copy.DeadReason is not null) Dead.Add(copy);
        else if (copy.DeliveryCount < Plan.MaxDeliveryCount) MakeReady(copy);
        else Bury(copy, "MaxDeliveryCountExceeded", null);
    }

    /// <summary>It does not expire then: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-dead-letter-queues</summary>
    public void Bury(Copy copy, string reason, string? description) =>
        Dead.Add(new Copy(copy.Message) { DeliveryCount = copy.DeliveryCount, DeadReason = reason, DeadDescription = description });

    /// <summary>Locks that are over, messages that have expired; a locked one lives until its lock ends.</summary>
    public void Sweep(DateTimeOffset now)
    {
        while ((Active.TakeUnlocked(now) ?? Dead.TakeUnlocked(now)) is { } copy) Return(copy);
        while (_expiring.TryPeek(out var number, out var at) && at <= now)
        {
            _expiring.Dequeue();
            if (Active.TakeReady(number) is { } expired && Plan.DeadLetterExpired) Bury(expired, "TTLExpiredException", null);
        }
    }

    private void MakeReady(Copy copy)
    {
        if (copy.Message.ExpiresAt is { } at) _expiring.Enqueue(copy.Number, at);
        Active.Add(copy);
    }
}

/// <summary>What a topic holds: the ids it has seen, its subscriptions.</summary>
internal sealed class LocalTopicState(TopicPlan plan)
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, DateTimeOffset At)> _seenInOrder = [];

    public Dictionary<string, SubscriptionState> Subscriptions { get; } =
        plan.Subscriptions.ToDictionary(item => item.Name, item => new SubscriptionState(item), StringComparer.OrdinalIgnoreCase);

    /// <summary>True when the id was sent within the window; else it is remembered.</summary>
    public bool Repeats(string id, DateTimeOffset now)
    {
        if (plan.DuplicateWindow is not { } window) return false;
        while (_seenInOrder.TryPeek(out var oldest) && now - oldest.At >= window) _seen.Remove(_seenInOrder.Dequeue().Id);
        if (!_seen.Add(id)) return true;
        _seenInOrder.Enqueue((id, now));
        return false;
    }

    public void Take(TopicMessage message)
    {
        foreach (var subscription in Subscriptions.Values) subscription.Deliver(message);
    }

    /// <summary>Locks that are over, messages that have expired.</summary>
    public void Sweep(DateTimeOffset now)
    {
        foreach (var subscription in Subscriptions.Values) subscription.Sweep(now);
    }
}
