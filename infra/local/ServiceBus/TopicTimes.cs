namespace Serverless.Local.ServiceBus;

/// <summary>What time alone brings about: schedules that are due, locks that are over, messages that have expired.</summary>
/// <param name="write">Writes a record down and makes it true.</param>
/// <param name="unlocked">Told the token of each lock that is over.</param>
internal sealed class TopicTimes(BrokerState state, Action<TopicRecord> write, Action<Guid> unlocked)
{
    /// <summary>When the next of it happens; null for never.</summary>
    public DateTimeOffset? Next
    {
        get
        {
            DateTimeOffset? next = null;
            foreach (var topic in state.Topics.Values)
            {
                if (topic.Scheduled.Count > 0) next = Earlier(next, topic.Scheduled.First().Key.Due);
                foreach (var place in topic.Subscriptions.Values) next = Earlier(Earlier(next, place.Active.NextMoment), place.Dead.NextMoment);
            }

            return next;
        }
    }

    public static TopicRecord Record(string kind, string topic, SubscriptionState place, Copy copy) =>
        new() { Kind = kind, Topic = topic, Subscription = place.Plan.Name, Number = copy.Number };

    public void Sweep(DateTimeOffset now)
    {
        foreach (var (name, topic) in state.Topics)
        {
            while (topic.Scheduled.Count > 0 && topic.Scheduled.First() is var next && next.Key.Due <= now)
            {
                var takers = topic.Takers(next.Value);
                write(new TopicRecord { Kind = TopicRecord.Enqueued, Topic = name, Number = next.Key.Number, At = next.Key.Due, Subscriptions = takers });
            }

            foreach (var place in topic.Subscriptions.Values) Sweep(name, place, now);
        }
    }

    /// <summary>Makes a copy ready again, or a dead letter after its last delivery. A dead letter stays one.</summary>
    public void Return(string topic, SubscriptionState place, Copy copy)
    {
        if (copy.DeadReason is not null) place.Dead.MakeReady(copy);
        else if (copy.DeliveryCount < place.Plan.MaxDeliveryCount) place.Active.MakeReady(copy);
        else write(Record(TopicRecord.Dead, topic, place, copy) with { Reason = "MaxDeliveryCountExceeded" });
    }

    private void Sweep(string topic, SubscriptionState place, DateTimeOffset now)
    {
        while ((place.Active.TakeUnlocked(now) ?? place.Dead.TakeUnlocked(now)) is { } copy)
        {
            unlocked(copy.LockToken);
            Return(topic, place, copy);
        }

        // After a restart: delivered for the last time by a topic that then died.
        while (place.Active.Ready.Count > 0 && place.Active.Ready.First().Value is var first && first.DeliveryCount >= place.Plan.MaxDeliveryCount)
            Return(topic, place, first);
        while (place.Active.TakeExpired(now) is { } expired)
        {
            var kind = place.Plan.DeadLetterExpired ? TopicRecord.Dead : TopicRecord.Completed;
            write(Record(kind, topic, place, expired) with { Reason = "TTLExpiredException" });
        }
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b ?? a : a;
}
