using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Discourse;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Discourse;

/// <summary>What the Discourse channel does at a forum: replies, files, the second look, upkeep; against the strict double of its
/// API.</summary>
public sealed class DiscourseAbilityTests : IAsyncLifetime
{
    private const string OurUrl = "https://contact.example.com/api/hooks/discourse/community";
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Since = Now.AddDays(-1);

    private DiscourseApi _api = null!;
    private ServiceProvider _services = null!;

    private DiscourseChannel Channel => Assert.IsType<DiscourseChannel>(_services.GetRequiredService<IChannel>());

    public async Task InitializeAsync()
    {
        _api = await DiscourseApi.StartAsync();
        Build();
    }

    public async Task DisposeAsync()
    {
        await _services.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task A_reply_is_a_post_in_the_topic_with_the_ids_its_webhook_will_have()
    {
        var to = Contact("03-other-customer-helps");
        var sent = Assert.IsType<ReplyOutcome.Sent>(await SendAsync(to)).Event;
        Assert.Equal("""{"raw":"We are looking into it.","topic_id":812,"reply_to_post_number":2}""", Assert.Single(_api.Made)
            .ToJsonString());
        Assert.Equal(("7001", "7001", Direction.Outbound, to.ThreadKey),
            (sent.EventId, sent.Contact.ExternalId, sent.Contact.Direction, sent.Contact.ThreadKey));
        Assert.Equal(("demo-key", "service_team"),
            (_api.Requests.Single().Headers["Api-Key"], _api.Requests.Single().Headers["Api-Username"]));
        Assert.False(Channel.Repeatable);
    }

    [Fact]
    public async Task A_private_answer_to_a_public_post_is_a_private_message_of_the_same_case()
    {
        var to = Contact("03-other-customer-helps");
        var sent = Assert.IsType<ReplyOutcome.Sent>(await SendAsync(to, inPrivate: true)).Event.Contact;
        var made = Assert.Single(_api.Made);
        Assert.Equal(("bastler_uwe", "private_message", "Re: Geschirrspüler pumpt nicht mehr ab"),
            ((string?)made["target_recipients"], (string?)made["archetype"], (string?)made["title"]));
        Assert.Equal((Place.Private, ContactKind.Message, to.ThreadKey), (sent.Place, sent.Kind, sent.ThreadKey));
    }

    [Theory]
    [InlineData(422, """{"errors":["Body is too short (minimum is 20 characters)"],"action":"create_post"}""", ReplyReasons.ContentRefused)]
    [InlineData(403, """{"errors":["You are not permitted to view the requested resource."],"error_type":"invalid_access"}""",
        ReplyReasons.NotPermitted)]
    [InlineData(404, """{"errors":["The requested URL or resource could not be found."],"error_type":"not_found"}""",
        ReplyReasons.RecipientGone)]
    [InlineData(301, "{}", ReplyReasons.NotPermitted)]
    [InlineData(200, """{"action":"enqueued","success":true}""", ReplyReasons.ContentRefused)]
    public async Task A_refusal_of_the_forum_has_its_reason(int status, string body, string reason)
    {
        _api.Trouble = (status, body, null);
        Assert.Equal(reason, Assert.IsType<ReplyOutcome.Refused>(await SendAsync(Contact("01-question-in-german"))).Reason);
    }

    [Fact]
    public async Task What_may_come_later_and_what_nobody_knows_are_told_apart()
    {
        var to = Contact("01-question-in-german");
        _api.Trouble = (429, "{}", 30);
        Assert.Equal(new ReplyOutcome.Later(ReplyReasons.RateLimited, TimeSpan.FromSeconds(30)), await SendAsync(to));
        _api.Trouble = (429,
            """{"errors":["You've performed this action too many times."],"error_type":"rate_limit","extras":{"wait_seconds":14}}""", null);
        Assert.Equal(new ReplyOutcome.Later(ReplyReasons.RateLimited, TimeSpan.FromSeconds(14)), await SendAsync(to));
        _api.Trouble = (502, "{}", null);
        Assert.IsType<ReplyOutcome.Uncertain>(await SendAsync(to));
        _api.Trouble = (0, "", null);
        Assert.IsType<ReplyOutcome.Uncertain>(await SendAsync(to));
        Build(url: "http://127.0.0.1:1");
        Assert.Equal(new ReplyOutcome.Later(ReplyReasons.Unreachable), await SendAsync(to));
        Build(key: null);
        Assert.Equal(ReplyReasons.NotPermitted, Assert.IsType<ReplyOutcome.Refused>(await SendAsync(to)).Reason);
    }

    [Fact]
    public async Task A_file_is_an_upload_of_the_forum_and_the_key_stays_there()
    {
        _api.Uploads["/uploads/short-url/3mNrT7demoBBBB.txt"] = "controller 3: dark";
        _api.Uploads["/uploads/short-url/away.txt"] = "/uploads/store/away.txt";
        _api.Uploads["/uploads/store/away.txt"] = "from the store";
        var to = Contact("01-question-in-german");
        Assert.Equal("controller 3: dark", await TextAsync("upload://3mNrT7demoBBBB.txt"));
        Assert.Equal("from the store", await TextAsync("upload://away.txt"));
        Assert.Equal(["demo-key", "demo-key", ""], _api.Requests.Select(r => r.Headers.GetValueOrDefault("Api-Key") ?? ""));
        Assert.Equal(new OpenedAttachment.Gone("gone-at-provider"), await Channel.OpenAsync(to, new("upload://never.png"), default));
        foreach (var reference in new[] { "https://elsewhere.example/x.png", "upload://../admin", "upload://a/b", "/admin/users",
            "/uploads/../admin" })
            Assert.Equal(new OpenedAttachment.Gone("not-an-upload"), await Channel.OpenAsync(to, new(reference), default));
        _api.Trouble = (429, "{}", 9);
        Assert.Equal(new OpenedAttachment.Later("rate-limited", TimeSpan.FromSeconds(9)),
            await Channel.OpenAsync(to, new("upload://away.txt"), default));

        async Task<string> TextAsync(string reference)
        {
            await using var bytes = Assert.IsType<OpenedAttachment.Content>(await Channel.OpenAsync(to, new(reference), default)).Bytes;
            return await new StreamReader(bytes).ReadToEndAsync();
        }
    }

    [Fact]
    public async Task The_second_look_goes_back_to_the_last_post_seen_and_leaves_fresh_ones_to_the_webhook()
    {
        for (var id = 1; id <= 130; id++) _api.Add(id, Now.AddHours(-20).AddMinutes(id));
        _api.Add(131, Now.AddMinutes(-2));
        var (held, cursor) = await SweepAsync(null);
        Assert.Equal(Enumerable.Range(1, 130), held.Order());
        Assert.Equal("130", cursor);

        Assert.Equal([], (await SweepAsync(cursor)).Held);
        _api.Add(131, Now.AddMinutes(-6));
        Assert.Equal([131], (await SweepAsync(cursor)).Held);
        Assert.Equal("131", (await SweepAsync(cursor)).Cursor);
    }

    [Fact]
    public async Task A_new_source_begins_at_now()
    {
        for (var id = 1; id <= 200; id++) _api.Add(id, Now.AddDays(-40).AddMinutes(id));
        _api.Add(201, Now.AddHours(-1));
        var (held, cursor) = await SweepAsync(null);
        Assert.Equal([201], held);
        Assert.Equal("201", cursor);
        Assert.Single(_api.Requests);
    }

    [Fact]
    public async Task What_it_finds_reads_like_what_the_webhook_brings()
    {
        _api.Add(77, Now.AddHours(-2), "Wo bleibt der Monteur?");
        _api.Add(78, Now.AddHours(-2), "(post deleted by author)")["user_deleted"] = true;
        var page = Assert.IsType<ReconciliationResult.Page>(await Channel.ReadAsync("community", new ReconciliationStart(null, Since),
            default));
        var readings = page.Held.Select(h => Channel.Read(new Delivery
        {
            Id = new string('a', 32), Channel = "discourse", Method = "LOOK", PathAndQuery = $"/api/hooks/discourse/look/{h.Kind}",
            Headers = new Dictionary<string, string>(StringComparer.Ordinal),
            Body = h.Body, ReceivedAt = Now, Arrival = Arrival.LookedAgain,
        }).Select(e => e.Read()).Single()).ToList();
        var contact = Assert.IsType<Parsed.Found>(readings[0]).Event.Contact;
        Assert.Equal(("77", "community", "discourse:community:9", "Wo bleibt der Monteur?"),
            (contact.ExternalId, contact.Account, contact.ThreadKey, contact.Text));
        Assert.Equal(new Parsed.Ignored("removed"), readings[1]);
        Assert.All(page.Held, h => Assert.Equal("post-community", h.Kind));
    }

    [Fact]
    public async Task Private_messages_are_looked_at_only_where_they_are_read()
    {
        Assert.Equal(["community"], Channel.Sources.Select(s => s.Name));
        Build(privateMessages: true);
        Assert.Equal(["community", "private messages of community"], Channel.Sources.Select(s => s.Name));
        _api.Add(90, Now.AddHours(-1), inPrivate: true);
        var page = Assert.IsType<ReconciliationResult.Page>(await Channel.ReadAsync("private messages of community",
            new ReconciliationStart(null, Since), default));
        Assert.Equal("private-community", Assert.Single(page.Held).Kind);
        Build(minutes: 0);
        Assert.Empty(Channel.Sources);
        Assert.Contains(Channel.Blind, b => b.Contains("LookMinutes", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_look_that_fails_keeps_its_place()
    {
        var from = new ReconciliationStart("5", Since);
        _api.Trouble = (429, "{}", 60);
        Assert.Equal(new ReconciliationResult.Later("rate-limited", TimeSpan.FromMinutes(1)),
            await Channel.ReadAsync("community", from, default));
        _api.Trouble = (403, "{}", null);
        Assert.Equal(new ReconciliationResult.Later("refused"), await Channel.ReadAsync("community", from, default));
        _api.Trouble = (200, "[]", null);
        Assert.Equal(new ReconciliationResult.Later("unreadable"), await Channel.ReadAsync("community", from, default));
        _api.Trouble = (0, "", null);
        Assert.Equal(new ReconciliationResult.Later("unreachable"), await Channel.ReadAsync("community", from, default));
        Assert.IsType<ReconciliationResult.Restart>(await Channel.ReadAsync("community", new ReconciliationStart("not/a-cursor", Since),
            default));
    }

    [Fact]
    public async Task A_missing_webhook_is_told_and_made_only_if_repair_is_allowed()
    {
        _api.WebHooks.Add(new JsonObject { ["id"] = 1, ["payload_url"] = "https://desk.example.org/x", ["active"] = true,
            ["secret"] = "theirs" });
        Assert.Equal(RegistrationState.Drifted, (await CheckAsync(repair: false)).State);
        Assert.Single(_api.WebHooks);
        Assert.Equal(RegistrationState.Repaired, (await CheckAsync(repair: true)).State);
        Assert.Equal((OurUrl, "demo-discourse-secret-not-a-real-one", true),
            ((string?)_api.WebHooks[1]["payload_url"], (string?)_api.WebHooks[1]["secret"], (bool)_api.WebHooks[1]["verify_certificate"]!));
        Assert.Equal(new Registration("webhook community", RegistrationState.Right), await CheckAsync(repair: true));
        Assert.Equal("theirs", (string?)_api.WebHooks[0]["secret"]);
    }

    [Theory]
    [InlineData("active", "false", "switched off")]
    [InlineData("secret", "\"another\"", "another secret")]
    [InlineData("secret", "\"\"", "no secret")]
    [InlineData("verify_certificate", "false", "certificate")]
    [InlineData("category_ids", "[4]", "category_ids")]
    [InlineData("web_hook_event_types", """[{"id":201,"name":"post_created"}]""", "post_edited")]
    public async Task Drift_is_told_and_repaired(string field, string value, string told)
    {
        await CheckAsync(repair: true);
        _api.WebHooks[0][field] = JsonNode.Parse(value);
        var drift = await CheckAsync(repair: false);
        Assert.Equal(RegistrationState.Drifted, drift.State);
        Assert.Contains(told, drift.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("demo-discourse-secret", drift.ToString(), StringComparison.Ordinal);
        Assert.Equal(RegistrationState.Repaired, (await CheckAsync(repair: true)).State);
        Assert.Equal(RegistrationState.Right, (await CheckAsync(repair: false)).State);
    }

    [Fact]
    public async Task Without_an_admins_key_a_person_gets_the_steps()
    {
        _api.IsAdmin = false;
        var told = await CheckAsync(repair: true);
        Assert.Equal(RegistrationState.ByHand, told.State);
        Assert.Contains(OurUrl, told.Step, StringComparison.Ordinal);
        Build(key: null);
        Assert.Equal(RegistrationState.ByHand, (await CheckAsync(repair: true)).State);
        Build();
        _api.Trouble = (500, "{}", null);
        Assert.Equal(RegistrationState.Unknown, (await CheckAsync(repair: true)).State);
        Assert.Equal(RegistrationState.Unknown,
            Assert.Single(await Channel.CheckAsync(new RegistrationCheckRequest(null, Repair: true), default)).State);
    }

    private void Build(string? url = null, string? key = "demo-key", bool privateMessages = false, int minutes = 15)
    {
        var settings = Seed.SettingsOf("discourse");
        foreach (var name in settings.Keys.Where(k => k.Contains("__partners__", StringComparison.Ordinal)).ToList()) settings.Remove(name);
        settings["Channels__Discourse__LookMinutes"] = minutes.ToString(CultureInfo.InvariantCulture);
        settings["Channels__Discourse__Sites__community__Url"] = url ?? _api.Address.ToString();
        settings["Channels__Discourse__Sites__community__ApiKey"] = key;
        settings["Channels__Discourse__Sites__community__PrivateMessages"] = privateMessages.ToString();
        var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(new FakeTime(Now))
            .AddSingleton(_ => new GuardedHttp(loopbackToo: true)).AddSingleton<ProviderHttp>();
        DiscourseChannel.Add(services, Seed.Configuration(settings));
        _services = services.BuildServiceProvider();
    }

    private Contact Contact(string seed)
    {
        var delivery = Seed.Of("discourse").Single(s => s.Name == $"discourse/{seed}").ToDelivery(Channel);
        return Channel.Read(delivery).Select(e => e.Read()).OfType<Parsed.Found>().First().Event.Contact;
    }

    private Task<ReplyOutcome> SendAsync(Contact to, bool inPrivate = false) =>
        Channel.SendAsync(new Reply { Id = new string('a', 32), To = to, Text = "We are looking into it.", CaseNumber = "K7M2P9XA",
            InPrivate = inPrivate }, default);

    private async Task<(List<int> Held, string? Cursor)> SweepAsync(string? cursor)
    {
        List<int> held = [];
        for (var pages = 0; ; pages++)
        {
            Assert.True(pages < 10, "A sweep without end.");
            var page = Assert.IsType<ReconciliationResult.Page>(await Channel.ReadAsync("community", new ReconciliationStart(cursor, Since),
                default));
            var ids = page.Held.Select(h => JsonNode.Parse(Encoding.UTF8.GetString(h.Body.Span))!["id"]!.GetValue<int>()).ToList();
            Assert.Equal(ids.Order(), ids);
            held.AddRange(ids);
            cursor = page.Cursor;
            if (!page.More) return (held, cursor);
        }
    }

    private async Task<Registration> CheckAsync(bool repair) =>
        Assert.Single(await Channel.CheckAsync(new RegistrationCheckRequest("https://contact.example.com", repair), default));
}
