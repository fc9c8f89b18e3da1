using Serverless.Contacts;
using Xunit;
using static Serverless.Tests.Channels.Meta.MetaReading;

namespace Serverless.Tests.Channels.Meta;

/// <summary>How direct messages of Messenger and Instagram are read: the rules that no seed shows.</summary>
public sealed class MetaMessagingTests
{
    [Theory]
    [InlineData("""{"delivery":{"watermark":1}}""", "ignored:delivery")]
    [InlineData("""{"read":{"watermark":1}}""", "ignored:read")]
    [InlineData("""{"reaction":{"emoji":"x"}}""", "ignored:reaction")]
    [InlineData("""{"referral":{"ref":"x"}}""", "ignored:referral")]
    [InlineData("""{"optin":{"ref":"x"}}""", "ignored:opt-in")]
    [InlineData("""{"take_thread_control":{"previous_owner_app_id":1}}""", "ignored:thread-control")]
    [InlineData("""{"pass_thread_control":{"new_owner_app_id":1}}""", "placeholder")]
    [InlineData("""{"hologram":{"x":1}}""", "placeholder")]
    [InlineData("""{"message":{"mid":"m","is_unsupported":true}}""", "placeholder")]
    [InlineData("""{"message":{"mid":"m","attachments":[{"type":"unsupported_type","payload":{"url":"https://example.com/x"}}]}}""",
        "placeholder")]
    [InlineData("""{"message":{"mid":"m"}}""", "placeholder")]
    [InlineData("""{"message":{"mid":"m","attachments":[{"type":"location","payload":{"coordinates":{"lat":1.5,"long":2.50}}}]}}""",
        "message")]
    [InlineData("""{"message":{"mid":"m","attachments":[{"type":"story_mention","payload":{"url":"https://example.com/x"}}]}}""",
        "message")]
    [InlineData("""{"message":{"mid":"m","text":"Yes","quick_reply":{"payload":"YES"}}}""", "message")]
    [InlineData("""{"postback":{"title":"Call me","payload":"CALL"}}""", "message")]
    public void Every_kind_of_messaging_event_has_an_end_in_the_senders_thread(string what, string end)
    {
        var body = Messaging("page", what);
        Assert.Equal([end], Ends(body));
        Assert.All(ContactsOf(body), c => Assert.Equal("messenger:1001:6000000000000000001", c.ThreadKey));
    }

    [Fact]
    public void An_edit_a_removal_and_a_late_copy_are_told_apart_by_their_event_ids()
    {
        Assert.Equal("m m:edited:2 Edited New",
            Line(Assert.Single(Events(Messaging("page", """{"message_edit":{"mid":"m","text":"New","num_edit":"2"}}""")))));
        Assert.Equal("m m:removed Removed ",
            Line(Assert.Single(Events(Messaging("instagram", """{"message":{"mid":"m","is_deleted":true}}""")))));
        Assert.Equal("m m Received Old", Line(Assert.Single(Events(Messaging("page", """{"message":{"mid":"m","text":"Old"}}""")))));
    }

    [Fact]
    public void A_postback_without_an_id_gets_the_same_one_each_time()
    {
        var contact = Contact(Messaging("page", """{"postback":{"title":"Call me"}}"""));
        Assert.Equal($"6000000000000000001:{Then}000", contact.ExternalId);
        Assert.Equal("Call me", contact.Text);
    }

    [Theory]
    [InlineData("page", """{"sender":{"id":"1001"},"recipient":{"id":"6000000000000000001"},"message":{"mid":"m","text":"x"}}""",
        "messenger:1001:6000000000000000001")]
    [InlineData("instagram",
        """{"sender":{"id":"999"},"recipient":{"id":"6000000000000000001"},"message":{"mid":"m","text":"x","is_echo":true}}""",
        "instagram:1001:6000000000000000001")]
    [InlineData("instagram", """{"sender":{"id":"999"},"recipient":{"id":"999"},"is_self":true,"message":{"mid":"m","text":"x"}}""",
        "instagram:1001:999")]
    public void What_our_own_people_write_is_outbound_and_opens_no_window(string about, string item, string thread)
    {
        var contact = Contact($$$$"""{"object":"{{{{about}}}}","entry":[{"id":"1001","messaging":[{{{{item}}}}]}]}""");
        Assert.Equal((Direction.Outbound, thread), (contact.Direction, contact.ThreadKey));
        Assert.Null(contact.Reply);
    }

    [Fact]
    public void Numeric_ids_keep_every_digit() =>
        Assert.Equal("messenger:90071992547409931:98765432109876543210",
            Contact($$$$"""{"object":"page","entry":[{"id":90071992547409931,"messaging":[{"sender":{"id":98765432109876543210},"recipient":{"id":90071992547409931},"message":{"mid":"m","text":"x"}}]}]}""").ThreadKey);

    [Fact]
    public void A_message_of_the_test_button_is_a_message() =>
        Assert.Equal("x",
            Contact("""{"object":"page","entry":[{"id":"1001","changes":[{"field":"messages","value":{"sender":{"id":"12334"},"recipient":{"id":"1001"},"timestamp":"1527459824","message":{"mid":"m","text":"x"}}}]}]}""").Text);

    [Fact]
    public void Text_is_kept_to_the_letter() =>
        Assert.Equal(" Grüße\n👩🏽‍🔧 <b>\u0000",
            Contact(Messaging("page",
                """{"message":{"mid":"m","text":" Gr\u00fc\u00dfe\n\ud83d\udc69\ud83c\udffd\u200d\ud83d\udd27 <b>\u0000"}}""")).Text);
}
