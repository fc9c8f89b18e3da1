using System.Text.Json.Nodes;
using Serverless.Channels;
using Serverless.Contacts;
using Xunit;

namespace Serverless.Tests.Channels.Sipgate;

/// <summary>What the channel asks sipgate for: the call history, an SMS, the webhook addresses.</summary>
public sealed class SipgateAbilityTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Morning = new(2026, 11, 20, 8, 0, 0, TimeSpan.Zero);

    private SipgateServer _api = null!;

    public async Task InitializeAsync() => _api = await SipgateServer.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task The_second_look_finds_calls_under_the_ids_of_their_pushes_and_what_no_push_tells()
    {
        Add("CALL", "c1", "MISSED_INCOMING", "+442079460555", 0, ("callId", "5f1c01"), ("callStatus", "MISSED"));
        Add("CALL", "c2", "INCOMING", "+442079460556", 1, ("callId", "5f1c03"), ("callStatus", "SUCCESS"), ("duration", 300));
        Add("CALL", "c3", "INCOMING", "+442079460556", 3, ("callId", "5f1c04"), ("callStatus", "SUCCESS"), ("duration", 60));
        Add("VOICEMAIL", "v1", "INCOMING", "+4915123456789", 10, ("transcription", "Bitte rufen Sie zurück."),
            ("recordingUrl", $"{_api.Url}/files/voicemail.mp3"), ("duration", 34));
        Add("SMS", "m1", "INCOMING", "+4915123456780", 11, ("smsContent", "Danke!"));
        Add("SMS", "m2", "OUTGOING", "+4915123456780", 12, ("smsContent", "Gern."));
        Add("FAX", "f1", "INCOMING", "+4915123456780", 13);

        var page = Assert.IsType<ReconciliationResult.Page>(await Look(null));
        Assert.Equal(["call", "call", "voicemail", "sms"], page.Held.Select(h => h.Kind));
        Assert.False(page.More);
        var found = page.Held.Select(Read).ToList();
        Assert.Equal(["5f1c01", "5f1c03", "voicemail:v1", "sms:m1"], found.Select(c => c.ExternalId));
        Assert.Equal([ContactKind.MissedCall, ContactKind.Call, ContactKind.Voicemail, ContactKind.Message], found.Select(c => c.Kind));
        Assert.Equal(("Bitte rufen Sie zurück.", "+4915123456789 +493023125400"), (found[2].Text, found[2].ThreadKey));

        var opened = await ((IReadsAttachments)Channel()).OpenAsync(found[2], found[2].Attachments[0], default);
        using var reader = new StreamReader(Assert.IsType<OpenedAttachment.Content>(opened).Bytes);
        Assert.Equal("sound", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task The_second_look_goes_on_where_it_ended_and_sees_a_call_that_was_listed_late()
    {
        for (var i = 0; i < 60; i++) Add("CALL", $"c{i}", "MISSED_INCOMING", $"+44207946{i:0000}", i * 10, ("callId", $"id-{i}"));
        var first = Assert.IsType<ReconciliationResult.Page>(await Look(null));
        Assert.True(first.More);
        var second = Assert.IsType<ReconciliationResult.Page>(await Look(first.Cursor));
        Assert.False(second.More);
        Assert.Equal(60, first.Held.Concat(second.Held).Select(Read).Select(c => c.ExternalId).Distinct(StringComparer.Ordinal).Count());

        Add("CALL", "late", "MISSED_INCOMING", "+442079469999", 555, ("callId", "late"));
        var next = Assert.IsType<ReconciliationResult.Page>(await Look(second.Cursor));
        Assert.Contains("late", next.Held.Select(Read).Select(c => c.ExternalId));
        Assert.True(next.Held.Count < 20, "What was seen hours ago is not asked for again.");
    }

    [Fact]
    public async Task Nothing_older_than_the_beginning_is_brought_in()
    {
        Add("CALL", "c1", "MISSED_INCOMING", "+442079460555", -60, ("callId", "old"));
        Assert.Empty(Assert.IsType<ReconciliationResult.Page>(await Look(null)).Held);
    }

    [Theory]
    [InlineData(429, "7", "rate-limited", 7)]
    [InlineData(503, null, "unreachable", null)]
    [InlineData(403, null, "refused", null)]
    [InlineData(0, null, "unreachable", null)]
    public async Task A_look_that_fails_waits_and_keeps_its_place(int status, string? retryAfter, string reason, int? seconds)
    {
        _api.Trouble(status, retryAfter);
        Assert.Equal(new ReconciliationResult.Later(reason, seconds is { } s ? TimeSpan.FromSeconds(s) : null), await Look(null));
    }

    [Fact]
    public async Task A_reply_goes_out_as_an_sms_to_the_callers_number()
    {
        var sent = Assert.IsType<ReplyOutcome.Sent>(await Reply("Wir haben Ihren Anruf verpasst und rufen heute zurück."));
        Assert.Equal("+442079460555", (string?)Assert.Single(_api.Sms)["recipient"]);
        Assert.Equal((Direction.Outbound, "sms:0123", "sms"),
            (sent.Event.Contact.Direction, sent.Event.Contact.ExternalId, sent.Event.Contact.Network));
        Assert.False(((ISendsReplies)Channel()).Repeatable);
    }

    [Fact]
    public async Task What_became_of_a_try_to_send_is_said_exactly()
    {
        Assert.Equal(ReplyReasons.TooLong, Assert.IsType<ReplyOutcome.Refused>(await Reply(new string('a', 2000))).Reason);
        Assert.Equal(ReplyReasons.NoReplyPath,
            Assert.IsType<ReplyOutcome.Refused>(await Reply("Hallo", Contact() with { Reply = null })).Reason);
        _api.Trouble(429, "3");
        Assert.Equal(new ReplyOutcome.Later(ReplyReasons.RateLimited, TimeSpan.FromSeconds(3)), await Reply("Hallo"));
        _api.Trouble(402);
        Assert.Equal(ReplyReasons.NotPermitted, Assert.IsType<ReplyOutcome.Refused>(await Reply("Hallo")).Reason);
        _api.Trouble(400);
        Assert.Equal(ReplyReasons.ContentRefused, Assert.IsType<ReplyOutcome.Refused>(await Reply("Hallo")).Reason);
        foreach (var status in new[] { 500, 0 })
        {
            _api.Trouble(status);
            Assert.IsType<ReplyOutcome.Uncertain>(await Reply("Hallo"));
        }

        Assert.Empty(_api.Sms);
        Assert.IsType<ReplyOutcome.Later>(
            await ((ISendsReplies)SipgateCallTests.Channel(Token, ("Channels__Sipgate__Token", "x"), ("Channels__Sipgate__SmsId", "s0"),
                ("Channels__Sipgate__ApiUrl", "http://127.0.0.1:1/v2")))
            .SendAsync(new Reply { Id = "0123", To = Contact(), Text = "Hallo", CaseNumber = "7K3M-P2QX" }, default));
        Assert.Contains("Channels__Sipgate__TokenId",
            Assert.IsType<ReplyOutcome.Refused>(
                await ((ISendsReplies)SipgateCallTests.Channel()).SendAsync(new Reply { Id = "0", To = Contact(), Text = "x",
                    CaseNumber = "7" }, default)).Detail!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upkeep_enters_our_address_where_nobody_is_registered_and_keeps_the_rest()
    {
        Assert.All(await Check(repair: false), r => Assert.Equal(RegistrationState.Drifted, r.State));
        Assert.All(await Check(repair: true), r => Assert.Equal(RegistrationState.Repaired, r.State));
        Assert.Equal("https://contact.example.com/api/hooks/sipgate", (string?)_api.Settings["incomingUrl"]);
        Assert.Equal("""["p0"]""", _api.Settings["whitelist"]!.ToJsonString());
        Assert.All(await Check(repair: true), r => Assert.Equal(RegistrationState.Right, r.State));
    }

    [Fact]
    public async Task Upkeep_never_touches_what_leads_elsewhere()
    {
        _api.Settings["incomingUrl"] = "https://other.example.com/sipgate";
        _api.Settings["outgoingUrl"] = "https://contact.example.com/old";
        var found = await Check(repair: true);
        Assert.Equal([RegistrationState.Foreign, RegistrationState.Repaired], found.Select(r => r.State));
        Assert.NotNull(found[0].Step);
        Assert.Equal("https://other.example.com/sipgate", (string?)_api.Settings["incomingUrl"]);
    }

    [Fact]
    public async Task Upkeep_that_cannot_ask_says_what_a_person_does()
    {
        _api.Trouble(403);
        Assert.All(await Check(repair: true), r => Assert.True(r.State == RegistrationState.Unknown && r.Step is not null));
        var blind = (IRegistersWebhooks)SipgateCallTests.Channel();
        Assert.All(await blind.CheckAsync(new RegistrationCheckRequest("https://contact.example.com", Repair: true), default), r =>
            Assert.Contains("https://contact.example.com/api/hooks/sipgate", r.Step!, StringComparison.Ordinal));
        Assert.NotEmpty(((IReconciles)blind).Blind);
        Assert.Empty(((IReconciles)blind).Sources);
    }

    private static (string Name, string? Value) Token => ("Channels__Sipgate__TokenId", "token-TEST");

    private IChannel Channel() =>
        SipgateCallTests.Channel(Token, ("Channels__Sipgate__Token", "fake-sipgate-token"), ("Channels__Sipgate__SmsId", "s0"),
            ("Channels__Sipgate__ApiUrl", _api.Url));

    private Task<ReconciliationResult> Look(string? cursor) =>
        ((IReconciles)Channel()).ReadAsync("history", new ReconciliationStart(cursor, Morning), default);

    private Task<IReadOnlyList<Registration>> Check(bool repair) =>
        ((IRegistersWebhooks)Channel()).CheckAsync(new RegistrationCheckRequest("https://contact.example.com", repair), default);

    private Task<ReplyOutcome> Reply(string text, Contact? to = null) =>
        ((ISendsReplies)Channel()).SendAsync(new Reply { Id = "0123", To = to ?? Contact(), Text = text, CaseNumber = "7K3M-P2QX" },
            default);

    private static Contact Contact() => new()
    {
        Channel = "sipgate",
        Network = "voice",
        Account = "sipgate",
        ExternalId = "5f1c01",
        Kind = ContactKind.MissedCall,
        ThreadKey = "+442079460555 +493023125400",
        OccurredAt = Morning,
        ReceivedAt = Morning,
        Reply = new ReplyPath("+442079460555"),
    };

    private Contact Read(ProviderRecord held) => ((Parsed.Found)Channel().Read(new Delivery
    {
        Id = new string('0', 32),
        Channel = "sipgate",
        Method = "LOOK",
        PathAndQuery = $"/api/hooks/sipgate/look/{held.Kind}",
        Headers = new Dictionary<string, string>(StringComparer.Ordinal),
        Body = held.Body,
        ReceivedAt = Morning.AddDays(1),
        Arrival = Arrival.LookedAgain,
    }).Single().Read()).Event.Contact;

    private void Add(string type, string id, string direction, string customer, int minute, params (string Name, JsonNode Value)[] more)
    {
        var entry = new JsonObject
        {
            ["id"] = id,
            ["type"] = type,
            ["direction"] = direction,
            ["source"] = customer,
            ["target"] = "+493023125400",
            ["created"] = Morning.AddMinutes(minute).ToString("yyyy-MM-ddTHH:mm:ssZ"),
        };
        foreach (var (name, value) in more) entry[name] = value;
        _api.History.Add(entry);
    }
}
