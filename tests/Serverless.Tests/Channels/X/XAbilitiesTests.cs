using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.X;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.X;

/// <summary>What X's channel does by itself at X: answers, second looks, upkeep, files; against a strict double of X's API over real
/// HTTP.</summary>
public sealed partial class XAbilitiesTests : IAsyncLifetime
{
    private const string Us = "1700000000000000011";
    private const string Jana = "1811111111111111101";
    private static readonly RegistrationCheckRequest Watch = new("https://contact.example.com", Repair: false);
    private static readonly RegistrationCheckRequest Repair = Watch with { Repair = true };
    private static readonly string[] Both = ["1700000000000000011", "1700000000000000022"];

    private readonly FakeTime _time = new();
    private XApi _x = null!;
    private XChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _x = await XApi.StartAsync();
        _channel = Make();
    }

    public async Task DisposeAsync() => await _x.DisposeAsync();

    [Fact]
    public async Task A_public_complaint_is_answered_in_public_under_the_ids_of_its_echo()
    {
        var sent = Assert.IsType<ReplyOutcome.Sent>(await _channel.SendAsync(ReplyWords.To(Complaint(), "Wir kümmern uns."),
            default)).Event;
        Assert.Equal(["2130000000000000003: Wir kümmern uns."], _x.Posted);

        var echo = Read(
            $$$$"""{"data":{"event_uuid":"1","filter":{"user_id":"{{{{Us}}}}"},"event_type":"post.create","payload":{"id":"{{{{sent.Contact.ExternalId}}}}","author_id":"{{{{Us}}}}","in_reply_to_user_id":"{{{{Jana}}}}","in_reply_to_tweet_id":"2130000000000000003","text":"Wir kümmern uns."}}}""");
        Assert.Equal(
            (echo.EventId, echo.Contact.ExternalId, echo.Contact.Account, echo.Contact.ThreadKey, echo.Contact.Kind, echo.Contact.Direction,
                echo.Contact.Place, echo.Contact.Entry),
            (sent.EventId, sent.Contact.ExternalId, sent.Contact.Account, sent.Contact.ThreadKey, sent.Contact.Kind, sent.Contact.Direction,
                sent.Contact.Place, sent.Contact.Entry));
    }

    [Fact]
    public async Task A_public_complaint_can_be_answered_in_private()
    {
        var sent = Assert.IsType<ReplyOutcome.Sent>(await _channel.SendAsync(ReplyWords.To(Complaint(), "Ihre Seriennummer bitte?")
            with { InPrivate = true }, default)).Event;
        Assert.Equal([$"{Jana}: Ihre Seriennummer bitte?"], _x.Posted);
        Assert.Equal(($"dm:{Us}:{Jana}", Place.Private), (sent.Contact.ThreadKey, sent.Contact.Place));
    }

    [Theory]
    [InlineData(429, "x-rate-limit-reset: 1795165500", "later:rate-limited:300")]
    [InlineData(429, "Retry-After: 7", "later:rate-limited:7")]
    [InlineData(429, null, "later:rate-limited:")]
    [InlineData(503, null, "uncertain:unreachable")]
    [InlineData(0, null, "uncertain:unreachable")]
    [InlineData(401, null, "refused:not-permitted")]
    [InlineData(402, null, "refused:not-permitted")]
    [InlineData(404, null, "refused:recipient-gone")]
    [InlineData(403, null, "refused:recipient-gone")]
    [InlineData(400, null, "refused:content-refused")]
    [InlineData(200, null, "uncertain:unreachable")]
    public async Task What_X_answers_to_a_reply_is_a_value(int status, string? header, string expected)
    {
        _x.Trouble(status, header);
        Assert.Equal(expected, ReplyWords.Of(await _channel.SendAsync(ReplyWords.To(Complaint(), "Hallo"), default)));
    }

    [Fact]
    public async Task The_same_words_twice_and_missing_permission_are_told_apart()
    {
        _x.Trouble(403, body: """{"detail":"You are not allowed to create a Tweet with duplicate content.","type":"about:blank"}""");
        Assert.Equal("refused:content-refused", ReplyWords.Of(await _channel.SendAsync(ReplyWords.To(Complaint(), "Hallo"), default)));
        _x.Trouble(403, body: """{"type":"https://api.x.com/2/problems/oauth1-permissions"}""");
        Assert.Equal("refused:not-permitted", ReplyWords.Of(await _channel.SendAsync(ReplyWords.To(Complaint(), "Hallo"), default)));
    }

    // X counts weights, not characters: https://docs.x.com/fundamentals/counting-characters
    [Theory]
    [InlineData("a", 280, true)]
    [InlineData("a", 281, false)]
    [InlineData("ß", 280, true)]
    [InlineData("😕", 140, true)]
    [InlineData("😕", 141, false)]
    [InlineData("漢", 140, true)]
    [InlineData("https://www.example.com/a-very-long-address-that-counts-as-23 ", 11, true)]
    [InlineData("https://www.example.com/a-very-long-address-that-counts-as-23 ", 12, false)]
    public async Task A_text_is_as_long_as_X_counts_it(string unit, int times, bool fits)
    {
        var outcome = await _channel.SendAsync(ReplyWords.To(Complaint(), string.Concat(Enumerable.Repeat(unit, times)).TrimEnd()),
            default);
        Assert.Equal(fits ? "sent" : "refused:too-long", ReplyWords.Of(outcome));
    }

    [Fact]
    public async Task Without_a_token_nothing_is_called_and_the_setting_is_named()
    {
        var outcome = Assert.IsType<ReplyOutcome.Refused>(await Make(($"Channels__X__Accounts__{Us}__AccessToken", null))
            .SendAsync(ReplyWords.To(Complaint(), "Hallo"), default));
        Assert.Equal(ReplyReasons.NotPermitted, outcome.Reason);
        Assert.Contains($"Channels__X__Accounts__{Us}__AccessToken", outcome.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("fake", outcome.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_account_with_a_token_is_looked_at_again()
    {
        Assert.Equal(["mentions 1700000000000000011", "messages 1700000000000000011"],
            Make(("Channels__X__LookMinutes", "30"), ("Channels__X__Accounts__1700000000000000022__AccessToken", null)).Sources.Select(s =>
                s.Name));
        Assert.Empty(_channel.Sources);
    }

    [Fact]
    public async Task A_second_look_brings_in_what_the_webhook_missed_under_the_same_ids()
    {
        foreach (var n in Enumerable.Range(1, 5)) _x.Mentions.Add(($"213000000000000000{n}", Mention($"213000000000000000{n}")));
        _x.PageSize = 2;
        List<string> found = [];
        string? cursor = null;
        for (var more = true; more;)
        {
            var page = Assert.IsType<ReconciliationResult.Page>(await _channel.ReadAsync($"mentions {Us}",
                new(cursor, _time.GetUtcNow().AddDays(-1)), default));
            found.AddRange(page.Held.Select(h => Read(Encoding.UTF8.GetString(h.Body.Span)).Contact.ExternalId));
            (cursor, more) = (page.Cursor, page.More);
        }

        Assert.Equal(5, found.Distinct(StringComparer.Ordinal).Count());
        Assert.Empty(
            Assert.IsType<ReconciliationResult.Page>(await _channel.ReadAsync($"mentions {Us}", new(cursor, _time.GetUtcNow()),
                default)).Held);
        _x.Mentions.Add(("2130000000000000006", Mention("2130000000000000006")));
        Assert.Single(
            Assert.IsType<ReconciliationResult.Page>(await _channel.ReadAsync($"mentions {Us}", new(cursor, _time.GetUtcNow()),
                default)).Held);
    }

    [Fact]
    public async Task A_second_look_reads_direct_messages_of_both_sides_down_to_the_last_one_seen()
    {
        foreach (var (n, from) in new[] { (1, Jana), (2, Us), (3, Jana) })
            _x.Messages.Add(($"215000000000000000{n}",
                $$"""{"id":"215000000000000000{{n}}","event_type":"MessageCreate","text":"Nachricht {{n}}","sender_id":"{{from}}","dm_conversation_id":"{{Jana}}-{{Us}}","created_at":"2026-11-20T08:5{{n}}:00.000Z"}"""));
        var page = Assert.IsType<ReconciliationResult.Page>(await _channel.ReadAsync($"messages {Us}",
            new(null, new DateTimeOffset(2026, 11, 20, 8, 51, 30, TimeSpan.Zero)), default));
        var contacts = page.Held.Select(h => Read(Encoding.UTF8.GetString(h.Body.Span)).Contact).ToList();
        Assert.Equal(["Nachricht 2", "Nachricht 3"], contacts.Select(c => c.Text));
        Assert.Equal([Direction.Outbound, Direction.Inbound], contacts.Select(c => c.Direction));
        Assert.All(contacts, c => Assert.Equal($"dm:{Us}:{Jana}", c.ThreadKey));
        Assert.False(page.More);
        Assert.Empty(
            Assert.IsType<ReconciliationResult.Page>(await _channel.ReadAsync($"messages {Us}", new(page.Cursor, default), default)).Held);
    }

    [Theory]
    [InlineData(429, "rate-limited")]
    [InlineData(401, "refused")]
    [InlineData(500, "unreachable")]
    [InlineData(0, "unreachable")]
    [InlineData(200, "unreadable")]
    public async Task A_look_that_fails_keeps_its_place(int status, string reason)
    {
        _x.Trouble(status, body: status == 200 ? "<html>" : "{}");
        Assert.Equal(reason,
            Assert.IsType<ReconciliationResult.Later>(await _channel.ReadAsync($"mentions {Us}", new("5||", default), default)).Reason);
    }

    [Fact]
    public async Task A_cursor_that_X_no_longer_takes_begins_anew()
    {
        _x.Trouble(400);
        Assert.IsType<ReconciliationResult.Restart>(await _channel.ReadAsync($"mentions {Us}", new("5|9|old-page-token", default),
            default));
    }

    [Fact]
    public async Task Upkeep_registers_and_subscribes_what_is_missing_and_then_leaves_it_alone()
    {
        Assert.Equal([("webhook", RegistrationState.Drifted)], await Found(Watch));
        Assert.Empty(_x.Webhooks);
        Assert.All(await Found(Repair), r => Assert.Equal(RegistrationState.Repaired, r.State));
        Assert.Equal("https://contact.example.com/api/hooks/x", Assert.Single(_x.Webhooks).Url);
        Assert.Equal(18, _x.Subscriptions.Count);
        Assert.All(await Found(Repair), r => Assert.Equal(RegistrationState.Right, r.State));

        _x.Subscriptions.RemoveAll(s => s is { Type: "dm.received" } && s.User == Us);
        Assert.Equal([RegistrationState.Right, RegistrationState.Drifted, RegistrationState.Right],
            (await Found(Watch)).Select(r => r.State));
        Assert.Equal([RegistrationState.Right, RegistrationState.Repaired, RegistrationState.Right],
            (await Found(Repair)).Select(r => r.State));
    }

    [Fact]
    public async Task Upkeep_revalidates_a_webhook_that_X_switched_off()
    {
        _x.Webhooks.Add(("1", "https://contact.example.com/api/hooks/x", false));
        _x.HandshakeHolds = false;
        Assert.Equal(RegistrationState.Drifted, (await Found(Repair))[0].State);
        _x.HandshakeHolds = true;
        Assert.Equal(RegistrationState.Repaired, (await Found(Repair))[0].State);
        Assert.True(_x.Webhooks[0].Valid);
    }

    [Fact]
    public async Task Upkeep_never_touches_what_leads_elsewhere()
    {
        _x.Webhooks.Add(("7", "https://test.example.com/api/hooks/x", false));
        Assert.Equal([("webhook 7", RegistrationState.Foreign), ("webhook", RegistrationState.Drifted)], await Found(Repair));
        Assert.Equal([("7", "https://test.example.com/api/hooks/x", false)], _x.Webhooks);

        _x.Webhooks.Add(("8", "https://contact.example.com/api/hooks/x", true));
        foreach (var account in Both)
            _x.Subscriptions.AddRange(new[] { "post.mention.create", "dm.received" }.Select(type => (type, account, "7")));
        await Found(Repair);
        Assert.Equal(4, _x.Subscriptions.Count(s => s.Webhook == "7"));
        Assert.Equal(14, _x.Subscriptions.Count(s => s.Webhook == "8"));
    }

    [Fact]
    public async Task Upkeep_subscribes_to_the_older_product_where_it_is_chosen()
    {
        _channel = Make(("Channels__X__Product", "AccountActivity"));
        Assert.All(await Found(Repair), r => Assert.Equal(RegistrationState.Repaired, r.State));
        Assert.Equal(Both, _x.OlderSubscriptions.Order(StringComparer.Ordinal));
        Assert.All(await Found(Watch), r => Assert.Equal(RegistrationState.Right, r.State));
    }

    [Fact]
    public async Task A_refused_or_missing_credential_is_unknown_and_names_the_step()
    {
        _channel = Make(("Channels__X__BearerToken", null));
        var missing = Assert.Single(await _channel.CheckAsync(Repair, default));
        Assert.Equal(RegistrationState.Unknown, missing.State);
        Assert.Contains("Channels__X__BearerToken", missing.Step, StringComparison.Ordinal);

        _channel = Make();
        _x.Webhooks.Add(("1", "https://contact.example.com/api/hooks/x", true));
        _x.Tokens.Remove($"{Us}-fake");
        Assert.Equal([RegistrationState.Right, RegistrationState.Unknown, RegistrationState.Repaired],
            (await Found(Repair)).Select(r => r.State));
    }

    [Theory]
    [InlineData(200, "content")]
    [InlineData(404, "gone:gone-at-provider")]
    [InlineData(429, "later:rate-limited")]
    [InlineData(403, "later:refused")]
    [InlineData(502, "later:unreachable")]
    [InlineData(0, "later:unreachable")]
    public async Task A_file_is_opened_or_the_reason_is_said(int status, string expected)
    {
        _x.Trouble(status, body: "picture");
        var opened = await _channel.OpenAsync(Complaint(),
            new Attachment(new Uri(_x.Address, "/2/dm_conversations/media/1/2/3").ToString()), default);
        Assert.Equal(expected, opened switch
        {
            OpenedAttachment.Content => "content",
            OpenedAttachment.Gone gone => $"gone:{gone.Reason}",
            OpenedAttachment.Later later => $"later:{later.Reason}",
            _ => "?",
        });
        if (opened is OpenedAttachment.Content content) Assert.Equal("picture", await new StreamReader(content.Bytes).ReadToEndAsync());
    }
}
