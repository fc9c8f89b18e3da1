using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Contacts;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>A provider without quirks: what journeys about channels in general send with, whatever real providers are like. It answers as
/// the test says.</summary>
public sealed class LoopbackNetwork
{
    private int _number;

    /// <summary>What a try to send gives. Default: it is taken.</summary>
    public Func<Reply, Task<ReplyOutcome>>? Answer { get; set; }

    /// <summary>Whether two tries of one id are known as one message.</summary>
    public bool Repeatable { get; set; }

    /// <summary>What upkeep finds.</summary>
    public Func<RegistrationCheckRequest, IReadOnlyList<Registration>> Registrations { get; set; } = _ => [];

    /// <summary>Every try that reached the provider.</summary>
    public ConcurrentQueue<Reply> Flown { get; } = new();

    /// <summary>Every check, and whether it might repair.</summary>
    public ConcurrentQueue<RegistrationCheckRequest> Checks { get; } = new();

    public void Add(IServiceCollection services) => services.AddSingleton(this).AddSingleton<IChannel, LoopbackChannel>();

    /// <summary>The provider takes it.</summary>
    public ReplyOutcome.Sent Take(Reply reply, DateTimeOffset at) =>
        new(LoopbackChannel.Event($"out-{Interlocked.Increment(ref _number)}", reply.To.Reply!.Address, reply.Text, at, Direction.Outbound,
            null));
}

/// <summary>The channel behind <see cref="LoopbackNetwork"/>: unsigned JSON with id, customer, text, time; or a status of a
/// message.</summary>
public sealed class LoopbackChannel(LoopbackNetwork pigeons, TimeProvider time) : IChannel, ISendsReplies, IRegistersWebhooks
{
    private const string Account = "loft";

    public string Name => "pigeon";

    public ChannelSettings Settings => new(true, VerificationMode.Enforce, false, "");

    public IReadOnlyList<string> KeptHeaders => [];

    public bool Repeatable => pigeons.Repeatable;

    public IEnumerable<string> Problems() => [];

    public VerificationResult Verify(Delivery delivery) => new VerificationResult.Valid();

    public WebhookResponse Respond(Delivery delivery, Acceptance acceptance) => WebhookResponse.Empty(204);

    public IEnumerable<DeliveryItem> Read(Delivery delivery)
    {
        yield return new DeliveryItem("whole", () =>
        {
            using var json = JsonDocument.Parse(delivery.Body);
            string? Get(string name) => json.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
            var at = DateTimeOffset.Parse(Get("at")!, CultureInfo.InvariantCulture);
            if (Get("attention") is { } attention) return new Parsed.Alert(attention);
            if (Get("status") is { } status)
                return new Parsed.StatusUpdate(new MessageStatus(Account, Get("id")!, Enum.Parse<MessageState>(status, ignoreCase: true),
                    at, Get("reason"), Get("reply")));
            var found = Event(Get("id")!, Get("customer")!, Get("text"), at, Get("echo") is null
                ? Direction.Inbound : Direction.Outbound, Get("reply"));
            return new Parsed.Found(found with { Contact = Marked(found.Contact, Get) });
        });
    }

    // What a journey about receipts says of a contact; left alone by all others.
    private static Contact Marked(Contact contact, Func<string, string?> get) => contact with
    {
        ThreadKey = get("thread") ?? contact.ThreadKey,
        Kind = get("kind") is { } kind ? Enum.Parse<ContactKind>(kind) : contact.Kind,
        Place = get("place") is { } place ? Enum.Parse<Place>(place) : contact.Place,
        Language = get("language"),
        Recovery = get("recovered") is null ? null : new Recovery(60),
        Reply = get("way") is "none" ? null : contact.Reply,
        Extras = get("mark") is { } mark
        ? new Dictionary<string, string>(StringComparer.Ordinal) { [mark.Split('=')[0]] = mark.Split('=')[1] } : contact.Extras,
    };

    public async Task<ReplyOutcome> SendAsync(Reply reply, CancellationToken ct)
    {
        pigeons.Flown.Enqueue(reply);
        return pigeons.Answer is { } answer ? await answer(reply) : pigeons.Take(reply, time.GetUtcNow());
    }

    public Task<IReadOnlyList<Registration>> CheckAsync(RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        pigeons.Checks.Enqueue(upkeep);
        return Task.FromResult(pigeons.Registrations(upkeep));
    }

    internal static ContactEvent Event(string id, string customer, string? text, DateTimeOffset at, Direction direction, string? reply) =>
        new(id, ContactChange.Received, new Contact
    {
        Channel = "pigeon",
        Network = "pigeon",
        Account = Account,
        ExternalId = id,
        Kind = ContactKind.Message,
        Direction = direction,
        ThreadKey = customer,
        Parties = [new Identity("loft", customer, Evidence.Attested)],
        OccurredAt = at,
        ReceivedAt = at,
        Text = text,
        Reply = direction == Direction.Inbound ? new ReplyPath(customer, at.AddHours(24)) : null,
        Extras = reply is null
        ? null : new Dictionary<string, string>(StringComparer.Ordinal) { [Serverless.Contacts.ExtraNames.ReplyId] = reply },
    });
}

/// <summary>Steps with pigeons and replies.</summary>
public static class LoopbackSteps
{
    /// <summary>A delivery of the provider's, worked; how it ended.</summary>
    public static async Task<string> PigeonAsync(this TestApp world, object body)
    {
        using var answer = await world.SendAsync("POST", "/api/hooks/pigeon", [], JsonSerializer.SerializeToUtf8Bytes(body));
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        var delivery = answer.Headers.GetValues("X-Delivery-Id").Single();
        Assert.True(await world.WorkAsync(delivery, "pigeon"));
        return await world.EndOfAsync(delivery, "pigeon");
    }

    /// <summary>A customer's message; the case it went into.</summary>
    public static async Task<string> AskAsync(this TestApp world, string id, string customer = "anna")
    {
        await world.PigeonAsync(new { id, customer, text = "Frage", at = world.Time.GetUtcNow() });
        return (await world.CasesAsync()).Single(c =>
            c.GetProperty("contacts").EnumerateArray().Any(k => k.GetProperty("contact").GetProperty("externalId").GetString() == id))
            .CaseId();
    }

    /// <summary>Asks for a reply; status and answer.</summary>
    public static async Task<(int Status, JsonElement Body)> ReplyAsync(this TestApp world, string caseId, object request)
    {
        using var answer = await world.RawAsync(HttpMethod.Post, $"/api/cases/{caseId}/replies", JsonSerializer.Serialize(request));
        return ((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    /// <summary>Asks for a reply that must be taken; its id.</summary>
    public static async Task<string> WriteAsync(this TestApp world, string caseId, string text = "Antwort")
    {
        var (status, body) = await world.ReplyAsync(caseId, new { text });
        Assert.Equal(202, status);
        return body.GetProperty("id").GetString()!;
    }

    /// <summary>Gives a reply's pointer to SendReplies, as the host does, however often.</summary>
    public static Task<bool> SendReplyAsync(this TestApp world, string caseId, string replyId) =>
        world.InvokeAsync("SendReplies", "pointer",
            System.Text.Encoding.UTF8.GetString(new Replies.ReplyMessage(caseId, replyId).ToJson()));

    /// <summary>A reply as its case shows it.</summary>
    public static async Task<JsonElement> ReplyOfAsync(this TestApp world, string caseId, string replyId) =>
        (await world.CaseAsync(caseId)).GetProperty("replies").EnumerateArray().Single(r => r.GetProperty("id").GetString() == replyId);

    /// <summary>State and reason of a reply: <c>failed: rate-limited</c>.</summary>
    public static async Task<string> StateOfAsync(this TestApp world, string caseId, string replyId)
    {
        var reply = await world.ReplyOfAsync(caseId, replyId);
        return reply.TryGetProperty("reason", out var reason)
            ? $"{reply.GetProperty("state").GetString()}: {reason.GetString()}" : reply.GetProperty("state").GetString()!;
    }
}
