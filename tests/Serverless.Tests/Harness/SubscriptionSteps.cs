using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>Steps with webhook subscriptions made by the API.</summary>
public static class SubscriptionSteps
{
    public const string Path = "/api/subscriptions";

    /// <summary>Makes one; what the API answered, its secret with it.</summary>
    /// <param name="fields">Further fields as JSON, without braces.</param>
    public static async Task<JsonElement> SubscribeAsync(this TestApp world, string name, Uri url, string fields = "")
    {
        var more = fields.Length > 0 ? $",{fields}" : "";
        using var answer = await world.RawAsync(HttpMethod.Post, Path, $"{{\"name\":\"{name}\",\"url\":\"{url}\"{more}}}");
        var text = await answer.TextAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Created, text);
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Makes one, or changes the one that is there.</summary>
    public static async Task SubscribeOrChangeAsync(this TestApp world, JsonObject fields)
    {
        using var made = await world.RawAsync(HttpMethod.Post, Path, fields.ToJsonString());
        if (made.StatusCode == HttpStatusCode.Created) return;
        Assert.Equal(HttpStatusCode.Conflict, made.StatusCode);
        var (status, _, _) = await world.ChangeSubscriptionAsync(fields["name"]!.GetValue<string>(), "*", fields.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, status);
    }

    /// <summary>A PATCH under the version named; null sends none.</summary>
    public static async Task<(HttpStatusCode Status, string? ETag, JsonElement View)> ChangeSubscriptionAsync(this TestApp world,
        string name, string? match, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch,
            new Uri($"{Path}/{name}", UriKind.Relative)) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        if (match is not null) request.Headers.TryAddWithoutValidation("If-Match", match);
        using var answer = await world.SendAsync(request);
        return (answer.StatusCode, answer.Headers.ETag?.Tag, JsonDocument.Parse(await answer.TextAsync()).RootElement);
    }

    /// <summary>A step of one subscription, e.g. <c>crm/rotate</c>.</summary>
    public static async Task<(JsonElement Json, HttpStatusCode Status)> SubscriptionStepAsync(this TestApp world, string path,
        string? json = null)
    {
        using var answer = await world.RawAsync(HttpMethod.Post, $"{Path}/{path}", json ?? "");
        return (JsonDocument.Parse(await answer.TextAsync()).RootElement, answer.StatusCode);
    }
}
