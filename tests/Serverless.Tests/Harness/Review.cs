using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>What people who run the app do to deliveries: quarantine, replay, diagnostics.</summary>
public static class Review
{
    /// <summary>One step of an action; must be answered 200.</summary>
    public static async Task<JsonElement> ReviewAsync(this TestApp world, string action, JsonObject selection)
    {
        using var answer = await world.RawAsync(HttpMethod.Post, $"/api/operations/{action}", selection.ToJsonString());
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{action}: {answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Steps until there is no more; gives each.</summary>
    public static async Task<List<JsonElement>> ReviewAllAsync(this TestApp world, string action, JsonObject selection)
    {
        List<JsonElement> steps = [];
        do
        {
            if (steps.Count > 0) selection["continuation"] = steps[^1].GetProperty("continuation").GetString();
            steps.Add(await world.ReviewAsync(action, selection));
        }
        while (steps[^1].GetProperty("more").GetBoolean());
        return steps;
    }

    public static JsonObject One(string channel, string delivery) => new() { ["channel"] = channel, ["delivery"] = delivery };

    public static JsonObject Hour(string channel, DateTimeOffset at) =>
        new() { ["channel"] = channel, ["hour"] = at.UtcDateTime.ToString("yyyy-MM-ddTHH") };

    public static int Sum(this IEnumerable<JsonElement> steps, string name) => steps.Sum(s => s.GetProperty(name).GetInt32());
}
