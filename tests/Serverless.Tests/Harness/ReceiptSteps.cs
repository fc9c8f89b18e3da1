using System.Globalization;
using System.Text;
using System.Text.Json;
using Serverless.Local.Hosting;
using Serverless.Local.ServiceBus;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>Steps with receipts.</summary>
public static class ReceiptSteps
{
    private const string Topic = "case-events";
    private const string Subscription = "notify-acknowledgement";

    /// <summary>Settings under which customers who write by pigeon get receipts.</summary>
    public static (string Name, string? Value)[] On(string state = "on", params (string Name, string? Value)[] further) =>
        [("Acknowledgement__Channels__pigeon", state), ("Acknowledgement__Contact", "030 23125 100"), .. further];

    /// <summary>A customer's message, and all that follows from it at once.</summary>
    public static async Task SaysAsync(this World world, object body)
    {
        await world.PigeonAsync(body);
        Assert.Equal(0, await world.DrainAsync());
    }

    /// <summary>What the route has to work now, taken off the bus.</summary>
    public static async Task<List<string>> TakeReceiptsAsync(this World world)
    {
        List<string> bodies = [];
        while (world.Broker.Counts().Any(c => c.Subscription == Subscription && c.Active > 0))
        {
            var message = await world.Broker.ReceiveAsync(Topic, Subscription, CancellationToken.None);
            bodies.Add(Encoding.UTF8.GetString(message.Message.Body));
            Assert.True(world.Broker.Complete(message));
        }

        return bodies;
    }

    public static Task<bool> AcknowledgeAsync(this World world, string message) => world.InvokeAsync("AcknowledgeCustomer", "notice", message);

    /// <summary>What waits on the bus for a later hour, for this route.</summary>
    public static List<TopicMessage> LaterReceipts(this World world) => [.. world.Broker.Scheduled(Topic).Where(m => m.MessageId.Contains("/acknowledgement/", StringComparison.Ordinal))];

    /// <summary>State and reason of each notice of the route, oldest first: <c>void:public</c>.</summary>
    public static async Task<List<string>> ReceiptNoticesAsync(this World world, string? day = null) =>
        [.. (await world.GetAsync($"/api/operations/notices?day={day ?? world.Time.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}")).EnumerateArray().Where(n => n.GetProperty("route").GetString() == "acknowledgement")
            .OrderBy(n => n.GetProperty("tries")[0].GetProperty("at").GetDateTimeOffset()).Select(n => $"{n.GetProperty("state").GetString()}:{n.GetProperty("reason").GetString()}")];

    /// <summary>The replies of the only case.</summary>
    public static async Task<List<JsonElement>> RepliesAsync(this World world) => [.. (await world.OnlyCaseAsync()).GetProperty("replies").EnumerateArray()];
}
