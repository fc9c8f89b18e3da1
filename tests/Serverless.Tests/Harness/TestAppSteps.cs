using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Intake;
using Serverless.Platform.Storage;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>An event as it lies in the topic.</summary>
public sealed record ReceivedNotification(string Id, string Type, string CaseId, string? ContactId);

/// <summary>Steps that journeys have in common.</summary>
public static partial class TestAppSteps
{
    /// <summary>How a delivery ended and the ends of its elements: <c>ended: case, joined</c>.</summary>
    public static async Task<string> EndOfAsync(this TestApp world, string delivery, string channel = "meta")
    {
        var report = await world.GetAsync($"/api/operations/deliveries/{channel}/{delivery}");
        return $"{report.GetProperty("end").GetString()}: {string.Join(", ", report.GetProperty("ends").EnumerateArray().Select(e => e.GetString()))}".TrimEnd(' ', ':');
    }

    /// <summary>Gives a delivery's pointer to Normalise, as the host does, however often.</summary>
    public static Task<bool> WorkAsync(this TestApp world, string delivery, string channel = "meta") =>
        world.InvokeAsync("Normalise", "pointer",
            Encoding.UTF8.GetString(new DeliveryMessage(channel, delivery, 0, world.Time.GetUtcNow()).ToJson()));

    /// <summary>Moves the clock to the next try of a delivery that waits for its provider and makes it, as the queue does. Gives the wait
    /// in seconds.</summary>
    public static async Task<int> NextTryAsync(this TestApp world, string channel, string delivery)
    {
        var wait = Waits().Match(world.Log.Lines.Last(l => l.StartsWith($"waits {channel}/{delivery} ", StringComparison.Ordinal)));
        var seconds = int.Parse(wait.Groups["seconds"].Value, CultureInfo.InvariantCulture);
        world.Time.Advance(TimeSpan.FromSeconds(seconds + 1));
        var pointer = new DeliveryMessage(channel, delivery, int.Parse(wait.Groups["attempt"].Value, CultureInfo.InvariantCulture),
            world.Time.GetUtcNow());
        Assert.True(await world.InvokeAsync("Normalise", "pointer", Encoding.UTF8.GetString(pointer.ToJson())));
        return seconds;
    }

    /// <summary>Makes a delivery look as if its worker had died before it wrote the end.</summary>
    public static async Task ForgetEndAsync(this TestApp world, string delivery, string channel = "meta")
    {
        var key = new DeliveryKey(channel, delivery);
        await world.Services.GetRequiredService<TableStore>()
            .MergeAsync(key.Table, new TableRow(key.Partition, key.Id) { ["End"] = DeliveryEnd.Open }, ETag.All, CancellationToken.None);
    }

    public static async Task CloseAsync(this TestApp world, string caseId)
    {
        using var answer = await world.RawAsync(HttpMethod.Post, $"/api/cases/{caseId}/close", """{"cause":"unknown"}""");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public static Task<JsonElement> CaseAsync(this TestApp world, string idOrNumber) => world.GetAsync($"/api/cases/{idOrNumber}");

    /// <summary>The one open case.</summary>
    public static async Task<JsonElement> OnlyCaseAsync(this TestApp world) => Assert.Single(await world.CasesAsync());

    /// <summary>Events in the topic that nobody took yet.</summary>
    public static List<ReceivedNotification> Told(this TestApp world) =>
        [.. world.Broker.Active("case-events", "everything").Select(message =>
    {
        using var json = JsonDocument.Parse(message.Body);
        var data = json.RootElement.GetProperty("data");
        Assert.Equal(json.RootElement.GetProperty("id").GetString(), message.MessageId);
        return new ReceivedNotification(message.MessageId, json.RootElement.GetProperty("type").GetString()!, data.GetProperty("caseId")
            .GetString()!, data.TryGetProperty("contactId", out var c) ? c.GetString() : null);
    })];

    /// <summary>One part of the health page.</summary>
    public static async Task<(string Status, string Says)> HealthAsync(this TestApp world, string part)
    {
        var report = await world.GetAsync("/api/health");
        var found = report.GetProperty("parts").GetProperty(part);
        return (found.GetProperty("status").GetString()!,
            string.Join(' ', found.GetProperty("says").EnumerateArray().Select(s => s.GetString())));
    }

    public static async Task<string> TextAsync(this HttpResponseMessage answer) => await answer.Content.ReadAsStringAsync();

    public static string CaseId(this JsonElement file) => file.GetProperty("case").GetProperty("id").GetString()!;

    /// <summary>The texts of a case's contacts, oldest first.</summary>
    public static IReadOnlyList<string?> Texts(this JsonElement file) =>
        [.. file.GetProperty("contacts").EnumerateArray()
            .Select(c => c.GetProperty("contact").TryGetProperty("text", out var text) ? text.GetString() : null)];

    /// <summary>A member of the case's head as text; empty when it is not there.</summary>
    public static string Head(this JsonElement file, string name) =>
        file.GetProperty("case").TryGetProperty(name, out var value) ? value.ToString() : "";

    [GeneratedRegex("attempt=(?<attempt>[0-9]+) seconds=(?<seconds>[0-9]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Waits();
}
