using System.Text.Json.Nodes;
using System.Text;
using Serverless.Local.ServiceBus;

namespace Serverless.Local.Hosting;

/// <summary>The Service Bus trigger: one message at a time to each of a number of workers, completed or abandoned by the answer. host-contract.md, "JSON mode", "Service Bus".</summary>
internal sealed class BusPump(FunctionHostOptions options, HostJson host, JsonInvoker invoker, HandlerSupervisor supervisor, FunctionDefinition function, LocalTopic broker)
{
    private readonly BusTrigger trigger = (BusTrigger)function.Trigger;

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, host.BusMaxConcurrentCalls).Select(_ => WorkAsync(stop)));

    private async Task WorkAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await supervisor.ReadyAsync(Timeout.InfiniteTimeSpan, stop);
                var message = await broker.ReceiveAsync(trigger.Topic, trigger.Subscription, stop);
                using var ended = new CancellationTokenSource();
                var renewing = RenewAsync(message, ended.Token);
                var result = await invoker.InvokeAsync(function, Encoding.UTF8.GetString(message.Message.Body), Metadata(message));
                await ended.CancelAsync();
                await renewing;
                if (result.Succeeded) broker.Complete(message);

                // "Service Bus failure: abandoned at once, no delay".
                else broker.Abandon(message);
            }
        }
        catch (Exception problem) when (problem is OperationCanceledException or HandlerUnavailableException or ObjectDisposedException)
        {
            // The host stops, or has stopped.
        }
    }

    // The extension renews while the function runs, up to maxAutoLockRenewalDuration; "we cannot renew" is the handler's side.
    private async Task RenewAsync(LockedMessage message, CancellationToken ended)
    {
        var until = options.Time.GetUtcNow() + host.BusMaxRenewal;
        while (true)
        {
            await Task.Delay(broker.LockDuration(trigger.Topic, trigger.Subscription) / 2, options.Time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended.IsCancellationRequested || options.Time.GetUtcNow() >= until || broker.Renew(message) is null) return;
        }
    }

    private static Dictionary<string, object?> Metadata(LockedMessage locked)
    {
        var message = locked.Message;
        var metadata = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase)
        {
            ["MessageId"] = message.MessageId,
            ["DeliveryCount"] = locked.DeliveryCount,
            ["SequenceNumber"] = message.SequenceNumber,
            ["EnqueuedTimeUtc"] = message.EnqueuedAt.UtcDateTime,
            ["ExpiresAtUtc"] = message.ExpiresAt?.UtcDateTime ?? DateTime.MaxValue,
            ["LockToken"] = locked.LockToken.ToString(),
            ["ApplicationProperties"] = Properties(message),
            ["SessionId"] = message.System.GetValueOrDefault("sessionId"),
        };
        foreach (var (name, wire) in new[] { ("ContentType", "contentType"), ("CorrelationId", "correlationId"), ("Subject", "label"), ("To", "to"), ("ReplyTo", "replyTo") })
        {
            if (message.System.TryGetValue(wire, out var value)) metadata[name] = value;
        }

        return metadata;
    }

    private static JsonObject Properties(TopicMessage message)
    {
        var properties = new JsonObject();
        foreach (var (name, value) in message.Properties)
        {
            properties[name] = value switch
            {
                string text => JsonValue.Create(text),
                bool flag => JsonValue.Create(flag),
                _ => JsonNode.Parse(message.Text(name)!),
            };
        }

        return properties;
    }
}
