using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>Steps with receipts.</summary>
public static class AcknowledgementSteps
{
    /// <summary>Settings under which customers who write by pigeon get receipts.</summary>
    public static (string Name, string? Value)[] On(string state = "on", params (string Name, string? Value)[] further) =>
        [("Acknowledgement__Channels__pigeon", state), ("Acknowledgement__Contact", "030 23125 100"), .. further];

    /// <summary>A customer's message, and all that follows from it at once.</summary>
    public static async Task SaysAsync(this TestApp world, object body)
    {
        await world.PigeonAsync(body);
        Assert.Equal(0, await world.DrainAsync());
    }

    /// <summary>What the route has to work now, taken off its queue.</summary>
    public static Task<List<string>> TakeReceiptsAsync(this TestApp world) => world.TakeNoticesAsync("acknowledgement");

    public static Task<bool> AcknowledgeAsync(this TestApp world, string message) =>
        world.InvokeAsync("AcknowledgeCustomer", "notice", message);

    /// <summary>What waits for a later hour, for this route.</summary>
    internal static List<LaterMessage> LaterReceipts(this TestApp world) =>
        [.. world.Later.Waiting.Where(m => m.Route == "acknowledgement")];

    /// <summary>State and reason of each notice of the route, oldest first: <c>void:public</c>.</summary>
    public static async Task<List<string>> ReceiptNoticesAsync(this TestApp world, string? day = null) =>
        [.. (await world.GetAsync(
            $"/api/operations/notices?day={day ?? world.Time.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}")).EnumerateArray().Where(n => n.GetProperty("route").GetString() == "acknowledgement")
            .OrderBy(n => n.GetProperty("tries")[0].GetProperty("at").GetDateTimeOffset())
            .Select(n => $"{n.GetProperty("state").GetString()}:{n.GetProperty("reason").GetString()}")];

    /// <summary>The replies of the only case.</summary>
    public static async Task<List<JsonElement>> RepliesAsync(this TestApp world) =>
        [.. (await world.OnlyCaseAsync()).GetProperty("replies").EnumerateArray()];
}
