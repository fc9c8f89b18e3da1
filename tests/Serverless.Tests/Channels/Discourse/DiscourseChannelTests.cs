using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Channels.Discourse;
using Serverless.Contacts;
using Xunit;

namespace Serverless.Tests.Channels.Discourse;

/// <summary>Discourse's door: the promises of every channel, several forums, who is staff, what is nobody's concern.</summary>
/// <remarks>There is no <c>StaleAfter</c>: the signature carries no time. The seeds were signed by <c>openssl dgst -sha256
/// -hmac</c>.</remarks>
public sealed class DiscourseChannelTests : ChannelConformance
{
    protected override string Name => "discourse";

    protected override IReadOnlyList<(string Current, string Previous)> Secrets =>
    [
        ("Channels__Discourse__Sites__community__Secret", "Channels__Discourse__Sites__community__PreviousSecret"),
        ("Channels__Discourse__Sites__partners__Secret", "Channels__Discourse__Sites__partners__PreviousSecret"),
    ];

    protected override IReadOnlyList<string> ProofHeaders => ["x-discourse-event-signature"];

    protected override void Add(IServiceCollection services, IConfiguration configuration) => DiscourseChannel.Add(services, configuration);

    // Secret, body and result as Discourse's own specification prints them would need its Ruby; this one is openssl's:
    // printf '{"ping":"OK"}' | openssl dgst -sha256 -hmac kitten
    [Fact]
    public void The_signature_of_openssl_is_genuine()
    {
        var settings = With(Settings, "Channels__Discourse__Sites__community__Secret", "kitten");
        var channel = Channel(settings);
        Assert.IsType<VerificationResult.Valid>(
            channel.Verify(Call("""{"ping":"OK"}""", "sha256=3024dcc675bcb361f6a89e3dbd07391c31f91c4da16e86a8fb4cb024360d228b")));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong),
            channel.Verify(Call("""{"ping":"KO"}""", "sha256=3024dcc675bcb361f6a89e3dbd07391c31f91c4da16e86a8fb4cb024360d228b")));
    }

    [Theory]
    [InlineData("3024dcc675bcb361f6a89e3dbd07391c31f91c4da16e86a8fb4cb024360d228b")]
    [InlineData("sha1=3024dcc675bcb361f6a89e3dbd07391c31f91c4da16e86a8fb4cb024360d228b")]
    [InlineData("sha256=30f7")]
    public void A_signature_of_another_form_is_malformed(string header) =>
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureMalformed), Channel()
            .Verify(Call("""{"ping":"OK"}""", header)));

    [Fact]
    public void The_secret_of_one_forum_opens_no_other() => All(Genuine, seed =>
    {
        var other = seed.PathAndQuery.EndsWith("/partners", StringComparison.Ordinal) ? "community" : "partners";
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong),
            Verify(seed with { PathAndQuery = $"/api/hooks/discourse/{other}" }));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.KeyUnknown),
            Verify(seed with { PathAndQuery = "/api/hooks/discourse/nobody" }));
    });

    [Theory]
    [InlineData("Channels__Discourse__Sites__community__Url", null)]
    [InlineData("Channels__Discourse__Sites__community__Url", "community.example.com")]
    [InlineData("Channels__Discourse__Sites__partners__Secret", "")]
    [InlineData("Channels__Discourse__Sites__Two_Words__Url", "https://x.example.com")]
    public void A_setting_that_cannot_be_right_is_named(string setting, string? value)
    {
        var settings = With(Settings, setting, value);
        if (setting.Contains("Two_Words", StringComparison.Ordinal))
            settings["Channels__Discourse__Sites__Two_Words__Secret"] = "demo-demo-demo";
        Assert.Contains(setting[..setting.LastIndexOf('_')], Assert.Single(Channel(settings).Problems()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("like", "reaction")]
    [InlineData("user", "membership")]
    [InlineData("group_user", "membership")]
    [InlineData("category", "structure")]
    [InlineData("reviewable", "moderation")]
    [InlineData("solved", "forum-work")]
    [InlineData("notification", "forum-work")]
    [InlineData("chat_message", "chat")]
    public void What_no_case_needs_is_ignored_for_its_reason(string type, string reason) =>
        Assert.Equal(new Parsed.Ignored(reason), One($"{{\"{type}\":{{\"id\":1}}}}", $"{type}_created"));

    [Theory]
    [InlineData("\"moderator\":true")]
    [InlineData("\"admin\":true")]
    [InlineData("\"staff\":true")]
    [InlineData("\"username\":\"Tanja_Service\"")]
    [InlineData("\"username\":\"service_team\"")]
    [InlineData("\"primary_group_name\":\"technik\"")]
    public void Our_own_people_are_outbound(string mark)
    {
        var contact = Found(Post(mark)).Contact;
        Assert.Equal(Direction.Outbound, contact.Direction);
        Assert.Empty(contact.Parties);
        Assert.Null(contact.Reply);
        Assert.Equal("discourse:community:9", contact.ThreadKey);
    }

    [Theory]
    [InlineData(2, "moderator-action")]
    [InlineData(3, "small-action")]
    [InlineData(4, "whisper")]
    public void What_is_no_post_of_a_person_is_ignored(int type, string reason) =>
        Assert.Equal(new Parsed.Ignored(reason), One(Post($"\"post_type\":{type}"), "post_created"));

    [Fact]
    public void A_subcategory_must_be_named_by_itself()
    {
        Assert.Equal(new Parsed.Ignored("other-category"), One(Post("\"category_id\":55"), "post_created"));
        Assert.Equal(new Parsed.Ignored("other-category"),
            One("""{"post":{"id":1,"topic_id":9,"post_number":1,"user_id":5,"post_type":1}}""", "post_created"));
    }

    [Fact]
    public void A_recovered_post_shows_its_words_again_until_it_is_removed_anew()
    {
        var posted = Found(Post("\"created_at\":\"2026-11-20T08:00:00Z\""), "post_created");
        var removed = Found(Post("\"deleted_at\":\"2026-11-20T08:30:00Z\""), "post_destroyed");
        var recovered = Found(Post("\"updated_at\":\"2026-11-20T08:00:00Z\""), "post_recovered");
        var again = Found(Post($"\"deleted_at\":\"{recovered.Contact.ReceivedAt.AddHours(1):O}\""), "post_destroyed");

        Assert.Equal(ContactChange.Restored, recovered.Change);
        Assert.Null(ContactFold.Fold([posted, removed]).Text);
        Assert.Equal(posted.Contact.Text, ContactFold.Fold([recovered, removed, posted]).Text);
        Assert.NotNull(posted.Contact.Text);
        Assert.Null(ContactFold.Fold([recovered, again, removed, posted]).Text);
        Assert.Equal(4, new[] { posted, removed, recovered, again }.Select(e => e.EventId).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Two_edits_of_one_version_are_two()
    {
        var first = Found(Post("\"version\":1,\"updated_at\":\"2026-11-20T09:00:00.100Z\""), "post_edited");
        var second = Found(Post("\"version\":1,\"updated_at\":\"2026-11-20T09:00:30.100Z\""), "post_edited");
        Assert.NotEqual(first.EventId, second.EventId, StringComparer.Ordinal);
        Assert.Equal(first.Contact.ExternalId, second.Contact.ExternalId);
    }

    [Fact]
    public void Only_uploads_of_the_forum_are_files()
    {
        var contact = Found(Post("""
            "raw":"![a|10x20](upload://aB3.png) [log.txt|attachment](upload://cD4.txt) (2 KB) ![](/uploads/default/original/1X/f.gif) [x](https://elsewhere.example/upload/x.png) ![y](upload:///etc/passwd)"
            """)).Contact;
        Assert.Equal(
            [new Attachment("upload://aB3.png", "image", Name: "a"), new Attachment("upload://cD4.txt", Name: "log.txt"),
                new Attachment("/uploads/default/original/1X/f.gif", "image")],
            contact.Attachments);
    }

    [Fact]
    public void What_the_second_look_finds_has_the_ids_of_the_webhook()
    {
        var seed = Seeds.Single(s => s.Name.EndsWith("07-english-question-with-file", StringComparison.Ordinal));
        var called = seed.ToDelivery(Channel());
        var post = System.Text.Json.JsonDocument.Parse(called.Body).RootElement.GetProperty("post");
        var look = called
            with { Method = "LOOK", PathAndQuery = "/api/hooks/discourse/look/post-partners", Arrival = Arrival.LookedAgain,
                Headers = new Dictionary<string, string>(StringComparer.Ordinal), Body = Encoding.UTF8.GetBytes(post.GetRawText()) };
        var (first, second) = (Of(called), Of(look));
        Assert.Equal((first.EventId, first.Contact.ExternalId, first.Contact.Account, first.Contact.ThreadKey),
            (second.EventId, second.Contact.ExternalId, second.Contact.Account, second.Contact.ThreadKey));
        Assert.Equal(Place.Private, Of(look with { PathAndQuery = "/api/hooks/discourse/look/private-partners" }).Contact.Place);

        ContactEvent Of(Delivery delivery) => Assert.IsType<Parsed.Found>(Assert.Single(Read(Channel(), delivery)).Reading).Event;
    }

    private static string Post(string fields) =>
        $"{{\"post\":{{\"id\":1,\"topic_id\":9,\"post_number\":2,\"user_id\":5,\"post_type\":1,\"category_id\":5,\"username\":\"kim\",\"raw\":\"Hello\",{fields}}}}}";

    private static Delivery Call(string body, string? signature, string? name = "post_created") => new()
    {
        Id = new string('a', 32),
        Channel = "discourse",
        Method = "POST",
        PathAndQuery = "/api/hooks/discourse/community",
        Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["x-discourse-event-signature"] = signature
            ?? "", ["x-discourse-event"] = name ?? "" },
        Body = Encoding.UTF8.GetBytes(body),
        ReceivedAt = new DateTimeOffset(2026, 11, 20, 10, 0, 0, TimeSpan.Zero),
    };

    private ContactEvent Found(string body, string name = "post_created") => Assert.IsType<Parsed.Found>(One(body, name)).Event;

    private Parsed One(string body, string name)
    {
        var outcome = Assert.Single(Read(Channel(), Call(body, null, name)));
        return outcome.Reading ?? throw new InvalidOperationException(outcome.Position, outcome.Thrown);
    }
}
