using System.Security.Cryptography;
using System.Text;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels;

/// <summary>What telephony really sends: blocked callers, numbers without a plus, WhatsApp users without a number, signs under
/// messages.</summary>
public sealed class PhoneInputsTests
{
    private static ContactEvent Placetel(string form) => AnyChannel.Event("placetel", "", form);

    [Fact]
    public void A_caller_whom_the_company_blocked_is_owed_nothing_in_any_order()
    {
        var rang = Placetel("event=IncomingCall&from=01511234567&to=03023125500&call_id=b1&direction=in");
        var over = Placetel("event=HungUp&from=01511234567&to=03023125500&call_id=b1&direction=in&type=blocked&duration=0");
        Assert.True(over.Contact.Call!.Refused);
        Assert.Equal("nothing", Folded.Of([rang, over]).Owed);
        Assert.Null(Folded.Of([over, rang]).Head);
        Assert.Null(Folded.Of([over]).Head);
    }

    [Theory]
    [InlineData("4915112345678", "+4915112345678")]
    [InlineData("442079460100", "+442079460100")]
    [InlineData("+4915112345678", "+4915112345678")]
    [InlineData("004915112345678", "+4915112345678")]
    [InlineData("015112345678", "+4915112345678")]
    public void A_number_is_a_customer_however_it_is_written(string from, string number) =>
        Assert.Equal(number,
            Assert.Single(
                Placetel($"event=IncomingCall&from={Uri.EscapeDataString(from)}&to=03023125500&call_id=n1&direction=in").Contact.Parties).Value);

    [Theory]
    [InlineData("21")]
    [InlineData("100234")]
    [InlineData("777abc@fpbx.de")]
    public void An_extension_is_none(string from) =>
        Assert.Equal("internal-call",
            AnyChannel.Ignored(
                Assert.Single(AnyChannel.Read("placetel", "", $"event=IncomingCall&from={from}&to=22&call_id=n1&direction=in"))));

    [Fact]
    public void The_time_they_talked_is_in_the_journey() =>
        Assert.Equal(73,
            Placetel("event=HungUp&from=01511234567&to=03023125500&call_id=d1&direction=in&type=accepted&duration=73").Contact.Call!.DurationSeconds);

    [Theory]
    [InlineData("event=HungUp&from=03023125500&to=01511234567&call_id=o1&direction=out&duration=0")]
    [InlineData("event=HungUp&from=03023125500&to=01511234567&call_id=o1&direction=out&type=busy")]
    [InlineData("event=HungUp&from=03023125500&to=01511234567&call_id=o1&type=canceled")]
    public void A_bare_hang_up_of_an_outgoing_call_is_no_missed_call(string form)
    {
        var dialled = Placetel("event=OutgoingCall&from=03023125500&to=01511234567&call_id=o1&direction=out");
        foreach (var order in new[] { new[] { dialled, Placetel(form) }, [Placetel(form), dialled], [Placetel(form)] })
        {
            var folded = Folded.Of(order);
            Assert.Equal((ContactKind.Call, Direction.Outbound, null), (folded.Contact.Kind, folded.Contact.Direction, folded.Head));
        }
    }

    [Theory]
    [InlineData("user=", CallOutcome.Voicemail)]
    [InlineData("userId=w3", CallOutcome.Voicemail)]
    [InlineData("user=Voicemail", CallOutcome.Voicemail)]
    [InlineData("user=Eva", CallOutcome.Answered)]
    public void Only_a_named_user_of_sipgate_is_a_person(string user, CallOutcome outcome)
    {
        var call = AnyChannel.Event("sipgate", "",
            $"event=answer&callId=1&from=4915112345678&to=493023125400&direction=in&answeringNumber=493023125411&{user}").Contact.Call!;
        Assert.Equal((outcome, outcome == CallOutcome.Answered ? "Eva" : null), (call.Outcome, call.Answerer));
    }

    [Theory]
    [InlineData("491511234567", "DE.1349120865530274", "whatsapp:DE.1349120865530274 channel-1", "whatsapp:491511234567 channel-1",
        "phone +491511234567, bsuid DE.1349120865530274", "+491511234567")]
    [InlineData("", "DE.1349120865530274", "whatsapp:DE.1349120865530274 channel-1", null, "bsuid DE.1349120865530274",
        "DE.1349120865530274")]
    [InlineData("491511234567", "", "whatsapp:491511234567 channel-1", null, "phone +491511234567", "+491511234567")]
    public void Azure_names_a_whatsapp_user_by_number_and_id_or_by_one_of_them(string from, string id, string thread, string? alias,
        string parties, string reply)
    {
        var contact = Azure("AdvancedMessageReceived",
            $$"""{"content":"Hallo","channelType":"whatsapp","from":"{{from}}","fromBSUID":"{{id}}","to":"channel-1","receivedTimestamp":"2026-11-20T08:59:00Z"}""").Contact;
        Assert.Equal((thread, alias, reply), (contact.ThreadKey, contact.ThreadAlias, contact.Reply!.Address));
        Assert.Equal(parties, string.Join(", ", contact.Parties.Select(p => $"{p.Scheme} {p.Value}")));
    }

    [Theory]
    [InlineData("From=whatsapp%3A%2B491511234567&ExternalUserId=DE.13491", "whatsapp:DE.13491 whatsapp:+493023125200",
        "whatsapp:+491511234567 whatsapp:+493023125200", "phone +491511234567, bsuid DE.13491", "whatsapp:+491511234567")]
    [InlineData("ExternalUserId=DE.13491", "whatsapp:DE.13491 whatsapp:+493023125200", null, "bsuid DE.13491", "whatsapp:DE.13491")]
    [InlineData("From=whatsapp%3A&ExternalUserId=whatsapp%3ADE.13491", "whatsapp:DE.13491 whatsapp:+493023125200", null, "bsuid DE.13491",
        "whatsapp:DE.13491")]
    [InlineData("From=whatsapp%3ADE.13491", "whatsapp:DE.13491 whatsapp:+493023125200", null, "bsuid DE.13491", "whatsapp:DE.13491")]
    [InlineData("From=whatsapp%3A%2B491511234567", "whatsapp:+491511234567 whatsapp:+493023125200", null, "phone +491511234567",
        "whatsapp:+491511234567")]
    public void Twilio_names_a_whatsapp_user_by_number_and_id_or_by_one_of_them(string sender, string thread, string? alias, string parties,
        string reply)
    {
        var contact = AnyChannel.Event("twilio", "/messages",
            $"AccountSid=AC1&MessageSid=SM1&SmsStatus=received&To=whatsapp%3A%2B493023125200&Body=Hallo&{sender}").Contact;
        Assert.Equal((thread, alias, reply, "whatsapp"), (contact.ThreadKey, contact.ThreadAlias, contact.Reply!.Address, contact.Network));
        Assert.Equal(parties, string.Join(", ", contact.Parties.Select(p => $"{p.Scheme} {p.Value}")));
    }

    [Theory]
    [InlineData("\"from\":\"491511234567\",\"whatsapp\":{\"sender\":{\"user_id\":\"DE.13491\"}}", "whatsapp:DE.13491 +493023125600",
        "whatsapp:+491511234567 +493023125600", "phone +491511234567, bsuid DE.13491", "491511234567")]
    [InlineData("\"from\":\"DE.13491\"", "whatsapp:DE.13491 +493023125600", null, "bsuid DE.13491", "DE.13491")]
    [InlineData("\"whatsapp\":{\"sender\":{\"bsuid\":\"DE.13491\"}}", "whatsapp:DE.13491 +493023125600", null, "bsuid DE.13491",
        "DE.13491")]
    [InlineData("\"from\":\"491511234567\"", "whatsapp:+491511234567 +493023125600", null, "phone +491511234567", "491511234567")]
    public void Vonage_names_a_whatsapp_user_by_number_and_id_or_by_one_of_them(string sender, string thread, string? alias, string parties,
        string reply)
    {
        var contact =
            Vonage($$"""{"channel":"whatsapp","message_uuid":"m1","to":"493023125600","timestamp":"2026-11-20T08:59:00Z","message_type":"text","text":"Hallo",{{sender}}}""").Contact;
        Assert.Equal((thread, alias, reply), (contact.ThreadKey, contact.ThreadAlias, contact.Reply!.Address));
        Assert.Equal(parties, string.Join(", ", contact.Parties.Select(p => $"{p.Scheme} {p.Value}")));
    }

    [Fact]
    public void A_sign_under_a_message_is_shown_and_starts_nothing()
    {
        var azure = Azure("AdvancedMessageReceived",
            """{"messageType":"reaction","reaction":{"messageId":"wamid.O1","emoji":"👍"},"channelType":"whatsapp","from":"491511234567","to":"channel-1"}""");
        var vonage = Vonage(
            """{"channel":"whatsapp","message_uuid":"m2","from":"491511234567","to":"493023125600","message_type":"reaction","reaction":{"action":"react","emoji":"👍"},"context":{"message_uuid":"m1"}}""");
        foreach (var e in new[] { azure, vonage })
        {
            Assert.Equal((ContactKind.Reaction, "👍", ContactChange.Received), (e.Contact.Kind, e.Contact.Text, e.Change));
            Assert.Null(Folded.Of([e]).Head);
        }
    }

    [Fact]
    public void Mail_reports_of_azure_open_no_case()
    {
        foreach (var type in new[] { "EmailDeliveryReportReceived", "EmailEngagementTrackingReportReceived" })
            Assert.Equal("email-report",
                AnyChannel.Ignored(Assert.Single(AnyChannel.Read("acs", "", Grid(type, """{"status":"Delivered"}""")))));
    }

    [Fact]
    public void The_answers_on_a_form_are_the_words_and_fields()
    {
        var contact = AnyChannel.Event("twilio", "/messages",
            $"AccountSid=AC1&MessageSid=SM1&SmsStatus=received&To=whatsapp%3A%2B493023125200&From=whatsapp%3A%2B491511234567&InteractiveData={Uri.EscapeDataString("""{"day":"Montag","flow_token":"t"}""")}").Contact;
        Assert.Equal(("day: Montag", "Montag"), (contact.Text, contact.Extras!["answer.day"]));
    }

    [Theory]
    [InlineData("?From=sip:anna@pbx.example.com&To=%2B493023125200", "?From=sip%3Aanna%40pbx.example.com&To=%2B493023125200")]
    [InlineData("?From=sip%3Aanna%40pbx.example.com&To=%2B493023125200", "?From=sip:anna@pbx.example.com&To=%2B493023125200")]
    [InlineData("?From=whatsapp%3a%2B491511234567", "?From=whatsapp:%2B491511234567")]
    public void A_call_of_twilios_by_get_holds_however_its_signs_are_written(string arrives, string signed)
    {
        var token = Seed.SettingsOf("twilio")["Channels__Twilio__AuthToken"]!;
#pragma warning disable CA5350 // Twilio's algorithm: https://www.twilio.com/docs/usage/webhooks/webhooks-security
        var signature =
            Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(token),
                Encoding.UTF8.GetBytes($"https://contact.example.com/api/hooks/twilio/voice{signed}")));
#pragma warning restore CA5350
        Assert.IsType<VerificationResult.Valid>(AnyChannel.Of("twilio")
            .Verify(AnyChannel.Delivery("twilio", $"/voice{arrives}", [], ("x-twilio-signature", signature)) with { Method = "GET" }));
    }

    [Theory]
    [InlineData("bearer")]
    [InlineData("BEARER")]
    public void Vonage_may_write_bearer_in_any_case(string scheme)
    {
        var seed = Seed.Of("vonage").First(s => s.IsGenuine && s.Headers.Any(h => h.Value.StartsWith("Bearer ", StringComparison.Ordinal)));
        var channel = AnyChannel.Of("vonage");
        var delivery = seed.ToDelivery(channel);
        var headers = delivery.Headers.ToDictionary(h => h.Key, h => h.Value.Replace("Bearer ", $"{scheme} ", StringComparison.Ordinal),
            StringComparer.Ordinal);
        Assert.IsType<VerificationResult.Valid>(channel.Verify(delivery with { Headers = headers }));
    }

    private static ContactEvent Azure(string type, string data) => AnyChannel.Event("acs", "", Grid(type, data));

    private static string Grid(string type, string data) =>
        $$"""[{"id":"g1","source":"/communicationservices/beispiel-acs","type":"Microsoft.Communication.{{type}}","time":"2026-11-20T08:59:00Z","specversion":"1.0","data":{{data}}}]""";

    private static ContactEvent Vonage(string body) => AnyChannel.Event("vonage", "/messages", body);
}
