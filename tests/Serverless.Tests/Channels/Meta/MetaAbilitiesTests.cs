using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Meta;

/// <summary>What we ask of Meta: replies, files, a second look, subscriptions and tokens.</summary>
public sealed class MetaAbilitiesTests : IAsyncLifetime
{
    private const string Page = "1001";
    private readonly FakeTime _time = new(MetaReading.ArrivedAt);
    private MetaApi _api = null!;

    public async Task InitializeAsync() => _api = await MetaApi.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    private IChannel Channel(params (string Name, string? Value)[] more) => MetaReading.Channel(_api, _time, more);

    private static Contact Message(string about = "page") =>
        MetaReading.Contact(MetaReading.Messaging(about, """{"message":{"mid":"m1","text":"Frage"}}"""));

    private static Contact WhatsApp(string from = "\"from\":\"493023125017\"") =>
        MetaReading.Contact(MetaReading.WhatsApp("[]",
            $$$"""{"id":"wamid.1",{{{from}}},"timestamp":"{{{MetaReading.Then}}}","type":"text","text":{"body":"Frage"}}"""));

    private static Contact Comment() =>
        MetaReading.Contact(MetaReading.Feed("feed",
            $$$"""{"item":"comment","verb":"add","comment_id":"c1","post_id":"p1","parent_id":"p1","from":{"id":"9","name":"Anna"},"created_time":{{{MetaReading.Then}}},"message":"Frage"}"""));

    private static Reply To(Contact contact, string text = "Antwort", bool inPrivate = false, ReplyTemplate? template = null) =>
        new() { Id = "0123456789abcdef0123456789abcdef", To = contact, Text = text, CaseNumber = "3CF4GH7", InPrivate = inPrivate,
            Template = template };

    private Task<ReplyOutcome> SendAsync(Reply reply, params (string Name, string? Value)[] more) =>
        ((ISendsReplies)Channel(more)).SendAsync(reply, CancellationToken.None);

    private async Task<(string Path, JsonElement Body, Contact Sent)> SentAsync(Reply reply)
    {
        var sent = Assert.IsType<ReplyOutcome.Sent>(await SendAsync(reply));
        return (_api.Sent.Last().Path, _api.Sent.Last().Body, sent.Event.Contact);
    }

    [Fact]
    public async Task Messenger_and_Instagram_answer_within_a_day_and_a_person_within_seven()
    {
        var (path, body, sent) = await SentAsync(To(Message()));
        Assert.Equal(($"{Page}/messages", "RESPONSE", "Antwort"),
            (path, body.GetProperty("messaging_type").GetString(), body.GetProperty("message").GetProperty("text").GetString()));
        Assert.Equal((Message().ThreadKey, Direction.Outbound, "mid.ours-1"), (sent.ThreadKey, sent.Direction, sent.ExternalId));
        Assert.Equal("me/messages", (await SentAsync(To(Message("instagram")))).Path);

        var late = Message();
        Assert.Equal(late.Reply!.Until, ((ISendsReplies)Channel()).Until(late));
        Assert.Equal(late.Reply.Until!.Value.AddDays(6), ((ISendsReplies)Channel(("Channels__Meta__HumanAgent", "true"))).Until(late));
        _time.Advance(TimeSpan.FromDays(3));
        Assert.Equal("HUMAN_AGENT", (await SentAsync(To(late))).Body.GetProperty("tag").GetString());
    }

    [Fact]
    public async Task A_comment_is_answered_under_it_or_in_private_for_a_week()
    {
        var (path, body, sent) = await SentAsync(To(Comment()));
        Assert.Equal(("c1/comments", "Antwort"), (path, body.GetProperty("message").GetString()));
        Assert.Equal((Comment().ThreadKey, Place.Public, ContactKind.Comment), (sent.ThreadKey, sent.Place, sent.Kind));

        (path, body, sent) = await SentAsync(To(Comment(), inPrivate: true));
        Assert.Equal(($"{Page}/messages", "c1"), (path, body.GetProperty("recipient").GetProperty("comment_id").GetString()));
        Assert.Equal(("messenger", $"messenger:{Page}:psid-9", Place.Private), (sent.Network, sent.ThreadKey, sent.Place));
        _time.Advance(TimeSpan.FromDays(8));
        Assert.Equal(ReplyReasons.WindowClosed,
            Assert.IsType<ReplyOutcome.Refused>(await SendAsync(To(Comment(), inPrivate: true))).Reason);
    }

    [Fact]
    public async Task A_mention_on_a_foreign_picture_is_answered_there_in_public_only()
    {
        var comment = MetaReading.Contact(MetaReading.Mention("""{"comment_id":"31","media_id":"21"}"""));
        var (path, body, sent) = await SentAsync(To(comment));
        Assert.Equal(("1001/mentions", """{"media_id":"21","message":"Antwort","comment_id":"31"}"""), (path, body.GetRawText()));
        Assert.Equal((comment.ThreadKey, Place.Public, ContactKind.Comment), (sent.ThreadKey, sent.Place, sent.Kind));
        (_, body, _) = await SentAsync(To(MetaReading.Contact(MetaReading.Mention("""{"media_id":"21"}"""))));
        Assert.Equal("""{"media_id":"21","message":"Antwort"}""", body.GetRawText());
        Assert.Equal(ReplyReasons.NoReplyPath, Assert.IsType<ReplyOutcome.Refused>(await SendAsync(To(comment, inPrivate: true))).Reason);
    }

    [Fact]
    public async Task The_echo_of_an_answer_has_the_ids_that_the_answer_has()
    {
        var sent = (await SentAsync(To(Comment()))).Sent;
        var echo = Assert.Single(
            MetaReading.Events(MetaReading.Feed("feed",
                $$$"""{"item":"comment","verb":"add","comment_id":"{{{sent.ExternalId}}}","post_id":"p1","parent_id":"c1","from":{"id":"1001"},"created_time":{{{MetaReading.Then}}},"message":"Antwort"}""")));
        Assert.Equal((echo.Contact.Account, echo.EventId, echo.Contact.ThreadKey), (sent.Account, sent.ExternalId, sent.ThreadKey));
    }

    [Fact]
    public async Task WhatsApp_quotes_the_message_carries_our_id_and_gives_it_back_with_each_status()
    {
        var (path, body, sent) = await SentAsync(To(WhatsApp()));
        Assert.Equal(("1001/messages", "493023125017", "wamid.1"),
            (path, body.GetProperty("to").GetString(), body.GetProperty("context").GetProperty("message_id").GetString()));
        Assert.Equal("0123456789abcdef0123456789abcdef", body.GetProperty("biz_opaque_callback_data").GetString());
        var status = Assert.Single(
            MetaReading.Read(MetaReading.WhatsAppList("statuses",
                $$$"""{"id":"{{{sent.ExternalId}}}","status":"failed","timestamp":"{{{MetaReading.Then}}}","biz_opaque_callback_data":"0123456789abcdef0123456789abcdef","errors":[{"code":131026}]}"""))).Reading;
        Assert.Equal(
            new Parsed.StatusUpdate(new MessageStatus("1001", sent.ExternalId, MessageState.Failed, MetaReading.ArrivedAt.AddMinutes(-1),
                "131026", "0123456789abcdef0123456789abcdef")), status);

        (_, body, _) = await SentAsync(To(WhatsApp("\"from_user_id\":\"DE.309\"")));
        Assert.Equal("DE.309", body.GetProperty("recipient").GetString());
        (_, body, _) = await SentAsync(To(WhatsApp(), "", template: new ReplyTemplate("hello", "de", ["Anna"])));
        Assert.Equal(
            """{"name":"hello","language":{"code":"de"},"components":[{"type":"body","parameters":[{"type":"text","text":"Anna"}]}]}""",
            body.GetProperty("template").GetRawText());
    }

    [Theory]
    [InlineData(400, 131047, 0, ReplyReasons.TemplateNeeded)]
    [InlineData(400, 10, 2018278, ReplyReasons.WindowClosed)]
    [InlineData(400, 551, 0, ReplyReasons.RecipientGone)]
    [InlineData(401, 190, 463, ReplyReasons.NotPermitted)]
    [InlineData(403, 200, 0, ReplyReasons.NotPermitted)]
    [InlineData(400, 132001, 0, ReplyReasons.ContentRefused)]
    public async Task What_Meta_refuses_is_final_and_says_why(int status, int code, int detail, string reason)
    {
        _api.Trouble = (status, code, detail);
        Assert.Equal(reason, Assert.IsType<ReplyOutcome.Refused>(await SendAsync(To(WhatsApp()))).Reason);
    }

    [Fact]
    public async Task What_may_have_gone_out_is_uncertain_and_what_certainly_did_not_is_tried_later()
    {
        _api.Trouble = (400, 131056, 0);
        Assert.IsType<ReplyOutcome.Later>(await SendAsync(To(WhatsApp())));
        _api.Trouble = (500, 131000, 0);
        Assert.IsType<ReplyOutcome.Uncertain>(await SendAsync(To(WhatsApp())));
        (_api.Trouble, _api.Cuts) = (null, true);
        Assert.IsType<ReplyOutcome.Uncertain>(await SendAsync(To(WhatsApp())));
        Assert.IsType<ReplyOutcome.Later>(await SendAsync(To(WhatsApp()), ("Channels__Meta__ApiUrl", "http://127.0.0.1:9")));
        Assert.Equal(ReplyReasons.TooLong,
            Assert.IsType<ReplyOutcome.Refused>(await SendAsync(To(WhatsApp(), new string('x', 4097)))).Reason);
        Assert.Equal(ReplyReasons.TooLong,
            Assert.IsType<ReplyOutcome.Refused>(await SendAsync(To(Message("instagram"), new string('ü', 501)))).Reason);
        Assert.Equal(ReplyReasons.NotPermitted,
            Assert.IsType<ReplyOutcome.Refused>(await SendAsync(To(WhatsApp()), ("Channels__Meta__AccessToken", null))).Reason);
        Assert.Empty(_api.Sent);
    }

    [Fact]
    public async Task A_token_that_was_replaced_too_early_has_the_one_before_behind_it() =>
        Assert.IsType<ReplyOutcome.Sent>(await SendAsync(To(WhatsApp()), ("Channels__Meta__AccessToken", "not-yet"),
            ("Channels__Meta__PreviousAccessToken", MetaApi.Token)));

    [Fact]
    public async Task A_file_is_fetched_by_its_id_or_by_its_address()
    {
        _api.Documents["8800"] = new JsonObject { ["url"] = $"{_api.Address}/lookaside/8800", ["mime_type"] = "audio/ogg" };
        _api.Files["lookaside/8800"] = "eine Stimme"u8.ToArray();
        _api.Files["cdn/photo"] = "ein Bild"u8.ToArray();
        async Task<string> OpenAsync(string reference)
        {
            var opened = await ((IReadsAttachments)Channel()).OpenAsync(WhatsApp(), new Attachment(reference), CancellationToken.None);
            if (opened is not OpenedAttachment.Content content) return opened.GetType().Name;
            using var reader = new StreamReader(content.Bytes);
            return await reader.ReadToEndAsync();
        }

        Assert.Equal("eine Stimme", await OpenAsync("8800"));
        Assert.Equal("ein Bild", await OpenAsync($"{_api.Address}/cdn/photo"));
        Assert.Equal("Gone", await OpenAsync("media-gone"));
        _api.Trouble = (500, 2, 0);
        Assert.Equal("Later", await OpenAsync("8800"));
    }

    [Fact]
    public async Task Subscriptions_are_compared_and_repaired_and_another_environment_is_left_alone()
    {
        _api.Documents[$"{MetaApi.AppId}/subscriptions"] =
            JsonNode.Parse(
                """{"data":[{"object":"whatsapp_business_account","callback_url":"https://test.example.com/api/hooks/meta","active":true,"fields":[{"name":"messages"}]}]}""")!.AsObject();
        _api.Documents["1001/subscribed_apps"] =
            JsonNode.Parse($$$"""{"data":[{"id":"{{{MetaApi.AppId}}}","subscribed_fields":["feed","ratings"]}]}""")!.AsObject();
        _api.Documents["2002/subscribed_apps"] =
            JsonNode.Parse($$$"""{"data":[{"whatsapp_business_api_data":{"id":"{{{MetaApi.AppId}}}"}}]}""")!.AsObject();
        _api.Documents["debug_token"] = JsonNode.Parse("""{"data":{"is_valid":true,"expires_at":1800000000}}""")!.AsObject();
        var subscribes = (IRegistersWebhooks)Channel(("Channels__Meta__AppId", MetaApi.AppId),
            ("Channels__Meta__Accounts__1001__Kind", "Page"), ("Channels__Meta__Accounts__2002__Kind", "WhatsApp"));
        var seen = await subscribes.CheckAsync(new RegistrationCheckRequest("https://contact.example.com", false), CancellationToken.None);
        Assert.Equal(
            ["subscription 1001: Drifted", "subscription 2002: Right", "token: Right", "webhook page: Drifted",
                "webhook whatsapp_business_account: Foreign"],
            seen.Select(r => $"{r.Name}: {r.State}").Order(StringComparer.Ordinal));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1800000000), seen.Single(r => r.Name == "token").ExpiresAt);
        Assert.Empty(_api.Registered);

        await subscribes.CheckAsync(new RegistrationCheckRequest("https://contact.example.com", true), CancellationToken.None);
        Assert.Equal("https://contact.example.com/api/hooks/meta",
            _api.Registered[$"{MetaApi.AppId}/subscriptions"].GetProperty("callback_url").GetString());
        Assert.Contains("ratings", _api.Registered["1001/subscribed_apps"].GetProperty("subscribed_fields").GetString(),
            StringComparison.Ordinal);
        Assert.Equal(2, _api.Registered.Count);

        _api.Trouble = (400, 190, 460);
        Assert.All(await subscribes.CheckAsync(new RegistrationCheckRequest("https://contact.example.com", true), CancellationToken.None),
            r => Assert.Equal(RegistrationState.Unknown, r.State));
        Assert.Equal(RegistrationState.ByHand,
            Assert.Single(await ((IRegistersWebhooks)Channel()).CheckAsync(new RegistrationCheckRequest(null, true),
                CancellationToken.None)).State);
    }
}
