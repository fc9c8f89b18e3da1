using Serverless.Channels;
using Serverless.Contacts;
using Xunit;

namespace Serverless.Tests.Channels.Twilio;

/// <summary>SMS, MMS and WhatsApp through Twilio, beyond the seeds.</summary>
public sealed class TwilioMessageTests
{
    private readonly TwilioSetup _desk = new();

    [Theory]
    [InlineData("DHL", "sms-sender", "DHL", null)]
    [InlineData("12345", "sms-sender", "12345", null)]
    [InlineData("+4915125550142", "phone", "+4915125550142", "+4915125550142")]
    [InlineData("whatsapp:+4915125550142", "phone", "+4915125550142", "whatsapp:+4915125550142")]
    [InlineData("whatsapp:DE.1349120391", "bsuid", "DE.1349120391", "whatsapp:DE.1349120391")]
    public void A_sender_is_what_the_message_shows(string from, string scheme, string value, string? reply)
    {
        var contact = _desk.Event(TwilioSetup.Message(from, ("Body", "Hallo"))).Contact;
        var party = Assert.Single(contact.Parties);
        Assert.Equal((scheme, value), (party.Scheme, party.Value));
        Assert.Null(party.Name);
        Assert.Equal(from.StartsWith("whatsapp:", StringComparison.Ordinal) ? Evidence.Attested : Evidence.Claimed, party.Evidence);
        Assert.Equal(reply, contact.Reply?.Address);
        Assert.Equal(reply is null, contact.ThreadKey is null);
    }

    [Fact]
    public void Whatsapp_may_be_answered_for_a_day_and_sms_for_ever()
    {
        Assert.Equal(TwilioSetup.Now.AddHours(24), _desk.Event(TwilioSetup.Message("whatsapp:+4915125550142")).Contact.Reply!.Until);
        Assert.Null(_desk.Event(TwilioSetup.Message("+4915125550142")).Contact.Reply!.Until);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("2", 2)]
    [InlineData("999999999", 2)]
    [InlineData("-1", 0)]
    [InlineData("x", 0)]
    public void As_many_files_are_named_as_there_are(string said, int files)
    {
        var message = TwilioSetup.Delivery(
            "messages",
            ("AccountSid", "AC1"), ("MessageSid", "MM1"), ("From", "+4915125550142"), ("To", "+493023125200"), ("NumMedia", said),
            ("MediaUrl0", "https://api.twilio.com/0"), ("MediaContentType0", "image/jpeg"), ("MediaUrl1", "https://api.twilio.com/1"));
        var attachments = _desk.Event(message).Contact.Attachments;
        Assert.Equal(new[] { new Attachment("https://api.twilio.com/0", "image/jpeg"),
            new Attachment("https://api.twilio.com/1") }.Take(files), attachments);
    }

    [Fact]
    public void A_call_and_a_message_of_one_number_are_one_conversation() =>
        Assert.Equal(
            _desk.Event(TwilioSetup.Delivery("voice", ("AccountSid", "AC1"), ("CallSid", "CA1"), ("CallStatus", "ringing"),
                ("From", "+4915125550142"), ("To", "+493023125200"))).Contact.ThreadKey,
            _desk.Event(TwilioSetup.Message("+4915125550142")).Contact.ThreadKey);

    [Theory]
    [InlineData("SmsStatus", "delivered", MessageState.Delivered)]
    [InlineData("MessageStatus", "sent", MessageState.Sent)]
    [InlineData("MessageStatus", "read", MessageState.Read)]
    [InlineData("MessageStatus", "undelivered", MessageState.Failed)]
    public void The_status_of_a_message_of_ours_is_told_wherever_it_arrives(string name, string status, MessageState state) =>
        Assert.Equal(new Parsed.StatusUpdate(new MessageStatus("AC1", "SM1", state, TwilioSetup.Now)),
            _desk.Read(TwilioSetup.Message("+493023125200", (name, status))));

    [Fact]
    public void A_message_of_ours_that_is_not_out_yet_says_nothing() =>
        Assert.Equal(new Parsed.Ignored("message-status"), _desk.Read(TwilioSetup.Message("+493023125200", ("MessageStatus", "queued"))));

    [Fact]
    public void A_button_says_what_it_is() =>
        Assert.Equal("return-it",
            _desk.Event(TwilioSetup.Message("whatsapp:+4915125550142", ("Body", "Zurückgeben"), ("ButtonText", "Zurückgeben"),
                ("ButtonPayload", "return-it"))).Contact.Extras!["ButtonPayload"]);

    [Fact]
    public void Messages_are_answered_with_nothing_to_send_and_a_5xx_when_they_could_not_be_stored()
    {
        var message = TwilioSetup.Message("+4915125550142");
        Assert.Equal("<?xml version=\"1.0\" encoding=\"utf-8\"?><Response />", _desk.Answer(message));
        Assert.Equal(200, _desk.Channel.Respond(message, Acceptance.Quarantined).Status);
        Assert.Equal(503, _desk.Channel.Respond(message, Acceptance.NotStored).Status);
    }
}
