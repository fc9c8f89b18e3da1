using System.Collections.Concurrent;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Encoding;
using Microsoft.Azure.Amqp.Framing;

namespace Serverless.Local.ServiceBus;

/// <summary>
/// Requests and answers: a token put to <c>$cbs</c> is accepted unread, <c>$management</c> renews locks and settles by lock token.
/// https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response
/// </summary>
internal sealed class RequestLinks(LocalTopic topic)
{
    private readonly ConcurrentDictionary<string, SendingAmqpLink> _answers = new(StringComparer.Ordinal);

    /// <summary>Either half of a client's pair of links: its requests, or where it wants the answers.</summary>
    public void Attach(AmqpLink link, string address)
    {
        if (link is ReceivingAmqpLink requests)
        {
            requests.RegisterMessageListener(request => Answer(requests, request, address));
            return;
        }

        var replyTo = ((Target)link.Settings.Target).Address.ToString()!;
        _answers[replyTo] = (SendingAmqpLink)link;
        link.Closed += (_, _) => _answers.TryRemove(replyTo, out _);
    }

    private void Answer(ReceivingAmqpLink from, AmqpMessage request, string address)
    {
        using (request)
        {
            from.DisposeMessage(request, AmqpConstants.AcceptedOutcome, settled: true, batchable: false);
            if (request.Properties.ReplyTo is not { } replyTo || !_answers.TryGetValue(replyTo.ToString()!, out var to)) return;
            var answer = address == "$cbs" ? TokenAccepted() : Manage(request, address[..^"/$management".Length]);
            answer.Properties.CorrelationId = request.Properties.MessageId;
            to.SendMessageNoWait(answer, AmqpConstants.EmptyBinary, AmqpConstants.NullBinary);
        }
    }

    private static AmqpMessage TokenAccepted()
    {
        var answer = AmqpMessage.Create(new AmqpValue { Value = "" });
        answer.ApplicationProperties.Map["status-code"] = 202;
        answer.ApplicationProperties.Map["status-description"] = "Accepted";
        return answer;
    }

    private AmqpMessage Manage(AmqpMessage request, string entity)
    {
        var asked = request.ValueBody?.Value as AmqpMap ?? [];
        request.ApplicationProperties.Map.TryGetValue<string>("operation", out var operation);
        return operation switch
        {
            "com.microsoft:renew-lock" => Renew(asked, entity),
            "com.microsoft:update-disposition" => Settle(asked, entity),
            _ => Status(501, "amqp:not-implemented"),
        };
    }

    private AmqpMessage Renew(AmqpMap asked, string entity)
    {
        List<DateTime> until = [];
        foreach (var token in Tokens(asked))
        {
            if (LockOf(entity, token) is not { } held || topic.Renew(held) is not { } time)
                return Status(410, "com.microsoft:message-lock-lost");
            until.Add(time.UtcDateTime);
        }

        return Status(200, null, new AmqpMap { [new MapKey("expirations")] = until.ToArray() });
    }

    private AmqpMessage Settle(AmqpMap asked, string entity)
    {
        asked.TryGetValue<string>(new MapKey("disposition-status"), out var status);
        asked.TryGetValue<string>(new MapKey("deadletter-reason"), out var reason);
        asked.TryGetValue<string>(new MapKey("deadletter-description"), out var description);
        foreach (var token in Tokens(asked))
        {
            var held = LockOf(entity, token);
            var done = held is not null && status switch
            {
                "completed" => topic.Complete(held),
                "suspended" => topic.Bury(held, reason, description),
                _ => topic.Abandon(held),
            };
            if (!done) return Status(410, "com.microsoft:message-lock-lost");
        }

        return Status(200, null);
    }

    private LockedMessage? LockOf(string entity, Guid token)
    {
        var parts = entity.Split('/');
        return AmqpServer.Subscription(parts) is { } path && topic.Has(parts[0], path) ? topic.LockOf(parts[0], path, token) : null;
    }

    private static Guid[] Tokens(AmqpMap asked) => asked.TryGetValue<Guid[]>(new MapKey("lock-tokens"), out var tokens) ? tokens : [];

    private static AmqpMessage Status(int status, string? condition, AmqpMap? body = null)
    {
        var answer = AmqpMessage.Create(new AmqpValue { Value = body ?? [] });
        answer.ApplicationProperties.Map["statusCode"] = status;
        answer.ApplicationProperties.Map["statusDescription"] = condition ?? "OK";
        if (condition is not null) answer.ApplicationProperties.Map["errorCondition"] = new AmqpSymbol(condition);
        return answer;
    }
}
