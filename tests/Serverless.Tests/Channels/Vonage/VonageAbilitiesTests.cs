using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Vonage;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Vonage;

/// <summary>What Vonage's channel does by itself at Vonage: answers, transcriptions, files, second looks, upkeep; against a strict double
/// of Vonage's API over real HTTP.</summary>
public sealed partial class VonageAbilitiesTests : IAsyncLifetime
{
    private const string Hooks = "https://contact.example.com/api/hooks/vonage/";
    private static readonly RegistrationCheckRequest Watch = new("https://contact.example.com", Repair: false);
    private static readonly RegistrationCheckRequest Repair = Watch with { Repair = true };

    private readonly FakeTime _time = new(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero));
    private VonageApi _vonage = null!;
    private VonageChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _vonage = await VonageApi.StartAsync(_time);
        _channel = Make();
    }

    public async Task DisposeAsync() => await _vonage.DisposeAsync();

    [Theory]
    [InlineData("11-sms", "sms", "442079460200", "442079460955")]
    [InlineData("12-whatsapp-photo", "whatsapp", "493023125300", "493023125077")]
    [InlineData("14-messenger", "messenger", "109283746501928", "7203948571029384")]
    [InlineData("01-call-rings", "sms", "442079460200", "442079460955")]
    public async Task A_contact_is_answered_on_its_network_from_the_number_it_came_to(string seed, string channel, string from, string to)
    {
        var contact = Contact(seed);
        var sent = Assert.IsType<ReplyOutcome.Sent>(await _channel.SendAsync(ReplyWords.To(contact, "Morgen um acht."), default)).Event;
        var message = Assert.Single(_vonage.Sent);
        Assert.Equal(
            (channel, from, to, "text", "Morgen um acht.", new string('a', 32)),
            (message.GetProperty("channel").GetString(), message.GetProperty("from").GetString(), message.GetProperty("to").GetString(),
                message.GetProperty("message_type").GetString(), message.GetProperty("text").GetString(), message.GetProperty("client_ref")
                .GetString()));
        Assert.Equal((contact.Account, contact.ThreadKey, Direction.Outbound),
            (sent.Contact.Account, sent.Contact.ThreadKey, sent.Contact.Direction));

        // The status names the message by the same account and id.
        var status = Assert.IsType<Parsed.StatusUpdate>(
            Read(Call("messages/status",
                $$"""{"message_uuid":"{{sent.Contact.ExternalId}}","status":"delivered","client_ref":"{{new string('a', 32)}}"}"""))).Message;
        Assert.Equal((sent.Contact.Account, sent.Contact.ExternalId, new string('a', 32)),
            (status.Account, status.ExternalId, status.ReplyId));
    }

    [Fact]
    public async Task WhatsApp_takes_a_template_once_its_window_is_over()
    {
        var contact = Contact("12-whatsapp-photo");
        _time.Advance(TimeSpan.FromHours(24));
        Assert.Equal("refused:template-needed", ReplyWords.Of(await _channel.SendAsync(ReplyWords.To(contact, "Hallo"), default)));
        Assert.Equal("refused:window-closed",
            ReplyWords.Of(await _channel.SendAsync(ReplyWords.To(Contact("14-messenger"), "Hello"), default)));
        Assert.Empty(_vonage.Sent);
        Assert.Equal("sent",
            ReplyWords.Of(await _channel.SendAsync(ReplyWords.To(contact, "") with { Template = new("termin", "de", ["Jana", "8 Uhr"]) },
                default)));
        var message = Assert.Single(_vonage.Sent);
        Assert.Equal(("template", "de", "termin", """["Jana","8 Uhr"]"""),
            (message.GetProperty("message_type").GetString(), message.GetProperty("whatsapp").GetProperty("locale").GetString(),
                message.GetProperty("template").GetProperty("name").GetString(), message.GetProperty("template").GetProperty("parameters")
                .GetRawText()));
    }

    [Theory]
    [InlineData(429, "Retry-After: 7", "later:rate-limited:7")]
    [InlineData(429, null, "later:rate-limited:")]
    [InlineData(503, null, "uncertain:unreachable")]
    [InlineData(0, null, "uncertain:unreachable")]
    [InlineData(202, null, "uncertain:unreachable")]
    [InlineData(401, null, "refused:not-permitted")]
    [InlineData(402, null, "refused:not-permitted")]
    [InlineData(422, null, "refused:content-refused")]
    public async Task What_Vonage_answers_to_a_reply_is_a_value(int status, string? header, string expected)
    {
        _vonage.Trouble(status, header, body: """{"type":"https://developer.vonage.com/api-errors/messages#1120"}""");
        Assert.Equal(expected, ReplyWords.Of(await _channel.SendAsync(ReplyWords.To(Contact("11-sms"), "Hello"), default)));
    }

    [Fact]
    public async Task A_text_that_is_too_long_or_has_no_way_back_is_not_sent()
    {
        Assert.Equal("refused:too-long",
            ReplyWords.Of(await _channel.SendAsync(ReplyWords.To(Contact("11-sms"), new string('x', 1001)), default)));
        Assert.Equal("refused:no-reply-path",
            ReplyWords.Of(await _channel.SendAsync(ReplyWords.To(Contact("09-withheld"), "Hallo"), default)));
        Assert.Equal("refused:not-permitted",
            ReplyWords.Of(await Make(("Channels__Vonage__PrivateKey", null))
                .SendAsync(ReplyWords.To(Contact("11-sms"), "Hello"), default)));
        Assert.Empty(_vonage.Sent);
    }

    [Fact]
    public async Task The_words_of_a_message_are_fetched_and_join_the_call()
    {
        _vonage.Files["/v1/files/1"] =
            """{"channels":[{"transcript":[{"sentence":"Guten Tag, hier ist Jana Köhler."},{"sentence":" Bitte rufen Sie zurück."}]}]}""";
        var url = new Uri(_vonage.Address, "/v1/files/1").ToString();
        var delivery = Call("voice/transcription",
            $$"""{"conversation_uuid":"CON-1","recording_uuid":"r1","transcription_url":"{{url}}"}""");
        var thin = Assert.IsType<Parsed.Reference>(Read(delivery));
        var document = Assert.IsType<FetchedContent.Document>(await _channel.FetchAsync(thin.Resource, default));
        var found = Assert.IsType<Parsed.Found>(_channel.Read(delivery, thin.Resource, document.Body)).Event;
        Assert.Equal(("CON-1", "Guten Tag, hier ist Jana Köhler. Bitte rufen Sie zurück.", CallOutcome.Voicemail),
            (found.Contact.ExternalId, found.Contact.Text, found.Contact.Call!.Outcome));
        Assert.Equal("transcription-without-text",
            Assert.IsType<Parsed.Ignored>(_channel.Read(delivery, thin.Resource, "{}"u8.ToArray())).Reason);
    }

    // A callback names the address; whoever wrote it must not get our token.
    [Theory]
    [InlineData("https://files.example.com/v1/files/1")]
    [InlineData("https://api.nexmo.com.example.com/1")]
    [InlineData("https://evilnexmo.com/1")]
    [InlineData("http://api.nexmo.com/1")]
    [InlineData("https://api.nexmo.com:8443/1")]
    [InlineData("no address")]
    public async Task Our_token_goes_to_Vonage_alone(string resource) =>
    Assert.Equal("foreign-address", Assert.IsType<FetchedContent.Gone>(await _channel.FetchAsync(resource, default)).Reason);

    [Theory]
    [InlineData(404, "gone:gone-at-provider", "gone:gone-at-provider")]
    [InlineData(401, "later:refused", "later:refused")]
    [InlineData(429, "later:rate-limited", "later:rate-limited")]
    [InlineData(503, "later:unreachable", "later:unreachable")]
    [InlineData(0, "later:unreachable", "later:unreachable")]
    public async Task What_cannot_be_fetched_or_opened_says_why(int status, string fetched, string opened)
    {
        var url = new Uri(_vonage.Address, "/v1/files/1").ToString();
        _vonage.Trouble(status);
        Assert.Equal(fetched,
            await _channel.FetchAsync(url, default) switch { FetchedContent.Gone gone =>
                $"gone:{gone.Reason}", FetchedContent.Later later => $"later:{later.Reason}", _ => "document" });
        _vonage.Trouble(status);
        Assert.Equal(opened,
            await _channel.OpenAsync(Contact("05-message-left"), new Attachment(url), default) switch { OpenedAttachment.Gone gone =>
                $"gone:{gone.Reason}", OpenedAttachment.Later later => $"later:{later.Reason}", _ => "content" });
    }

    [Fact]
    public async Task A_recording_is_opened_with_our_token()
    {
        _vonage.Files["/v1/files/7"] = "sound";
        var content =
            Assert.IsType<OpenedAttachment.Content>(await _channel.OpenAsync(Contact("05-message-left"),
                new Attachment(new Uri(_vonage.Address, "/v1/files/7").ToString()), default));
        Assert.Equal("sound", await new StreamReader(content.Bytes).ReadToEndAsync());
    }

    [Fact]
    public void Calls_are_looked_at_again_where_the_application_may_ask()
    {
        Assert.Equal(new ReconciliationSource("calls", TimeSpan.FromMinutes(20)),
            Assert.Single(Make(("Channels__Vonage__LookMinutes", "20")).Sources));
        Assert.Empty(Make(("Channels__Vonage__LookMinutes", "20"), ("Channels__Vonage__PrivateKey", null)).Sources);
        Assert.Empty(_channel.Sources);
    }

    [Fact]
    public async Task A_second_look_brings_in_calls_under_the_ids_of_their_callbacks()
    {
        _vonage.Calls.Add(Held("CON-7e1f0000-0001-4a52-9f0e-000000000001", "inbound", "completed", "2026-11-20T10:15:00Z", "442079460955",
            "442079460200", 71));
        for (var n = 0; n < 120; n++)
            _vonage.Calls.Add(Held($"CON-{n}", "inbound", "completed", $"2026-11-20T11:{n / 3:00}:{n % 3}0Z", "493023125077",
                "493023125300", 5));
        _vonage.Calls.Add(Held("CON-119", "outbound", "completed", "2026-11-20T11:39:25Z", "493023125300", "493023125311", 240));
        List<Contact> found = [];
        string? cursor = null;
        for (var more = true; more;)
        {
            var page = Assert.IsType<ReconciliationResult.Page>(await _channel.ReadAsync("calls",
                new(cursor, _time.GetUtcNow().AddHours(-3)), default));
            found.AddRange(page.Held.Select(h => ((Parsed.Found)Read(Look(h))).Event.Contact));
            (cursor, more) = (page.Cursor, page.More);
        }

        Assert.Equal(121, found.Count);
        Assert.Equal(121, found.Select(c => c.ExternalId).Distinct(StringComparer.Ordinal).Count());
        var rung = Contact("01-call-rings");
        Assert.Equal((rung.Account, rung.ExternalId, rung.ThreadKey), (found[0].Account, found[0].ExternalId, found[0].ThreadKey));
        Assert.Equal((CallOutcome.Missed, true, 71), (found[0].Call!.Outcome, found[0].Call!.Ended, found[0].Call!.DurationSeconds));
        Assert.Equal((CallOutcome.Answered, "+493023125311"), (found[^1].Call!.Outcome, found[^1].Call!.Answerer));

        Assert.Empty(Assert.IsType<ReconciliationResult.Page>(await _channel.ReadAsync("calls", new(cursor, default), default)).Held);
        _vonage.Calls.Add(Held("CON-new", "inbound", "completed", "2026-11-20T11:55:00Z", "493023125077", "493023125300", 5));
        _time.Advance(TimeSpan.FromMinutes(15));
        Assert.Single(Assert.IsType<ReconciliationResult.Page>(await _channel.ReadAsync("calls", new(cursor, default), default)).Held);
    }

    [Theory]
    [InlineData(401, "refused")]
    [InlineData(429, "rate-limited")]
    [InlineData(500, "unreachable")]
    [InlineData(0, "unreachable")]
    [InlineData(200, "unreadable")]
    public async Task A_look_that_fails_keeps_its_place(int status, string reason)
    {
        _vonage.Trouble(status, body: "<html>");
        Assert.Equal(reason,
            Assert.IsType<ReconciliationResult.Later>(await _channel.ReadAsync("calls", new(null, _time.GetUtcNow().AddHours(-1)),
                default)).Reason);
    }

    [Fact]
    public async Task Upkeep_repairs_the_application_and_links_numbers_and_keeps_what_it_does_not_know()
    {
        _vonage.Application = Application("");
        _vonage.Numbers.Add(Number("442079460200"));
        var watched = await _channel.CheckAsync(Watch, default);
        Assert.All(watched, r => Assert.Equal(RegistrationState.Drifted, r.State));
        Assert.All(watched, r => Assert.NotNull(r.Step));
        Assert.Equal(0, _vonage.Puts);

        Assert.All(await _channel.CheckAsync(Repair, default), r => Assert.Equal(RegistrationState.Repaired, r.State));
        Assert.All(await _channel.CheckAsync(Repair, default), r => Assert.Equal(RegistrationState.Right, r.State));
        Assert.Equal(1, _vonage.Puts);
        var voice = _vonage.Application["capabilities"]!["voice"]!;
        Assert.Equal((Hooks + "voice/answer", "POST", true),
            ((string?)voice["webhooks"]!["answer_url"]!["address"], (string?)voice["webhooks"]!["answer_url"]!["http_method"],
                (bool)voice["signed_callbacks"]!));
        Assert.Equal("eu-west", (string?)voice["region"]);
        Assert.Equal("v1", (string?)_vonage.Application["capabilities"]!["messages"]!["version"]);
        Assert.Equal("-----BEGIN PUBLIC KEY-----", (string?)_vonage.Application["keys"]!["public_key"]);
    }

    [Fact]
    public async Task Upkeep_never_touches_what_leads_elsewhere()
    {
        _vonage.Application = Application("https://test.example.com/api/hooks/vonage/");
        var number = Number("442079460200");
        number["app_id"] = "another-application";
        _vonage.Numbers.Add(number);
        var before = _vonage.Application.ToJsonString();
        var found = await _channel.CheckAsync(Repair, default);
        Assert.Equal(["voice answer_url", "voice fallback_answer_url", "voice event_url", "messages inbound_url", "messages status_url",
            "number 442079460200"], found.Select(f => f.Name));
        Assert.All(found, r => Assert.Equal(RegistrationState.Foreign, r.State));
        Assert.Equal((before, 0), (_vonage.Application.ToJsonString(), _vonage.Puts));
    }

    [Theory]
    [InlineData(401, RegistrationState.Unknown)]
    [InlineData(429, RegistrationState.Unknown)]
    [InlineData(500, RegistrationState.Unknown)]
    [InlineData(0, RegistrationState.Unknown)]
    [InlineData(200, RegistrationState.Unknown)]
    [InlineData(404, RegistrationState.Drifted)]
    public async Task What_Vonage_does_not_tell_is_not_guessed(int status, RegistrationState state)
    {
        _vonage.Trouble(status, body: "<html>");
        Assert.Equal(state, Assert.Single(await _channel.CheckAsync(Repair, default)).State);
    }
}
