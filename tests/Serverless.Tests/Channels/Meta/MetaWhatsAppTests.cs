using Serverless.Contacts;
using Xunit;
using static Serverless.Tests.Channels.Meta.MetaReading;

namespace Serverless.Tests.Channels.Meta;

/// <summary>How WhatsApp is read: the rules that no seed shows.</summary>
public sealed class MetaWhatsAppTests
{
    [Theory]
    [InlineData("""{"from":"491713920011","from_user_id":"DE.1"}""",
        """{"wa_id":"491713920011","user_id":"DE.1","profile":{"name":"Clara"}}""", "phone +491713920011 Clara, bsuid DE.1 Clara", "DE.1",
        "+491713920011")]
    [InlineData("""{"from_user_id":"DE.1"}""", """{"user_id":"DE.1","profile":{"name":"Clara"}}""", "bsuid DE.1 Clara", "DE.1", "DE.1")]
    [InlineData("""{"from":"491713920011"}""", """{"wa_id":"491713920011","profile":{"name":"Clara"}}""", "phone +491713920011 Clara",
        "491713920011", "+491713920011")]
    [InlineData("""{"from":"491713920011"}""", """{"wa_id":"491713920011","user_id":"DE.1"}""", "phone +491713920011 , bsuid DE.1 ", "DE.1",
        "+491713920011")]
    [InlineData("""{}""", """{"user_id":"DE.1","profile":{"name":"Clara"}}""", "bsuid DE.1 Clara", "DE.1", "DE.1")]
    [InlineData("""{"from":"5215512345678"}""", """{"wa_id":"525512345678","profile":{"name":"Luz"}}""", "phone +5215512345678 Luz",
        "5215512345678", "+5215512345678")]
    [InlineData("""{"from_user_id":"DE.1"}""", """{"user_id":"DE.2","profile":{"name":"Somebody else"}}""", "bsuid DE.1 ", "DE.1", "DE.1")]
    [InlineData("""{"from":"not-a-number"}""", "null", "whatsapp not-a-number ", "not-a-number", "not-a-number")]
    [InlineData("""{"from":491713920011}""", """{}""", "phone +491713920011 ", "491713920011", "+491713920011")]
    public void A_whatsapp_sender_is_known_by_what_is_there(string sender, string card, string parties, string thread, string reply)
    {
        var contact = Contact(WhatsApp($"[{card}]", Merge(sender, """{"id":"wamid.1","type":"text","text":{"body":"Hi"}}""")));
        Assert.Equal(parties, Parties(contact));
        Assert.Equal($"whatsapp:1001:{thread}", contact.ThreadKey);
        Assert.Equal(reply, contact.Reply!.Address);
    }

    [Fact]
    public void The_thread_holds_when_the_number_disappears_and_no_stranger_with_the_number_falls_into_it()
    {
        const string Text = """{"id":"wamid.1","type":"text","text":{"body":"Hi"}}""";
        var shown = Contact(WhatsApp("""[{"wa_id":"491713920011","user_id":"DE.1"}]""",
            Merge("""{"from":"491713920011","from_user_id":"DE.1"}""", Text)));
        var hidden = Contact(WhatsApp("""[{"user_id":"DE.1"}]""", Merge("""{"from_user_id":"DE.1"}""", Text)));
        var nextOwner =
            Contact(WhatsApp("""[{"wa_id":"491713920011","user_id":"DE.2"}]""",
                Merge("""{"from":"491713920011","from_user_id":"DE.2"}""", Text)));
        Assert.Equal(shown.ThreadKey, hidden.ThreadKey);
        Assert.NotEqual(shown.ThreadKey, nextOwner.ThreadKey, StringComparer.Ordinal);
    }

    [Fact]
    public void A_message_without_any_sender_stands_alone()
    {
        var contact = Contact(WhatsApp("[]", """{"id":"wamid.1","type":"text","text":{"body":"Hi"}}"""));
        Assert.Null(contact.ThreadKey);
        Assert.Null(contact.Reply);
        Assert.Empty(contact.Parties);
    }

    [Fact]
    public void In_a_batch_nobody_gets_the_name_of_a_stranger()
    {
        var contacts = ContactsOf(WhatsApp(
            """[{"wa_id":"491713920011","profile":{"name":"Clara"}},{"user_id":"DE.2","profile":{"name":"Dan"}}]""",
            """{"from":"491713920011","id":"wamid.1","type":"text","text":{"body":"1"}},{"from_user_id":"DE.2","id":"wamid.2","type":"text","text":{"body":"2"}},{"from":"491713920012","id":"wamid.3","type":"text","text":{"body":"3"}},{"id":"wamid.4","type":"text","text":{"body":"4"}}"""));
        Assert.Equal(["phone +491713920011 Clara", "bsuid DE.2 Dan", "phone +491713920012 ", ""], contacts.Select(Parties),
            StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"image","image":{"id":"77","mime_type":"image/jpeg","caption":"Look"}}""", "message", "Look", "77 image/jpeg ")]
    [InlineData("""{"type":"sticker","sticker":{"id":"78","mime_type":"image/webp"}}""", "message", null, "78 image/webp ")]
    [InlineData("""{"type":"video","video":{"id":90071992547409931234,"mime_type":"video/mp4"}}""", "message", null,
        "90071992547409931234 video/mp4 ")]
    [InlineData("""{"type":"button","button":{"text":"Yes, please","payload":"YES"}}""", "message", "Yes, please", "")]
    [InlineData("""{"type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"a","title":"Monday"}}}""", "message",
        "Monday", "")]
    [InlineData("""{"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{}"}}}""", "message", "Sent", "")]
    [InlineData("""{"type":"interactive","interactive":{"type":"hologram"}}""", "placeholder", null, "")]
    [InlineData("""{"type":"order","order":{"text":"Two, please","product_items":[]}}""", "message", "Two, please", "")]
    [InlineData("""{"type":"location","location":{"latitude":52.52,"longitude":13.4050,"name":"Home"}}""", "message", null, "")]
    [InlineData("""{"type":"contacts","contacts":[{"phones":[{"phone":"1"}]}]}""", "message", null, "")]
    [InlineData("""{"type":"image","image":{}}""", "placeholder", null, "")]
    [InlineData("""{"type":"hologram","hologram":{"x":1}}""", "placeholder", null, "")]
    [InlineData("""{"type":null}""", "placeholder", null, "")]
    public void A_whatsapp_message_is_read_by_its_type(string message, string kind, string? text, string attachments)
    {
        var contact = Contact(WhatsApp("[]", Merge("""{"from":"491713920011","id":"wamid.1"}""", message)));
        Assert.Equal(kind, Word(contact.Kind));
        Assert.Equal(text, contact.Text);
        Assert.Equal(attachments, string.Join(',', contact.Attachments.Select(a => $"{a.Reference} {a.Type} {a.Name}")));
        Assert.Equal("whatsapp:1001:491713920011", contact.ThreadKey);
    }

    [Fact]
    public void A_location_keeps_the_digits_it_came_with() =>
        Assert.Equal("52.52,13.4050",
            Contact(WhatsApp("[]",
                """{"from":"491713920011","id":"wamid.1","type":"location","location":{"latitude":52.52,"longitude":13.4050}}""")).Extras!["location"]);

    [Fact]
    public void A_forwarded_answer_to_an_advertisement_keeps_where_it_came_from()
    {
        var extras = Contact(WhatsApp("[]",
            """{"from":"491713920011","id":"wamid.1","type":"text","text":{"body":"Hi"},"context":{"id":"wamid.0","forwarded":true},"referral":{"source_url":"https://fb.example.com/ad","source_id":120210000000000001,"headline":"New oven"}}""")).Extras!;
        Assert.Equal(["context.id=wamid.0", "context.forwarded=true", "referral.source_url=https://fb.example.com/ad",
            "referral.source_id=120210000000000001", "referral.headline=New oven"], extras.Select(e => $"{e.Key}={e.Value}"),
            StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("messages",
        """{"from":"491713920011","id":"w","type":"system","system":{"type":"user_changed_number","body":"User A changed","wa_id":"2"}}""",
        "number-changed")]
    [InlineData("messages", """{"id":"w","type":"system","system":{"type":"user_changed_user_id","user_id":"DE.2"}}""", "number-changed")]
    [InlineData("messages", """{"from":"491713920011","id":"w","type":"request_welcome"}""", "chat-opened")]
    [InlineData("statuses", """{"id":"w","status":"warning"}""", "status")]
    [InlineData("statuses", """{"status":"read"}""", "status")]
    public void What_is_nothing_for_a_case_is_ignored_with_a_reason(string list, string item, string reason) =>
        Assert.Equal([$"ignored:{reason}"], Ends(WhatsAppList(list, item)));

    [Fact]
    public void An_edit_and_a_revocation_are_events_of_the_first_message()
    {
        var events = Events(WhatsApp("[]",
            """{"from":"491713920011","id":"wamid.2","type":"edit","edit":{"original_message_id":"wamid.1","message":{"type":"text","text":{"body":"Better"}}}},""" +
            """{"from":"491713920011","id":"wamid.3","type":"revoke","revoke":{"original_message_id":"wamid.1"}}"""));
        Assert.Equal(["wamid.1 wamid.1:edited:wamid.2 Edited Better", "wamid.1 wamid.1:removed Removed "], events.Select(Line),
            StringComparer.Ordinal);
        Assert.All(events, e => Assert.Null(e.Contact.Reply));
        Assert.All(events, e => Assert.Equal("whatsapp:1001:491713920011", e.Contact.ThreadKey));
    }

    [Fact]
    public void An_edit_of_our_own_phone_app_is_outbound_and_in_the_customers_thread()
    {
        var happened =
            Assert.Single(
                Events(WhatsAppList("message_echoes",
                    """{"from":"493023125100","to":"491713920011","to_user_id":"DE.1","id":"wamid.9","type":"edit","edit":{"original_message_id":"wamid.8","message":{"type":"text","text":{"body":"Sorry"}}}}""")));
        Assert.Equal(Direction.Outbound, happened.Contact.Direction);
        Assert.Equal("whatsapp:1001:DE.1", happened.Contact.ThreadKey);
        Assert.Equal("phone +491713920011 , bsuid DE.1 ", Parties(happened.Contact));
    }

    [Fact]
    public void A_group_is_one_thread_and_is_answered_as_a_group()
    {
        var contact =
            Contact(WhatsApp("[]",
                """{"from":"491713920011","from_user_id":"DE.1","group_id":"1203@g.us","id":"wamid.1","type":"text","text":{"body":"Hi all"}}"""));
        Assert.Equal("whatsapp:1001:1203@g.us", contact.ThreadKey);
        Assert.Equal("1203@g.us", contact.Reply!.Address);
    }

    [Theory]
    [InlineData("account_update", """{"event":"VERIFIED_ACCOUNT"}""", "ignored:account-notice")]
    [InlineData("history", """{"history":[{"threads":[]}]}""", "ignored:imported")]
    [InlineData("standby", """{"messages":[{"from":"1","id":"w","type":"text"}]}""", "ignored:standby")]
    [InlineData("hologram_update", """{"x":1}""", "placeholder")]
    [InlineData("messages", """{"errors":[{"code":130429,"title":"Rate limit hit"}]}""", "ignored:message-error")]
    [InlineData("messages", "7", "placeholder")]
    [InlineData("calls", """{"calls":[{"id":"wacid.1","from":"491713920011","event":"connect"}]}""", "call")]
    public void Other_fields_of_whatsapp_have_an_end(string field, string value, string end) =>
        Assert.Equal([end],
            Ends($$$$"""{"object":"whatsapp_business_account","entry":[{"id":"2002","changes":[{"field":"{{{{field}}}}","value":{{{{value}}}}}]}]}"""));
}
