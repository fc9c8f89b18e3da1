using System.Globalization;
using System.Text.Json;
using System.Xml;
using Azure.Core;
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
    string Subscription, string MessageId, long Number, int Deliveries, DateTimeOffset EnqueuedAt, string? Reason, string? Description, string? Type, string ContentType, ReadOnlyMemory<byte> Body, string LockToken);

/// <summary>
/// Reads what subscriptions gave up, by REST. There is no peek: whoever looks locks a message (a minute, by messaging.json) and unlocks it again, and a lock that is forgotten ends by itself.
/// Source: https://learn.microsoft.com/en-us/rest/api/servicebus/peek-lock-message-non-destructive-read
/// </summary>
public sealed class DeadLetters(BusNamespace bus, CallCount count)
{
    private const string Role = "Azure Service Bus Data Receiver";
    private const string Counting = "Azure Service Bus Data Owner";
    private readonly BusCalls _calls = new(bus, count);

    /// <summary>How many there are; null when there is no such subscription: a route that is off has none. Locks nothing.</summary>
    /// <remarks>The description of the subscription counts them. Source: https://learn.microsoft.com/en-us/previous-versions/azure/reference/hh780741(v=azure.100)</remarks>
    public async Task<int?> CountAsync(string topic, string subscription, CancellationToken ct)
    {
        using var call = _calls.Create(RequestMethod.Get, $"{topic}/subscriptions/{subscription}", "?api-version=2017-04");
        await _calls.SendAsync(call, ct);
        if (call.Response.Status is 404 or 410) return null;
        if (call.Response.Status != 200) throw _calls.Refused(call.Response.Status, Counting);
        using var xml = XmlReader.Create(call.Response.Content.ToStream(), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        // What is not there is also described by a feed without an entry.
        return xml.ReadToFollowing("DeadLetterMessageCount", "http://schemas.microsoft.com/netservices/2011/06/servicebus") ? xml.ReadElementContentAsInt() : null;
    }

    /// <summary>Locks the next one that nobody has locked; null when there is none, or no such subscription: a route that is off has none.</summary>
    public async Task<DeadLetter?> LockAsync(string topic, string subscription, CancellationToken ct)
    {
        // The shortest wait: without it the service waits a minute for a message to come.
        using var call = _calls.Create(RequestMethod.Post, $"{PathOf(topic, subscription)}/head", "?timeout=1");
        call.Request.Headers.Add("Content-Length", "0");
        await _calls.SendAsync(call, ct);
        if (call.Response.Status is 204 or 404 or 410) return null;
        if (call.Response.Status != 201) throw _calls.Refused(call.Response.Status, Role);
        call.Response.Headers.TryGetValue("BrokerProperties", out var sent);
        using var json = JsonDocument.Parse(sent ?? "{}");
        var broker = json.RootElement;
        return new DeadLetter(
            subscription,
            broker.GetProperty("MessageId").GetString() ?? "",
            broker.GetProperty("SequenceNumber").GetInt64(),
            broker.TryGetProperty("DeliveryCount", out var deliveries) ? deliveries.GetInt32() : 0,
            // As in "Wed, 02 Jul 2014 01:32:27 GMT".
            broker.TryGetProperty("EnqueuedTimeUtc", out var at) ? DateTimeOffset.Parse(at.GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) : default,
            Text(call, "DeadLetterReason"),
            Text(call, "DeadLetterErrorDescription"),
            Text(call, "type"),
            call.Response.Headers.ContentType ?? "application/json",
            call.Response.Content.ToArray(),
            broker.GetProperty("LockToken").GetString() ?? "");
    }

    /// <summary>Lets others see it again. A lock that has ended meanwhile is no error.</summary>
    public Task UnlockAsync(string topic, DeadLetter letter, CancellationToken ct) => SettleAsync(RequestMethod.Put, topic, letter, ct);

    /// <summary>Takes it away for good. False when the lock had ended: then it is still there.</summary>
    public Task<bool> RemoveAsync(string topic, DeadLetter letter, CancellationToken ct) => SettleAsync(RequestMethod.Delete, topic, letter, ct);

    private async Task<bool> SettleAsync(RequestMethod method, string topic, DeadLetter letter, CancellationToken ct)
    {
        using var call = _calls.Create(method, string.Create(CultureInfo.InvariantCulture, $"{PathOf(topic, letter.Subscription)}/{letter.Number}/{letter.LockToken}"));
        if (method == RequestMethod.Put) call.Request.Headers.Add("Content-Length", "0");
        await _calls.SendAsync(call, ct);
        return call.Response.Status switch
        {
            200 => true,
            404 => false,
            var status => throw _calls.Refused(status, Role),
        };
    }

    private static string PathOf(string topic, string subscription) => $"{topic}/subscriptions/{subscription}/$DeadLetterQueue/messages";

    // A property comes as a header that holds JSON: a string in quotes, or bare.
    private static string? Text(HttpMessage call, string name)
    {
        if (!call.Response.Headers.TryGetValue(name, out var value) || value is not { Length: > 0 }) return null;
        if (value is not ['"', .., '"']) return value;
        try
        {
            using var json = JsonDocument.Parse(value);
            return json.RootElement.GetString();
        }
        catch (JsonException)
        {
            return value[1..^1];
        }
    }
}
