using System.Collections.Concurrent;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;

namespace Serverless.Local.ServiceBus;

/// <summary>
/// A client's receiver link: one message for each credit, locked until its disposition. A lock outlives the link, as at the service.
/// https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide#settling-messages
/// </summary>
internal sealed class ReceiveLink
{
    private readonly ConcurrentDictionary<Guid, LockedMessage> _handed = new();
    private readonly LocalTopic _topic;
    private readonly SendingAmqpLink _link;

    private ReceiveLink(LocalTopic topic, SendingAmqpLink link) => (_topic, _link) = (topic, link);

    /// <summary>Serves the link until it closes.</summary>
    public static void Attach(LocalTopic topic, string name, string path, SendingAmqpLink link)
    {
        var credit = new SemaphoreSlim(0);
        var closed = new CancellationTokenSource();
        var receiver = new ReceiveLink(topic, link);
        link.RegisterCreditListener((more, _, _) =>
        {
            if (more > 0) credit.Release((int)Math.Min(more, 1_000_000));
        });
        link.RegisterDispositionListener(receiver.Settle);
        link.Closed += (_, _) => closed.Cancel();
        _ = receiver.RunAsync(name, path, credit, closed.Token);
    }

    private async Task RunAsync(string name, string path, SemaphoreSlim credit, CancellationToken closed)
    {
        try
        {
            while (true)
            {
                await credit.WaitAsync(closed);
                var message = await _topic.ReceiveAsync(name, path, closed);
                var open = _link.State is AmqpObjectState.Opened or AmqpObjectState.OpenSent or AmqpObjectState.OpenReceived;
                if (!open) _topic.Release(message);
                else if (_link.Settings.SettleType == SettleMode.SettleOnSend) Send(message, gone: _topic.Complete(message));
                else Send(message, gone: false);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // The link, or the topic, ends.
        }
    }

    private void Send(LockedMessage message, bool gone)
    {
        if (!gone) _handed[message.LockToken] = message;
        var tag = new ArraySegment<byte>(message.LockToken.ToByteArray());
        _link.SendMessageNoWait(MessageForm.Write(message), tag, AmqpConstants.NullBinary);
    }

    private void Settle(Delivery delivery)
    {
        if (delivery.State is not { } state || state.DescriptorCode == Received.Code) return;
        var held = _handed.TryRemove(new Guid(delivery.DeliveryTag), out var message) && Settle(_topic, message!, state);

        // Settled already: the client did not want it and does not wait for an answer.
        if (delivery.Settled) return;
        var error = new Error { Condition = "com.microsoft:message-lock-lost", Description = "The lock has ended." };
        _link.DisposeDelivery(delivery, settled: true, held ? AmqpConstants.AcceptedOutcome : new Rejected { Error = error });
    }

    private static bool Settle(LocalTopic topic, LockedMessage message, DeliveryState state) => state switch
    {
        Accepted => topic.Complete(message),
        Rejected rejected => topic.Bury(message, Said(rejected, "DeadLetterReason"), Said(rejected, "DeadLetterErrorDescription")),
        Released => topic.Release(message),
        _ => topic.Abandon(message),
    };

    private static string? Said(Rejected rejected, string name) =>
        rejected.Error?.Info is { } info && info.TryGetValue<string>(name, out var text) ? text : null;
}
