using System.Text;
using System.Text.Json.Nodes;
using Serverless.Channels;
using Serverless.Contacts;
using Xunit;

namespace Serverless.Tests.Channels.Twilio;

/// <summary>What we ask of Twilio: replies, files, a second look, how numbers are set up.</summary>
public sealed class TwilioAbilitiesTests : IAsyncLifetime
{
    private const string Base = "https://contact.example.com/api/hooks/twilio";
    private TwilioApi _api = null!;

    public async Task InitializeAsync() => _api = await TwilioApi.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    private IChannel Channel(params (string Name, string? Value)[] more) =>
        new TwilioSetup([("Channels__Twilio__ApiUrl", _api.Address), ("Channels__Twilio__AccountSid", TwilioApi.Account), .. more]).Channel;

    private static Reply Answer(string from, string? text = "Guten Tag", ReplyTemplate? template = null) => new()
    {
        Id = "0123456789abcdef0123456789abcdef",
        To = new TwilioSetup().Event(TwilioSetup.Message(from)).Contact,
        Text = text ?? "",
        CaseNumber = "3CF4GH7",
        Template = template,
    };

    private Task<ReplyOutcome> SendAsync(Reply reply, params (string Name, string? Value)[] more) =>
        ((ISendsReplies)Channel(more)).SendAsync(reply, CancellationToken.None);

    [Fact]
    public async Task An_SMS_goes_out_from_the_number_that_was_written_to_and_its_callback_gives_our_id_back()
    {
        var sent = Assert.IsType<ReplyOutcome.Sent>(await SendAsync(Answer("+4915125550142", "Grüße & mehr")));
        var form = Assert.Single(_api.Messages);
        Assert.Equal(("+4915125550142", "+493023125200", "Grüße & mehr"), (form["To"], form["From"], form["Body"]));
        Assert.Equal($"{Base}/messages/status?reply=0123456789abcdef0123456789abcdef", form["StatusCallback"]);
        var contact = sent.Event.Contact;
        Assert.Equal((Direction.Outbound, "sms", "+4915125550142 +493023125200"), (contact.Direction, contact.Network, contact.ThreadKey));

        var callback = TwilioSetup.Delivery("messages/status?reply=0123456789abcdef0123456789abcdef", ("AccountSid", "AC1"),
            ("MessageSid", contact.ExternalId), ("MessageStatus", "undelivered"), ("ErrorCode", "30005"));
        Assert.Equal(
            new Parsed.StatusUpdate(new MessageStatus("AC1", contact.ExternalId, MessageState.Failed, TwilioSetup.Now, "30005",
                "0123456789abcdef0123456789abcdef")), new TwilioSetup().Read(callback));
    }

    [Fact]
    public async Task WhatsApp_goes_out_by_WhatsApp_and_a_template_by_its_name()
    {
        await SendAsync(Answer("whatsapp:+4915125550142"));
        await SendAsync(Answer("whatsapp:+4915125550142", null, new ReplyTemplate("HX1", "de", ["Anna", "\"morgen\""])));
        Assert.Equal(["whatsapp:+493023125200", "whatsapp:+493023125200"], _api.Messages.Select(m => m["From"]));
        Assert.Equal(("HX1", "{\"1\":\"Anna\",\"2\":\"\\\"morgen\\\"\"}"),
            (_api.Messages.Last()["ContentSid"], _api.Messages.Last()["ContentVariables"]));
        Assert.False(_api.Messages.Last().ContainsKey("Body"));
    }

    [Theory]
    [InlineData(400, 63016, ReplyReasons.TemplateNeeded)]
    [InlineData(400, 21610, ReplyReasons.RecipientGone)]
    [InlineData(400, 21614, ReplyReasons.NoReplyPath)]
    [InlineData(400, 21606, ReplyReasons.NotPermitted)]
    [InlineData(400, 21617, ReplyReasons.TooLong)]
    [InlineData(400, 30007, ReplyReasons.ContentRefused)]
    [InlineData(401, 20003, ReplyReasons.NotPermitted)]
    public async Task What_Twilio_refuses_is_final_and_says_why(int status, int code, string reason)
    {
        _api.Trouble = (status, code, null);
        Assert.Equal(reason, Assert.IsType<ReplyOutcome.Refused>(await SendAsync(Answer("+4915125550142"))).Reason);
    }

    [Fact]
    public async Task What_may_have_gone_out_is_uncertain_and_what_certainly_did_not_is_tried_later()
    {
        _api.Trouble = (429, 20429, 7);
        Assert.Equal(new ReplyOutcome.Later(ReplyReasons.RateLimited, TimeSpan.FromSeconds(7)), await SendAsync(Answer("+4915125550142")));
        _api.Trouble = (503, 20500, null);
        Assert.IsType<ReplyOutcome.Uncertain>(await SendAsync(Answer("+4915125550142")));
        (_api.Trouble, _api.Cuts) = (null, true);
        Assert.IsType<ReplyOutcome.Uncertain>(await SendAsync(Answer("+4915125550142")));
        _api.Cuts = false;
        Assert.IsType<ReplyOutcome.Later>(await SendAsync(Answer("+4915125550142"), ("Channels__Twilio__ApiUrl", "http://127.0.0.1:9")));
        Assert.Equal(ReplyReasons.TooLong,
            Assert.IsType<ReplyOutcome.Refused>(await SendAsync(Answer("+4915125550142", new string('x', 1601)))).Reason);
        Assert.Empty(_api.Messages);
    }

    [Fact]
    public async Task While_the_token_is_rotated_the_one_before_is_tried_too()
    {
        Assert.IsType<ReplyOutcome.Sent>(await SendAsync(Answer("+4915125550142"), ("Channels__Twilio__AuthToken", "not-yet-promoted"),
            ("Channels__Twilio__PreviousAuthToken", TwilioApi.Token)));
        Assert.Equal(2, _api.Calls.Count);
    }

    [Fact]
    public async Task A_file_is_fetched_with_the_token_and_never_shows_it_to_the_host_it_lies_with()
    {
        _api.Files["/elsewhere/1"] = "ein Bild"u8.ToArray();
        var opens = (IReadsAttachments)Channel();
        var contact = Answer("+4915125550142").To;
        // The double's second host takes no credentials: 127.0.0.1 and localhost are two hosts.
        var opened = await opens.OpenAsync(contact, new Attachment($"{_api.Address}/recordings/none.mp3"), CancellationToken.None);
        Assert.IsType<OpenedAttachment.Later>(opened);
        opened = await opens.OpenAsync(contact with { ReceivedAt = contact.ReceivedAt.AddHours(-2) },
            new Attachment($"{_api.Address}/recordings/none.mp3"), CancellationToken.None);
        Assert.IsType<OpenedAttachment.Gone>(opened);
        _api.Files["/recordings/1.mp3"] = "eine Stimme"u8.ToArray();
        var content =
            Assert.IsType<OpenedAttachment.Content>(await opens.OpenAsync(contact, new Attachment($"{_api.Address}/recordings/1.mp3"),
                CancellationToken.None));
        using var reader = new StreamReader(content.Bytes);
        Assert.Equal("eine Stimme", await reader.ReadToEndAsync());
        var foreign = await opens.OpenAsync(contact,
            new Attachment($"{_api.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)}/elsewhere/1"),
            CancellationToken.None);
        using var picture = new StreamReader(Assert.IsType<OpenedAttachment.Content>(foreign).Bytes);
        Assert.Equal("ein Bild", await picture.ReadToEndAsync());
    }

    [Fact]
    public async Task A_second_look_reads_page_after_page_and_finds_the_ids_of_the_webhooks()
    {
        for (var n = 3; n > 0; n--) _api.Held["calls"].Add(Call($"CA{n}", "no-answer", "Fri, 20 Nov 2026 08:0" + n + ":00 +0000"));
        var looks = (IReconciles)Channel();
        Assert.Equal(["calls AC1", "messages AC1"], looks.Sources.Select(s => s.Name));
        var since = TwilioSetup.Now.AddDays(-3);
        var first = Assert.IsType<ReconciliationResult.Page>(await looks.ReadAsync("calls AC1", new ReconciliationStart(null, since),
            CancellationToken.None));
        var second = Assert.IsType<ReconciliationResult.Page>(await looks.ReadAsync("calls AC1",
            new ReconciliationStart(first.Cursor, since), CancellationToken.None));
        Assert.Equal((true, false, 3), (first.More, second.More, first.Held.Count + second.Held.Count));
        Assert.Contains("StartTime%3E=2026-11-17", _api.Calls[0], StringComparison.Ordinal);
        await looks.ReadAsync("calls AC1", new ReconciliationStart(second.Cursor, since), CancellationToken.None);
        Assert.Contains("StartTime%3E=2026-11-19", _api.Calls[^1], StringComparison.Ordinal);

        var events = Channel().Read(Found(first.Held[0])).Select(e => ((Parsed.Found)e.Read()).Event).ToList();
        Assert.Equal(["CA3:incoming Ringing", "CA3:no-answer:look Missed"], events.Select(e => $"{e.EventId} {e.Contact.Call!.Outcome}"));
        Assert.All(events, e =>
            Assert.Equal(("AC1", "CA3", "+4915125550142 +493023125200"), (e.Contact.Account, e.Contact.ExternalId, e.Contact.ThreadKey)));
    }

    [Fact]
    public void A_leg_that_reached_a_colleague_answers_the_call_and_a_message_is_the_one_of_the_webhook()
    {
        var leg = Call("CA2", "completed", "Fri, 20 Nov 2026 08:00:00 +0000");
        (leg["parent_call_sid"], leg["duration"], leg["to"]) = ("CA1", "31", "+493023125111");
        var answered = Assert.IsType<Parsed.Found>(Channel()
            .Read(Found(new ProviderRecord("call", Encoding.UTF8.GetBytes(leg.ToJsonString())))).Last().Read()).Event;
        Assert.Equal(("CA1", CallOutcome.Answered, "+493023125111"),
            (answered.Contact.ExternalId, answered.Contact.Call!.Outcome, answered.Contact.Call.Answerer));

        var message = new JsonObject { ["sid"] = "SM1", ["account_sid"] = "AC1", ["direction"] = "inbound", ["status"] = "received",
            ["from"] = "+4915125550142", ["to"] = "+493023125200", ["body"] = "Hallo", ["num_media"] = "0",
            ["date_sent"] = "Fri, 20 Nov 2026 08:00:00 +0000" };
        var found = Assert.IsType<Parsed.Found>(Assert.Single(Channel()
            .Read(Found(new ProviderRecord("message", Encoding.UTF8.GetBytes(message.ToJsonString()))))).Read()).Event;
        var told = new TwilioSetup().Event(TwilioSetup.Message("+4915125550142", ("Body", "Hallo")));
        Assert.Equal((told.EventId, told.Contact.ThreadKey, told.Contact.Entry, "Hallo"),
            (found.EventId, found.Contact.ThreadKey, found.Contact.Entry, found.Contact.Text));
    }

    [Fact]
    public async Task Numbers_that_lead_nowhere_are_repaired_and_those_that_lead_elsewhere_are_left()
    {
        _api.Numbers.Add(Number("PN1", "+493023125100", null, null, "https://demo.twilio.com/welcome/sms/reply"));
        _api.Numbers.Add(Number("PN2", "+493023125200", $"{Base}/voice", $"{Base}/voice/status#rc=3", "https://other.example.com/sms"));
        var channel = (IRegistersWebhooks)Channel();
        var seen = await channel.CheckAsync(new RegistrationCheckRequest("https://contact.example.com", false), CancellationToken.None);
        Assert.Equal(["Drifted", "Drifted", "Drifted", "Right", "Right", "Foreign"], seen.Select(r => r.State.ToString()));
        Assert.Equal("number 493023125100 voice", seen[0].Name);
        var repaired = await channel.CheckAsync(new RegistrationCheckRequest("https://contact.example.com", true), CancellationToken.None);
        Assert.Equal(3, repaired.Count(r => r.State == RegistrationState.Repaired));
        Assert.Equal("https://other.example.com/sms", _api.Numbers[1]["sms_url"]!.GetValue<string>());
        Assert.Equal(5,
            (await channel.CheckAsync(new RegistrationCheckRequest("https://contact.example.com", true), CancellationToken.None)).Count(r =>
                r.State == RegistrationState.Right));
        _api.Trouble = (401, 20003, null);
        Assert.Equal(RegistrationState.Unknown,
            Assert.Single(await channel.CheckAsync(new RegistrationCheckRequest("https://contact.example.com", true),
                CancellationToken.None)).State);
        _api.Trouble = null;
        Assert.Equal(RegistrationState.ByHand,
            Assert.Single(await ((IRegistersWebhooks)new TwilioSetup().Channel).CheckAsync(new RegistrationCheckRequest(null, true),
                CancellationToken.None)).State);
    }

    [Fact]
    public async Task Messaging_services_and_WhatsApp_senders_are_heard_where_they_lead_and_foreign_ones_are_left()
    {
        _api.Services.Add((Service("MG1", null, onNumber: true), 1));
        _api.Services.Add((Service("MG2", "https://other.example.com/sms"), 1));
        _api.Services.Add((Service("MG3", $"{Base}/old"), 1));
        _api.Services.Add((Service("MG4", null), 1));
        _api.Services.Add((Service("MG5", null), 0));
        _api.Senders.Add(new JsonObject { ["sid"] = "XE1", ["sender_id"] = "whatsapp:+493023125300",
            ["webhook"] = new JsonObject { ["callback_url"] = null, ["status_callback_url"] = "https://other.example.com/status" } });
        _api.Senders.Add(new JsonObject { ["sid"] = "XE2", ["sender_id"] = "whatsapp:+493023125301",
            ["webhook"] = new JsonObject { ["callback_url"] = "https://other.example.com/wa" } });
        var channel = (IRegistersWebhooks)Channel();
        async Task<IEnumerable<string>> CheckAsync(bool repair) =>
            (await channel.CheckAsync(new RegistrationCheckRequest("https://contact.example.com", repair),
                CancellationToken.None)).Select(r => $"{r.Name}: {r.State}");

        string[] seen = ["messaging service MG1: Right", "messaging service MG2: Foreign", "messaging service MG3: Drifted",
            "messaging service MG4: Drifted", "WhatsApp sender 493023125300: Drifted", "WhatsApp sender 493023125301: Foreign"];
        Assert.Equal(seen, await CheckAsync(repair: false));
        // Without an address its messages may go to Conversations: that is for a person.
        Assert.Equal(["Right", "Foreign", "Repaired", "Drifted", "Repaired", "Foreign"],
            (await CheckAsync(repair: true)).Select(r => r.Split(": ")[1]));
        Assert.Equal(($"{Base}/messages#rc=5&rp=5xx,ct,rt", "POST"),
            ((string)_api.Services[2].Service["inbound_request_url"]!, (string)_api.Services[2].Service["inbound_method"]!));
        Assert.Equal(($"{Base}/messages#rc=5&rp=5xx,ct,rt", "https://other.example.com/status"),
            ((string)_api.Senders[0]["webhook"]!["callback_url"]!, (string)_api.Senders[0]["webhook"]!["status_callback_url"]!));
        Assert.Equal(["Right", "Foreign", "Right", "Drifted", "Right", "Foreign"],
            (await CheckAsync(repair: true)).Select(r => r.Split(": ")[1]));
    }

    private static JsonObject Service(string sid, string? url, bool onNumber = false) =>
        new() { ["sid"] = sid, ["inbound_request_url"] = url, ["use_inbound_webhook_on_number"] = onNumber };

    private static Delivery Found(ProviderRecord held) => new()
    {
        Id = new string('0', 32),
        Channel = "twilio",
        Method = "LOOK",
        PathAndQuery = $"/api/hooks/twilio/look/{held.Kind}",
        Headers = new Dictionary<string, string>(StringComparer.Ordinal),
        Body = held.Body,
        ReceivedAt = TwilioSetup.Now,
        Arrival = Arrival.LookedAgain,
    };

    private static JsonObject Call(string sid, string status, string at) => new()
    {
        ["sid"] = sid, ["account_sid"] = "AC1", ["parent_call_sid"] = null, ["direction"] = "inbound", ["status"] = status,
        ["from"] = "+4915125550142", ["to"] = "+493023125200",
        ["start_time"] = at, ["end_time"] = at, ["duration"] = "0", ["caller_name"] = null,
    };

    private static JsonObject Number(string sid, string number, string? voice, string? status, string? sms) => new()
    {
        ["sid"] = sid, ["phone_number"] = number, ["voice_url"] = voice, ["status_callback"] = status, ["sms_url"] = sms,
        ["voice_application_sid"] = "", ["sms_application_sid"] = "", ["trunk_sid"] = null,
        ["capabilities"] = new JsonObject { ["voice"] = true, ["sms"] = true },
    };
}
