using System.Collections.Concurrent;
using Azure.Messaging.ServiceBus;
using Serverless.Telemetry;

namespace Serverless.Platform.Messaging;

/// <summary>A message that a subscription gave up, locked for whoever looks at it.</summary>
/// <param name="Subscription">Of the topic.</param>
/// <param name="MessageId">As it was sent.</param>
/// <param name="Number">Its sequence number.</param>
/// <param name="Deliveries">How often it was handed out; looking at it counts too.</param>
/// <param name="EnqueuedAt">When the subscription got it.</param>
/// <param name="Reason">The bus's word, e.g. <c>MaxDeliveryCountExceeded</c>.</param>
/// <param name="Description">The bus's sentence.</param>
/// <param name="Type">The application property <c>type</c>.</param>
/// <param name="ContentType">As it was sent.</param>
/// <param name="Body">As it was sent.</param>
/// <param name="LockToken">Ends the lock.</param>
public sealed record DeadLetter(
    string Subscription, string MessageId, long Number, int Deliveries, DateTimeOffset EnqueuedAt, string? Reason, string? Description, string? Type, string ContentType, ReadOnlyMemory<byte> Body, string LockToken)
{
    internal ServiceBusReceivedMessage? Received { get; init; }
}

/// <summary>
/// Reads what subscriptions gave up. Whoever looks locks a message (a minute, by messaging.json) and unlocks it again, and a lock that is forgotten
/// ends by itself.
/// </summary>
public sealed class DeadLetters(BusConnection bus, CallCount count) : IAsyncDisposable
{
    private const string Role = "Azure Service Bus Data Receiver";
    private const int MostCounted = 1_000;
    private readonly ConcurrentDictionary<(string, string), ServiceBusReceiver> _receivers = new();
    private readonly Lazy<ServiceBusClient> _client = new(bus.CreateClient);

    /// <summary>How many there are, counted up to a thousand; null when there is no such subscription: a route that is off has none. Locks nothing.</summary>
    public async Task<int?> CountAsync(string topic, string subscription, CancellationToken ct)
    {
        var (from, found) = (0L, 0);
        while (true)
        {
            var page = await CallAsync(topic, subscription, r => r.PeekMessagesAsync(250, from, ct), ct);
            if (page is null) return null;
            if (page.Count == 0) return found;
            found += page.Count;
            if (found >= MostCounted) return MostCounted;
            from = page[^1].SequenceNumber + 1;
        }
    }

    /// <summary>Locks the next one that nobody has locked; null when there is none, or no such subscription: a route that is off has none.</summary>
    public async Task<DeadLetter?> LockAsync(string topic, string subscription, CancellationToken ct)
    {
        // The shortest wait that a distant namespace answers in.
        var got = await CallAsync(topic, subscription, r => r.ReceiveMessagesAsync(1, TimeSpan.FromSeconds(1), ct), ct);
        if (got is not [var one]) return null;
        return new DeadLetter(
            subscription,
            one.MessageId,
            one.SequenceNumber,
            one.DeliveryCount,
            one.EnqueuedTime,
            one.DeadLetterReason,
            one.DeadLetterErrorDescription,
            one.ApplicationProperties.GetValueOrDefault("type") as string,
            one.ContentType ?? "application/json",
            one.Body.ToMemory(),
            one.LockToken) { Received = one };
    }

    /// <summary>Lets others see it again. A lock that has ended meanwhile is no error.</summary>
    public Task UnlockAsync(string topic, DeadLetter letter, CancellationToken ct) =>
        SettleAsync(topic, letter, (r, message) => r.AbandonMessageAsync(message, cancellationToken: ct), ct);

    /// <summary>Takes it away for good. False when the lock had ended: then it is still there.</summary>
    public Task<bool> RemoveAsync(string topic, DeadLetter letter, CancellationToken ct) =>
        SettleAsync(topic, letter, (r, message) => r.CompleteMessageAsync(message, ct), ct);

    public async ValueTask DisposeAsync()
    {
        foreach (var receiver in _receivers.Values) await receiver.DisposeAsync();
        if (_client.IsValueCreated) await _client.Value.DisposeAsync();
    }

    private async Task<bool> SettleAsync(string topic, DeadLetter letter, Func<ServiceBusReceiver, ServiceBusReceivedMessage, Task> settle, CancellationToken ct)
    {
        var done = await CallAsync(
            topic,
            letter.Subscription,
            async r =>
            {
                await settle(r, letter.Received!);
                return letter;
            },
            ct);
        return done is not null;
    }

    // Null when there is no such subscription, or the lock has ended.
    private async Task<T?> CallAsync<T>(string topic, string subscription, Func<ServiceBusReceiver, Task<T>> call, CancellationToken ct)
        where T : class
    {
        count.CountBus();
        var options = new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter };
        var receiver = _receivers.GetOrAdd((topic, subscription), _ => _client.Value.CreateReceiver(topic, subscription, options));
        try
        {
            return await call(receiver);
        }
        catch (ServiceBusException none) when (none.Reason is ServiceBusFailureReason.MessagingEntityNotFound or ServiceBusFailureReason.MessageLockLost)
        {
            return null;
        }
        catch (Exception error) when (!ct.IsCancellationRequested && bus.Refused(error, Role) is { } refused)
        {
            throw refused;
        }
    }
}
