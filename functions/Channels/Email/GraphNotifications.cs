using System.Text.Json;

namespace Serverless.Channels.Email;

/// <summary>Takes a POST of change notifications apart: one element for each item of <c>value</c>, which may mix subscriptions, folders and
/// tenants.</summary>
/// <remarks>https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks#change-notification-example</remarks>
internal static class GraphNotifications
{
    /// <summary>Most items that verification reads; Graph sends far fewer.</summary>
    public const int MaxItems = 10_000;

    public static IEnumerable<DeliveryItem> Elements(Delivery delivery, EmailOptions options)
    {
        using var json = JsonDocument.Parse(delivery.Body);
        var index = 0;
        foreach (var item in json.RootElement.Get("value"u8).Items())
        {
            yield return new DeliveryItem($"value[{index++}]", () => Read(item, options));
        }
    }

    private static Parsed Read(JsonElement item, EmailOptions options)
    {
        if (item.ValueKind != JsonValueKind.Object) throw new JsonException("A notification is an object.");
        // Not ours, or older than the last two secrets: upkeep repairs the subscription, and reconciliation imports the item.
        if (ClientStates.Find(options, item.Text("clientState"u8)) is not { } folder) return new Parsed.Alert("client-state-wrong");
        if (!OfTenant(item, options)) return new Parsed.Alert("tenant-foreign");
        if (item.Has("lifecycleEvent"u8)) return new Parsed.Alert(LifecycleWord(item.Get("lifecycleEvent"u8)));

        // Only created is subscribed: any other change (a flag, read, moved) is nothing a case needs.
        if (!item.Get("changeType"u8).Is("created"u8)) return new Parsed.Ignored("not-created");
        var data = item.Get("resourceData"u8);
        if (data.Text("@odata.type"u8) is { } type && !type.Equals("#Microsoft.Graph.Message", StringComparison.OrdinalIgnoreCase))
            return new Parsed.Ignored("not-a-message");

        var id = data.Text("id"u8);
        if (item.Get("encryptedContent"u8) is { ValueKind: JsonValueKind.Object } content)
        {
            var finding = RichContent.Open(content, options, out var plain);
            if (finding == RichContent.Finding.Wrong) return new Parsed.Alert("encrypted-content-wrong");
            // With an unknown certificate the id beside it is as good: the token proved the sender, and the message is fetched anyway.
            if (finding == RichContent.Finding.Opened) id = IdIn(plain) ?? id;
        }

        id ??= LastSegment(item.Text("resource"u8));
        if (!MessageAddress.IsId(id)) throw new JsonException("A notification names no message.");
        return new Parsed.Reference(new MessageAddress(folder, id!).ToString());
    }

    // https://learn.microsoft.com/en-us/graph/change-notifications-lifecycle-events
    private static string LifecycleWord(JsonElement word) =>
        word.Is("reauthorizationRequired"u8) ? "reauthorization-required"
        : word.Is("subscriptionRemoved"u8) ? "subscription-removed"
        : word.Is("missed"u8) ? "notifications-missed"
        : "lifecycle-unknown";

    private static bool OfTenant(JsonElement item, EmailOptions options) =>
        string.IsNullOrEmpty(options.TenantId) || item.Text("tenantId"u8) is not { } tenant
        || tenant.Equals(options.TenantId, StringComparison.OrdinalIgnoreCase);

    private static string? IdIn(byte[] plain)
    {
        using var json = JsonDocument.Parse(plain);
        return json.RootElement.Text("id"u8);
    }

    // It comes as Users/{id}/Messages/{id} or as Users('{id}')/Messages('{id}').
    private static string? LastSegment(string? resource)
    {
        if (resource is null) return null;
        var last = resource[(resource.LastIndexOf('/') + 1)..];
        var open = last.IndexOf("('", StringComparison.Ordinal);
        return open >= 0 && last.EndsWith("')", StringComparison.Ordinal) ? last[(open + 2)..^2] : last;
    }
}
