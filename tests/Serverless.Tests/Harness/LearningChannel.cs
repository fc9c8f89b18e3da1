using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Contacts;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>One message to <see cref="LearningChannel"/>.</summary>
public sealed record Lesson(string Kind, string Id, string Thread, DateTimeOffset At);

/// <summary>
/// A channel whose code learns to read while a test runs: setting <c>Learning__Knows</c> names the kinds it can read. Kinds it cannot:
/// <c>throws</c>, <c>whole</c> (the whole
/// delivery throws), <c>own</c> (a placeholder with an id of its own), <c>same</c> (a placeholder with the id of the message), <c>drift</c>
/// (read, under another id than later), <c>noise</c> (throws; later ignored).
/// </summary>
public sealed class LearningChannel(IConfiguration configuration) : IChannel
{
    public string Name => "learning";

    public ChannelSettings Settings => new(true, VerificationMode.Auto, false, "learning");

    public IReadOnlyList<string> KeptHeaders => [];

    public static void Add(IServiceCollection services) => services.AddSingleton<IChannel, LearningChannel>();

    public IEnumerable<string> Problems() => [];

    public VerificationResult Verify(Delivery delivery) => new VerificationResult.Valid();

    public WebhookResponse Respond(Delivery delivery, Acceptance acceptance) =>
        WebhookResponse.Empty(acceptance == Acceptance.NotStored ? 503 : 200);

    public IEnumerable<DeliveryItem> Read(Delivery delivery)
    {
        using var json = JsonDocument.Parse(delivery.Body);
        var position = 0;
        foreach (var item in json.RootElement.EnumerateArray())
        {
            if (item.GetProperty("Kind").GetString() == "whole" && !Knows("whole")) throw new FormatException();
            yield return new DeliveryItem($"items[{position++}]", () => ReadOne(delivery, item));
        }
    }

    private bool Knows(string kind) => (configuration["Learning:Knows"] ?? "text").Split(' ').Contains(kind);

    private Parsed ReadOne(Delivery delivery, JsonElement item)
    {
        var (kind, id) = (item.GetProperty("Kind").GetString()!, item.GetProperty("Id").GetString()!);
        var known = Knows(kind);
        if (!known && (kind is "throws" or "noise")) throw new FormatException();
        if (kind == "noise") return new Parsed.Ignored("noise");
        if (!known && (kind is "own" or "drift")) id = $"old:{id}";
        var contact = new Contact
        {
            Channel = "learning",
            Network = "letters",
            Account = "desk",
            ExternalId = id,
            Kind = known || kind == "drift" ? ContactKind.Message : ContactKind.Placeholder,
            ThreadKey = known || kind == "drift" ? item.GetProperty("Thread").GetString() : null,
            OccurredAt = item.GetProperty("At").GetDateTimeOffset(),
            ReceivedAt = delivery.ReceivedAt,
            Text = known || kind == "drift" ? $"This is {item.GetProperty("Id").GetString()}." : null,
        };
        return new Parsed.Found(new ContactEvent($"{id}:received", ContactChange.Received, contact));
    }
}

/// <summary>Deliveries of <see cref="LearningChannel"/>.</summary>
public static class LearningCall
{
    /// <summary>Sends messages in one delivery; gives its id.</summary>
    public static async Task<string> TeachAsync(this TestApp world, params Lesson[] lessons)
    {
        using var answer = await world.SendAsync("POST", "/api/hooks/learning", [],
            Encoding.UTF8.GetBytes(JsonSerializer.Serialize(lessons)));
        Assert.True(answer.IsSuccessStatusCode);
        return answer.Headers.GetValues("X-Delivery-Id").Single();
    }
}
