using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Telegram;
using Serverless.Contacts;
using Xunit;

namespace Serverless.Tests.Channels.Telegram;

/// <summary>Telegram's door: the promises of every channel, the secret token, several bots.</summary>
/// <remarks>There is no <c>StaleAfter</c>: the secret token carries no time.</remarks>
public sealed class TelegramChannelTests : ChannelConformance
{
    protected override string Name => "telegram";

    protected override IReadOnlyList<(string Current, string Previous)> Secrets =>
    [
        ("Channels__Telegram__Bots__service__SecretToken", "Channels__Telegram__Bots__service__PreviousSecretToken"),
        ("Channels__Telegram__Bots__shop__SecretToken", "Channels__Telegram__Bots__shop__PreviousSecretToken"),
    ];

    protected override IReadOnlyList<string> ProofHeaders => ["x-telegram-bot-api-secret-token"];

    protected override void Add(IServiceCollection services, IConfiguration configuration) => TelegramChannel.Add(services, configuration);

    // Telegram signs nothing: the secret token proves who calls, and only TLS protects the body.
    // https://core.telegram.org/bots/api#setwebhook
    public override void A_flipped_byte_in_the_body_is_rejected() => All(Genuine, seed =>
    {
        var body = seed.Body.ToArray();
        body[^1] ^= 1;
        Assert.IsType<VerificationResult.Valid>(Verify(seed with { Body = body }));
    });

    [Fact]
    public void The_token_of_one_bot_opens_no_other() => All(Genuine, seed =>
    {
        var other = seed.PathAndQuery.EndsWith("/shop", StringComparison.Ordinal) ? "service" : "shop";
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong),
            Verify(seed with { PathAndQuery = $"/api/hooks/telegram/{other}" }));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.KeyUnknown),
            Verify(seed with { PathAndQuery = "/api/hooks/telegram/nobody" }));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.KeyUnknown),
            Verify(seed with { PathAndQuery = "/api/hooks/telegram" }));
    });

    [Fact]
    public void A_bot_that_lacks_its_secret_is_shut_and_the_other_is_not()
    {
        var settings = With(Settings, "Channels__Telegram__Bots__shop__SecretToken", "");
        All(Genuine, seed =>
        {
            var verdict = Verify(seed, settings);
            if (seed.PathAndQuery.EndsWith("/shop", StringComparison.Ordinal))
                Assert.Equal(new VerificationResult.Invalid(VerificationReasons.NoSecret), verdict);
            else Assert.IsType<VerificationResult.Valid>(verdict);
        });
    }

    [Theory]
    [InlineData("Channels__Telegram__Bots__shop__SecretToken", "no spaces please")]
    [InlineData("Channels__Telegram__Bots__shop__PreviousSecretToken", "gr\u00fcn")]
    [InlineData("Channels__Telegram__Bots__shop__BotToken", "a-token-without-its-id")]
    [InlineData("Channels__Telegram__Bots__shop__BotToken", null)]
    public void A_setting_that_cannot_be_right_is_named(string setting, string? value) =>
        Assert.Contains(setting, Assert.Single(Channel(With(Settings, setting, value)).Problems()), StringComparison.Ordinal);

    [Fact]
    public void A_name_that_is_no_part_of_an_address_is_named()
    {
        var settings = Settings;
        settings["Channels__Telegram__Bots__Our_Bot__BotToken"] = "7000000003:demo";
        settings["Channels__Telegram__Bots__Our_Bot__SecretToken"] = "demo";
        Assert.Contains("Our_Bot", Assert.Single(Channel(settings).Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void No_answer_has_a_body_since_telegram_would_run_it() => All(Genuine, seed =>
    {
        foreach (var acceptance in Enum.GetValues<Acceptance>())
            Assert.True(Channel().Respond(seed.ToDelivery(Channel()), acceptance).Body.IsEmpty);
    });

    [Theory]
    [InlineData("channel_post", "channel-post")]
    [InlineData("edited_channel_post", "channel-post")]
    [InlineData("message_reaction", "reaction")]
    [InlineData("message_reaction_count", "reaction")]
    [InlineData("inline_query", "inline-query")]
    [InlineData("chosen_inline_result", "inline-query")]
    [InlineData("shipping_query", "payment")]
    [InlineData("pre_checkout_query", "payment")]
    [InlineData("purchased_paid_media", "payment")]
    [InlineData("subscription", "payment")]
    [InlineData("poll", "poll")]
    [InlineData("poll_answer", "poll")]
    [InlineData("chat_member", "membership")]
    [InlineData("chat_join_request", "membership")]
    [InlineData("my_chat_member", "membership")]
    [InlineData("chat_boost", "boost")]
    [InlineData("removed_chat_boost", "boost")]
    [InlineData("business_connection", "business-connection")]
    [InlineData("managed_bot", "managed-bot")]
    public void What_no_case_needs_is_ignored_for_its_reason(string kind, string reason) =>
        Assert.Equal(new Parsed.Ignored(reason), One($"{{\"update_id\":1,\"{kind}\":{{\"id\":\"1\"}}}}"));

    private static string Said(string fields, string kind = "message") =>
        $"{{\"update_id\":1,\"{kind}\":{{\"message_id\":5,{Somebody},{fields}}}}}";

    private const string Somebody = """
        "from":{"id":5100000099,"is_bot":false,"first_name":"Kim"},"chat":{"id":5100000099,"type":"private"},"date":1795168800
        """;

    [Fact]
    public void A_live_location_is_no_flood_of_edits() =>
        Assert.Equal(new Parsed.Ignored("live-location"),
            One(Said("""  "edit_date":1795168801,"location":{"latitude":52.5,"longitude":13.4,"live_period":900}  """, "edited_message")));

    [Fact]
    public void Another_bot_is_never_a_customer() =>
        Assert.Equal(new Parsed.Ignored("bot"),
            One("""{"update_id":1,"message":{"message_id":5,"from":{"id":42,"is_bot":true,"first_name":"Quiz"},"chat":{"id":-100,"type":"supergroup"},"date":1795168800,"text":"Vote!"}}"""));

    [Fact]
    public void A_message_of_an_unknown_kind_is_a_placeholder_with_its_sender()
    {
        var contact = Found(Said("""  "rich_message":{"blocks":[]}  """)).Contact;
        Assert.Equal(ContactKind.Placeholder, contact.Kind);
        Assert.Equal("telegram:service:5100000099", contact.ThreadKey);
        Assert.Equal("rich_message", contact.Extras!["type"]);
    }

    [Fact]
    public void A_place_a_form_and_somebody_elses_number_are_told_beside_the_text()
    {
        Assert.Equal("52.5,13.4", Found(Said("""  "location":{"latitude":52.5,"longitude":13.4}  """)).Contact.Extras!["location"]);
        Assert.Equal(ContactKind.Form, Found(Said("""  "web_app_data":{"data":"{}","button_text":"Send"}  """)).Contact.Kind);
        var card = Found(Said("""  "contact":{"phone_number":"+442079460123","first_name":"Plumber","user_id":7}  """)).Contact;
        Assert.Single(card.Parties);
        Assert.Equal("+442079460123", card.Extras!["contact.phone_number"]);
    }

    [Fact]
    public void An_animation_is_one_file_and_a_paid_picture_too()
    {
        const string file = """{"file_id":"F1","file_unique_id":"u","mime_type":"video/mp4","file_name":"dance.mp4","file_size":77}""";
        var animation = Found(Said($"\"animation\":{file},\"document\":{file}")).Contact;
        Assert.Equal(new Attachment("F1", "video/mp4", 77, "dance.mp4"), Assert.Single(animation.Attachments));
        var paid = Found(
            Said("""  "paid_media":{"star_count":1,"paid_media":[{"type":"photo","photo":[{"file_id":"P1"},{"file_id":"P2"}]}]}  """)).Contact;
        Assert.Equal("P2", Assert.Single(paid.Attachments).Reference);
    }

    [Fact]
    public void What_our_own_bot_wrote_is_outbound_to_the_person_the_chat_is_with()
    {
        var contact =
            Found("""{"update_id":1,"message":{"message_id":6,"from":{"id":7000000001,"is_bot":true,"first_name":"Bot"},"chat":{"id":5100000099,"type":"private","first_name":"Kim"},"date":1795168800,"text":"Hello"}}""").Contact;
        Assert.Equal(Direction.Outbound, contact.Direction);
        Assert.Equal("telegram:service:5100000099", contact.ThreadKey);
        Assert.Null(contact.Reply);
    }

    [Fact]
    public void A_channels_own_direct_messages_are_private_and_one_conversation_each()
    {
        var contact =
            Found("""{"update_id":1,"message":{"message_id":6,"from":{"id":5100000099,"is_bot":false,"first_name":"Kim"},"chat":{"id":-1009,"type":"supergroup","is_direct_messages":true},"direct_messages_topic":{"topic_id":88},"date":1795168800,"text":"Hello"}}""").Contact;
        Assert.Equal(Place.Private, contact.Place);
        Assert.Equal("telegram:service:-1009:direct:88", contact.ThreadKey);
        Assert.Equal("88", contact.Extras!["direct_messages_topic.topic_id"]);
    }

    [Fact]
    public void Who_writes_as_a_channel_in_a_group_is_a_customer()
    {
        var contact =
            Found("""{"update_id":1,"message":{"message_id":6,"from":{"id":136817688,"is_bot":true,"first_name":"Channel"},"sender_chat":{"id":-100777,"type":"channel","title":"Test Kitchen"},"chat":{"id":-1009,"type":"supergroup"},"date":1795168800,"text":"Hello"}}""").Contact;
        Assert.Equal(Direction.Inbound, contact.Direction);
        Assert.Equal(new Identity("telegram-chat", "-100777", Evidence.Attested, Name: "Test Kitchen"), Assert.Single(contact.Parties));
    }

    private ContactEvent Found(string body) => Assert.IsType<Parsed.Found>(One(body)).Event;

    private Parsed One(string body)
    {
        var call = Seeds[0].ToDelivery(Channel()) with { Body = Encoding.UTF8.GetBytes(body) };
        var outcome = Assert.Single(Read(Channel(), call));
        return outcome.Reading ?? throw new InvalidOperationException(outcome.Position, outcome.Thrown);
    }
}
