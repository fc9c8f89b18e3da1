using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Acs;

/// <summary>
/// One event of a delivery, in Event Grid's own schema or as a CloudEvent. Batches hold up to 5,000, stored and answered as one.
/// https://learn.microsoft.com/azure/event-grid/event-schema and https://learn.microsoft.com/azure/event-grid/cloud-event-schema
/// </summary>
internal sealed class AcsEvent
{
    private readonly Delivery _delivery;

    /// <param name="json">One event.</param>
    /// <param name="delivery">Its delivery.</param>
    /// <param name="account">Name of the resource where the event does not say; null where it does.</param>
    private AcsEvent(JsonElement json, Delivery delivery, string? account)
    {
        _delivery = delivery;
        Json = json;
        Data = json.Get("data"u8);
        var cloud = json.Has("specversion"u8);
        Id = json.Get("id"u8).AsText() ?? throw new FormatException("An event has no id.");
        Type = (cloud ? json.Get("type"u8) : json.Get("eventType"u8)).AsText() ?? throw new FormatException("An event has no type.");
        At = (cloud ? json.Get("time"u8) : json.Get("eventTime"u8)).AsIsoTime(delivery.ReceivedAt);
        Subject = json.Get("subject"u8).AsText() ?? "";
        Account = account ?? AccountOf((cloud ? json.Get("source"u8) : json.Get("topic"u8)).AsText());
    }

    public JsonElement Json { get; }

    public JsonElement Data { get; }

    /// <summary>Event Grid's id, the same at every delivery.</summary>
    public string Id { get; }

    public string Type { get; }

    /// <summary>When Event Grid has it from; in UTC.</summary>
    public DateTimeOffset At { get; }

    public string Subject { get; }

    /// <summary>Name of the Communication Services resource.</summary>
    public string Account { get; }

    public DateTimeOffset ReceivedAt => _delivery.ReceivedAt;

    /// <summary>One element for each event. A bare object is one, too: a page of the documentation shows it.</summary>
    public static IEnumerable<DeliveryItem> Elements(Delivery delivery, Func<AcsEvent, Parsed> read, string? account = null)
    {
        using var document = JsonDocument.Parse(delivery.Body);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
        {
            yield return new DeliveryItem("event", () => read(new AcsEvent(document.RootElement, delivery, account)));
            yield break;
        }

        var index = 0;
        foreach (var item in document.RootElement.EnumerateArray())
            yield return new DeliveryItem($"[{index++}]", () => read(new AcsEvent(item, delivery, account)));
    }

    /// <summary>The call-control step: the event itself.</summary>
    public CallControlStep Step => new(Json.GetRawText(), At);

    /// <summary>A contact that knows no more than the event.</summary>
    public Contact Contact(string network, string externalId, ContactKind kind) => new()
    {
        Channel = AcsChannel.ChannelName,
        Network = network,
        Account = Account,
        ExternalId = externalId,
        Kind = kind,
        OccurredAt = At,
        ReceivedAt = ReceivedAt,
    };

    /// <summary>The last part of <c>/subscriptions/…/communicationservices/{name}</c>.</summary>
    private static string AccountOf(string? resource)
    {
        var name = resource.AsSpan()[((resource?.LastIndexOf('/') ?? -1) + 1)..];
        return name.IsEmpty ? AcsChannel.ChannelName : name.ToString().ToLowerInvariant();
    }
}
