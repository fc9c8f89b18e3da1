using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;
using static Serverless.Tests.Channels.Meta.MetaReading;

namespace Serverless.Tests.Channels.Meta;

/// <summary>What really comes from Meta: signs, shared products, forms, calls, preferences, dead accounts, and what needs nobody.</summary>
public sealed class MetaInputsTests
{
    private static string From(string what) =>
        Merge("""{"id":"wamid.R1","from":"4915112345678","from_user_id":"DE.1","timestamp":"1795165200"}""", what);

    [Fact]
    public void A_sign_under_a_message_is_one_contact_that_starts_nothing_and_can_be_taken_back()
    {
        var put = Assert.Single(Events(WhatsApp("[]", From("""{"type":"reaction","reaction":{"message_id":"wamid.O1","emoji":"👍"}}"""))));
        var taken = Assert.Single(
            Events(WhatsApp("[]", From("""{"id":"wamid.R2","type":"reaction","reaction":{"message_id":"wamid.O1"}}""")
                .Replace("\"id\":\"wamid.R1\",", "", StringComparison.Ordinal))));
        Assert.Equal((ContactKind.Reaction, "👍", "wamid.O1:reaction", "wamid.O1"),
            (put.Contact.Kind, put.Contact.Text, put.Contact.ExternalId, put.Contact.Extras!["reaction.message_id"]));
        Assert.Equal((ContactChange.Removed, put.Contact.ExternalId), (taken.Change, taken.Contact.ExternalId));
        Assert.Null(Folded.Of([put, taken]).Head);

        var heart = Assert.Single(
            Events(Messaging("page", """{"reaction":{"mid":"m_1","action":"react","emoji":"❤","reaction":"love"}}""")));
        Assert.Equal((ContactKind.Reaction, "❤", "m_1:reaction"), (heart.Contact.Kind, heart.Contact.Text, heart.Contact.ExternalId));
        Assert.Equal(ContactChange.Removed,
            Assert.Single(Events(Messaging("instagram", """{"reaction":{"mid":"m_1","action":"unreact"}}"""))).Change);
    }

    [Fact]
    public void A_shared_product_keeps_its_title_and_price()
    {
        var contact =
            Contact(Messaging("page",
                """{"message":{"mid":"m_2","attachments":[{"type":"template","payload":{"product":{"elements":[{"id":"77","retailer_id":"SKU-1","title":"Kaffeemaschine","subtitle":"129,00 €","image_url":"https://cdn.example.com/1.jpg"}]}}}]}}"""));
        Assert.Equal((ContactKind.Message, "Kaffeemaschine", "129,00 €", "SKU-1"),
            (contact.Kind, contact.Extras!["product.title"], contact.Extras["product.price"], contact.Extras["product.retailer_id"]));
        Assert.Equal("https://cdn.example.com/1.jpg", Assert.Single(contact.Attachments).Reference);

        var order = Contact(WhatsApp("[]",
            From("""{"type":"order","order":{"catalog_id":"1","text":"Bitte zwei","product_items":[{"product_retailer_id":"SKU-1","quantity":2,"item_price":129,"currency":"EUR"},{"product_retailer_id":"SKU-2","quantity":1,"item_price":5.5,"currency":"EUR"}]}}""")));
        Assert.Equal(("Bitte zwei", "SKU-1", "129 EUR", "5.5 EUR"),
            (order.Text, order.Extras!["product.id"], order.Extras["product.price"], order.Extras["product[1].price"]));
    }

    [Fact]
    public void The_answers_on_a_form_are_the_words_and_fields()
    {
        var contact =
            Contact(WhatsApp("[]",
                From("""{"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{\"flow_token\":\"t\",\"day\":\"Montag\",\"rooms\":[\"Bad\",\"Küche\"]}"}}}""")));
        Assert.Equal("day: Montag\nrooms: Bad, Küche", contact.Text);
        Assert.Equal(("Montag", "Bad, Küche"), (contact.Extras!["answer.day"], contact.Extras["answer.rooms"]));
    }

    [Theory]
    [InlineData("""{"event":"terminate","status":"FAILED"}""", "call-back", true, ContactKind.MissedCall, null)]
    [InlineData("""{"event":"terminate","status":"COMPLETED","start_time":"1795165210","end_time":"1795165243","duration":33}""", "call",
        false, ContactKind.Call, 33)]
    public void A_whatsapp_call_is_a_call(string end, string owes, bool waits, ContactKind kind, int? seconds)
    {
        const string Call =
            """{"id":"wacid.1","from":"4915112345678","from_user_id":"DE.1","to":"493023125100","timestamp":"1795165200","direction":"USER_INITIATED"}""";
        var events = new[] { """{"event":"connect","session":{"sdp_type":"offer","sdp":"v=0"}}""", end }.SelectMany(what =>
            Events(WhatsAppList("calls", Merge(Call, what)))).ToList();
        foreach (var order in new[] { events, [.. events.AsEnumerable().Reverse()] })
        {
            var folded = Folded.Of(order);
            Assert.Equal((kind, seconds), (folded.Contact.Kind, seconds is null ? null : folded.Contact.Call!.DurationSeconds));
            Assert.Equal((owes, waits), (folded.Head!.Owes, folded.Head.WaitingSince is not null));
        }
    }

    [Fact]
    public void A_marketing_preference_is_kept_and_opens_no_case()
    {
        var e = Assert.Single(
            Events(WhatsAppList("user_preferences",
                """{"wa_id":"4915112345678","user_id":"DE.1","detail":"User requested to stop marketing messages","category":"marketing_messages","value":"stop","timestamp":1795165200}""")));
        Assert.Equal((ContactKind.Preference, "stop", "marketing_messages"),
            (e.Contact.Kind, e.Contact.Extras!["preference.value"], e.Contact.Extras["preference.category"]));
        Assert.Equal(("phone +4915112345678 , bsuid DE.1 ", "whatsapp:1001:DE.1"), (Parties(e.Contact), e.Contact.ThreadKey));
        Assert.Null(Folded.Of([e]).Head);
    }

    [Theory]
    [InlineData("""{"event":"ACCOUNT_DELETED"}""", "account-deleted")]
    [InlineData("""{"event":"ACCOUNT_RESTRICTION","restriction_info":[{"restriction_type":"RESTRICTED_BIZ_INITIATED_MESSAGING","expiration":1795265200}]}""", "account-restricted")]
    [InlineData("""{"event":"ACCOUNT_VIOLATION","violation_info":{"violation_type":"ALCOHOL"}}""", "account-violation")]
    [InlineData("""{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"DISABLE","waba_ban_date":"April 5, 2026"}}""",
        "account-disabled")]
    [InlineData("""{"event":"PARTNER_REMOVED","waba_info":{"waba_id":"2002","owner_business_id":"1"}}""", "partner-removed")]
    [InlineData("""{"event":"ACCOUNT_OFFBOARDED"}""", "account-offboarded")]
    [InlineData("""{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":["REINSTATE"]}}""", "account-reinstated")]
    public void A_dead_account_is_an_alarm_until_it_is_back(string value, string reason)
    {
        var asks = Assert.IsType<Parsed.Alert>(Assert.Single(Read(Account(value))).Reading);
        Assert.Equal((reason, "WhatsApp account 2002"), (asks.Reason, asks.Alarm!.Name));
        Assert.Equal(reason == "account-reinstated" ? RegistrationState.Right : RegistrationState.Drifted, asks.Alarm.State);
        Assert.Equal(reason == "account-reinstated", asks.Alarm.Step is null);
    }

    [Theory]
    [InlineData("""{"event":"VERIFIED_ACCOUNT"}""")]
    [InlineData("""{"event":"AUTH_INTL_PRICE_ELIGIBILITY_UPDATE"}""")]
    public void Other_news_of_an_account_are_no_alarm(string value) => Assert.Equal(["ignored:account-notice"], Ends(Account(value)));

    [Fact]
    public void What_needs_nobody_opens_no_case_and_says_why()
    {
        Assert.Equal(["ignored:video-blocked"],
            Ends(Feed("feed", """{"item":"video","verb":"block","post_id":"1001_5","video_id":"5"}""")));
        Assert.Equal(["ignored:video-blocked"], Ends(Feed("feed", """{"item":"video","verb":"mute","post_id":"1001_5","video_id":"5"}""")));
        Assert.Equal(["ignored:page-event"],
            Ends(Feed("feed", """{"item":"event","verb":"add","event_id":"9","story":"Beispiel added an event."}""")));
        Assert.Equal(["ignored:page-event"],
            Ends(Feed("feed", """{"item":"somethingnew","verb":"add","from":{"id":"1001","name":"Beispiel"}}""")));
        Assert.Equal(["ignored:rating-removed"], Ends(Feed("ratings", """{"item":"rating","verb":"remove","reviewer_id":"7"}""")));
        Assert.Equal(["ignored:message-error"], Ends(WhatsAppList("errors", """{"code":131051,"title":"Unsupported message type"}""")));
        Assert.Equal(["ignored:identity-changed"],
            Ends(WhatsApp("[]",
                From("""{"type":"system","system":{"type":"customer_identity_changed","body":"Anna changed their security code"}}"""))));
        Assert.Equal(["ignored:call-permission"],
            Ends(WhatsApp("[]",
                From("""{"type":"interactive","interactive":{"type":"call_permission_reply","call_permission_reply":{"response":"accept"}}}"""))));
        // A stranger's piece that we cannot read is still shown.
        Assert.Equal(["placeholder"], Ends(Feed("feed", """{"item":"somethingnew","verb":"add","from":{"id":"7","name":"Anna"}}""")));
    }

    [Theory]
    [InlineData("comment",
        """{"item":"comment","verb":"edited","comment_id":"5_6","post_id":"1001_5","parent_id":"1001_5","from":{"id":"7","name":"Anna"},"message":"Mit Bild","photo":"https://cdn.example.com/2.jpg"}""")]
    [InlineData("post",
        """{"item":"photo","verb":"edited","post_id":"1001_5","from":{"id":"7","name":"Anna"},"message":"Mit Bild","link":"https://cdn.example.com/2.jpg"}""")]
    [InlineData("post",
        """{"item":"status","verb":"edited","post_id":"1001_5","from":{"id":"7","name":"Anna"},"message":"Mit Bild","photos":["https://cdn.example.com/2.jpg"]}""")]
    public void An_edit_brings_its_new_file(string kind, string value)
    {
        var e = Assert.Single(Events(Feed("feed", value)));
        Assert.Equal((ContactChange.Edited, kind, "https://cdn.example.com/2.jpg"),
            (e.Change, Word(e.Contact.Kind), Assert.Single(e.Contact.Attachments).Reference));
    }

    [Fact]
    public void A_mention_in_a_story_that_comes_as_a_referral_is_a_contact_and_a_link_is_none()
    {
        var contact =
            Contact(Messaging("instagram",
                """{"referral":{"source":"STORY_MENTION","type":"OPEN_THREAD","story":{"id":"18041","url":"https://lookaside.example/s2"}}}"""));
        Assert.Equal((ContactKind.Message, "https://lookaside.example/s2"), (contact.Kind, Assert.Single(contact.Attachments).Reference));
        Assert.Equal(["ignored:referral"],
            Ends(Messaging("instagram", """{"referral":{"source":"SHORTLINK","type":"OPEN_THREAD","ref":"shop"}}""")));
    }

    [Fact]
    public void A_number_and_a_user_id_are_two_names_of_one_conversation()
    {
        var both = Contact(WhatsApp("[]", From("""{"type":"text","text":{"body":"Hallo"}}""")));
        Assert.Equal(("whatsapp:1001:DE.1", "whatsapp:1001:4915112345678"), (both.ThreadKey, both.ThreadAlias));
        var number = Contact(WhatsAppList("message_echoes",
            """{"id":"wamid.O1","from":"493023125100","to":"+4915112345678","timestamp":"1795165290","type":"text","text":{"body":"Guten Tag!"}}"""));
        Assert.Equal((both.ThreadAlias, null), (number.ThreadKey, number.ThreadAlias));
    }

    private static string Account(string value) =>
        $$$"""{"object":"whatsapp_business_account","entry":[{"id":"2002","time":1795165200,"changes":[{"field":"account_update","value":{{{value}}}}]}]}""";
}
