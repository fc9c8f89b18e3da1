using System.Text;
using System.Text.Json;
using Serverless.Contacts;
using Serverless.Notifications.Webhook;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>The signed webhook: what every route promises, and what subscribers build on: signature, CloudEvent, only the fields they asked
/// for.</summary>
public sealed class WebhookConformance(AzuriteFixture azurite) : RouteConformance(azurite), IClassFixture<AzuriteFixture>
{
    private const string Secret = "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24=";
    private const string OldSecret = "whsec_bm90IGEgc2VjcmV0OiB0aGUgb25lIGJlZm9yZSBpdC4=";
    private const string StrangeSecret = "whsec_bm90IGEgc2VjcmV0OiBvZiBzb21lYm9keSBlbHNlLiE=";

    // Of the form seed: text, name, mail, number, file, page.
    private static readonly string[] Personal = ["hlschrank", "Weiß", "Wei\\u00df", "ürgen", "\\u00fcrgen", "juergen.weiss", "23125",
        "anzeige", "/kontakt"];

    protected override string Route => "webhook";

    protected override string Function => "NotifyWebhook";

    protected override (string Name, string? Value)[] Target(string name, Uri address, string events = "*") =>
    [
        ($"Webhook__Subscribers__{name}__Url", address.ToString()), ($"Webhook__Subscribers__{name}__Secret", Secret),
        ($"Webhook__Subscribers__{name}__Events", events),
    ];

    protected override (string Name, string? Value)[] AskingForText(string name) => Including(name, "text");

    protected override string IdOf(RecordedRequest request) => request.Headers["webhook-id"];

    private static (string Name, string? Value)[] Including(string name, string fields) =>
        [($"Webhook__Subscribers__{name}__Include", fields)];

    [Fact]
    public async Task The_signature_holds_with_both_secrets_by_the_providers_libraries_on_the_bytes_received()
    {
        await using var plain = await Subscriber.StartAsync(Subscriber.Status(503));
        await using var full = await Subscriber.StartAsync();
        await using var world = await StartAsync(
            Target("plain", plain.Address), [("Webhook__Subscribers__plain__PreviousSecret", OldSecret)],
            Target("full", full.Address), Including("full", "text, parties, attachments, reply, entry"));
        await TellAsync(world);
        var firstAt = world.Time.GetUtcNow();
        await NextAsync(world);
        var laterAt = world.Time.GetUtcNow();
        var (first, later, filled) = (plain.Told[0], plain.Told[1], full.Told[0]);
        Assert.NotEqual(first.Headers["webhook-signature"], later.Headers["webhook-signature"]);

        var judged = await Node.RunAsync("tests/Serverless.Tests/Notifications/webhook.mjs", new[]
        {
            Call(first, Secret, firstAt), Call(first, OldSecret, firstAt), Call(later, Secret, laterAt), Call(filled, Secret, firstAt),
            Call(first, StrangeSecret, firstAt), Call(filled, OldSecret, firstAt),
            Call(first with { Body = [.. first.Body, (byte)' '] }, Secret, firstAt),
        });
        bool[] expected = [true, true, true, true, false, false, false];
        foreach (var (index, one) in judged.EnumerateArray().Index())
        {
            Assert.True(expected[index] == one.GetProperty("standardwebhooks").GetBoolean(), $"standardwebhooks, call {index}");
            Assert.True(expected[index] == one.GetProperty("svix").GetBoolean(), $"svix, call {index}");
        }

        var e = judged[3].GetProperty("event");
        Assert.Equal(IdOf(filled), e.GetProperty("id").GetString());
        Assert.Equal("serverless.case.opened.v1", e.GetProperty("type").GetString());
        Assert.Equal("/cases", e.GetProperty("source").GetString());
        Assert.Equal(e.GetProperty("subject").GetString(), e.GetProperty("data").GetProperty("caseId").GetString());
        Assert.Equal("application/cloudevents+json; charset=utf-8", filled.Headers["content-type"]);
        Assert.Equal("POST", filled.Method);
    }

    [Fact]
    public async Task No_personal_field_leaves_unless_it_was_asked_for()
    {
        await using var none = await Subscriber.StartAsync();
        await using var world = await StartAsync(Target("none", none.Address));
        await ArriveAsync(world, Form);
        var message = Assert.Single(await TakeAsync(world));
        Assert.True(await WorkAsync(world, message));
        foreach (var text in new[] { message, Encoding.UTF8.GetString(Assert.Single(none.Told).Body) })
            Assert.DoesNotContain(Personal, word => text.Contains(word, StringComparison.OrdinalIgnoreCase));
        using var body = JsonDocument.Parse(none.Told[0].Body);
        Assert.False(body.RootElement.GetProperty("data").TryGetProperty("contact", out _));
        Assert.DoesNotContain(world.Log.Lines, line => Personal[..^1].Any(word => line.Contains(word, StringComparison.OrdinalIgnoreCase))
            || line.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_field_is_there_only_for_those_who_asked()
    {
        string[] fields = ["text", "parties", "attachments", "reply", "entry"];
        var all = await Task.WhenAll(fields.Select(_ => Subscriber.StartAsync()));
        await using var world =
            await StartAsync([.. fields.Zip(all)
                .SelectMany(p => new[] { Target(p.First, p.Second.Address), Including(p.First, p.First) })]);
        await TellAsync(world);
        foreach (var (field, subscriber) in fields.Zip(all))
        {
            using var body = JsonDocument.Parse(Assert.Single(subscriber.Told).Body);
            var contact = body.RootElement.GetProperty("data").GetProperty("contact");
            Assert.Equal(field, Assert.Single(contact.EnumerateObject()).Name);
            Assert.Empty(JsonDifference.Between(Form.Contacts[0].GetProperty("contact").GetProperty(field), contact.GetProperty(field),
                field));
            await subscriber.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_contact_edited_or_taken_back_meanwhile_is_read_when_it_is_told()
    {
        await using var reads = await Subscriber.StartAsync();
        await using var world = await StartAsync(Target("reads", reads.Address, "serverless.case.opened.v1"),
            Including("reads", "text,attachments"));
        foreach (var seed in new[] { "generic/02-app-message-with-emoji", "generic/03-app-message-edited", "meta/13-page-comment-complaint",
            "meta/16-page-comment-removed" })
            await ArriveAsync(world, Find(seed));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(2, reads.Told.Count);
        var contacts = reads.Told.Select(t => JsonDocument.Parse(t.Body).RootElement.GetProperty("data"))
            .ToDictionary(d => d.GetProperty("channel").GetString()!, d => d.GetProperty("contact"), StringComparer.Ordinal);
        Assert.EndsWith("Order 5512.", contacts["generic"].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.False(contacts["meta"].TryGetProperty("text", out _));
        Assert.Equal(0, contacts["meta"].GetProperty("attachments").GetArrayLength());
    }

    [Fact]
    public void A_body_is_bound_and_says_what_is_missing()
    {
        var contact = Form.Contacts[0].GetProperty("contact").Deserialize(ContactJson.Default.Contact)! with
        {
            Text = new string('ü', 7_999) + "😟 and more",
            Parties = [new Identity("email", "a@example.com", Evidence.Claimed, Name: new string('x', 100_000))],
        };
        var e = Encoding.UTF8.GetBytes("""{"specversion":"1.0","id":"1","data":{"caseId":"2"}}""");
        var body = WebhookBody.Write(e, contact, ["text", "parties", "entry"]);
        Assert.InRange(body.Length, 8_000, WebhookBody.MostBytes);
        using var json = JsonDocument.Parse(body);
        var told = json.RootElement.GetProperty("data").GetProperty("contact");
        Assert.Equal(new string('ü', 7_999), told.GetProperty("text").GetString());
        Assert.False(told.TryGetProperty("parties", out _));
        Assert.Equal("https://www.example.com/kontakt", told.GetProperty("entry").GetString());
        Assert.Equal(["text", "parties"], told.GetProperty("incomplete").EnumerateArray().Select(f => f.GetString()));
    }

    [Fact]
    public async Task Outside_a_developers_machine_an_address_that_is_not_public_is_never_connected_to()
    {
        await using var inside = await Subscriber.StartAsync();
        var port = inside.Address.Port;
        await using var world = await StartAsync(
            [("AZURE_FUNCTIONS_ENVIRONMENT", "Production"), ("Notification__RetrySeconds", "5")],
            Target("loopback", new Uri($"https://127.0.0.1:{port}/")), Target("named", new Uri($"https://localhost:{port}/")),
            Target("metadata", new Uri("https://169.254.169.254/metadata/instance")),
            Target("mapped", new Uri("https://[::ffff:10.0.0.1]/")),
            Target("plain", inside.Address));
        await TellAsync(world);
        foreach (var target in new[] { "loopback", "named", "metadata", "mapped" })
            Assert.Equal("waiting:address-not-public", await StandAsync(world, target));
        Assert.Equal("waiting:settings-incomplete", await StandAsync(world, "plain"));
        world.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("failed:address-not-public", await StandAsync(world, "metadata"));
        Assert.Empty(inside.Told);
    }

    private static object Call(RecordedRequest request, string secret, DateTimeOffset now) => new
    {
        secret,
        now = now.ToUnixTimeSeconds(),
        headers = request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value, StringComparer.Ordinal),
        body = Convert.ToBase64String(request.Body),
    };
}
