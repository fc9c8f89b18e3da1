using System.Text;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels;

/// <summary>What chats, forums and other senders really send: groups that move, signs, accepted solutions, data that nobody can
/// read.</summary>
public sealed class ChatInputsTests
{
    private static List<Parsed> Telegram(string update) => AnyChannel.Read("telegram", "/service", update);

    [Theory]
    [InlineData("""{"update_id":6,"message":{"message_id":34,"from":{"id":1087968824,"is_bot":true,"first_name":"Group"},"chat":{"id":-4001,"title":"Kunden","type":"group"},"date":1795165210,"migrate_to_chat_id":-1001575342692}}""")]
    [InlineData("""{"update_id":7,"message":{"message_id":1,"from":{"id":1087968824,"is_bot":true,"first_name":"Group"},"chat":{"id":-1001575342692,"title":"Kunden","type":"supergroup"},"date":1795165210,"migrate_from_chat_id":-4001}}""")]
    public void A_group_that_becomes_a_supergroup_is_told_by_either_side(string update) =>
        Assert.Equal(new Parsed.PlaceRenamed("service", "-4001", "-1001575342692"), Assert.Single(Telegram(update)));

    [Fact]
    public void A_sign_in_a_private_chat_is_shown_and_starts_nothing()
    {
        string Update(long id, string signs) =>
            $$$"""{"update_id":{{{id}}},"message_reaction":{"chat":{"id":5100000001,"first_name":"Anna","type":"private"},"message_id":900,"user":{"id":5100000001,"is_bot":false,"first_name":"Anna"},"date":1795165210,"old_reaction":[],"new_reaction":[{{{signs}}}]}}""";
        var put = Assert.IsType<Parsed.Found>(Assert.Single(Telegram(Update(8, """{"type":"emoji","emoji":"👍"}""")))).Event;
        var taken = Assert.IsType<Parsed.Found>(Assert.Single(Telegram(Update(9, "")))).Event;
        Assert.Equal((ContactKind.Reaction, "👍", "telegram:service:5100000001"),
            (put.Contact.Kind, put.Contact.Text, put.Contact.ThreadKey));
        Assert.Equal((ContactChange.Removed, put.Contact.ExternalId), (taken.Change, taken.Contact.ExternalId));
        Assert.Null(Folded.Of([put, taken]).Head);
    }

    [Fact]
    public void A_kind_of_update_that_is_not_known_opens_no_case() =>
        Assert.Equal(["unknown-update"], Telegram("""{"update_id":10,"something_new":{"id":1}}""").Select(AnyChannel.Ignored));

    [Fact]
    public void An_accepted_solution_ends_what_is_owed_whoever_wrote_it()
    {
        const string Post =
            """{"id":812,"user_id":91,"username":"berta","topic_id":55,"post_number":2,"post_type":1,"category_id":5,"created_at":"2026-11-20T08:50:00Z","updated_at":"2026-11-20T08:50:00Z","raw":"Neu starten hilft.","topic_archetype":"regular"}""";
        var question = Forum("post_created",
            $$"""{"post":{{Post.Replace("\"id\":812", "\"id\":811", StringComparison.Ordinal).Replace("08:50", "08:40", StringComparison.Ordinal)}}}""");
        var accepted = Forum("accepted_solution", $$"""{"solved":{{Post}}}""");
        Assert.Equal((question.Contact.ThreadKey, "accepted-solution"),
            (accepted.Contact.ThreadKey, accepted.Contact.Extras![Contact.SettlesName]));
        var head = Folded.Of([question]).Head!;
        Assert.NotNull(head.WaitingSince);
        var decision = Serverless.Cases.Rules.CaseRules.Decide(head, accepted, pinned: true, AnyChannel.Arrival, Folded.Levels,
            new Serverless.Cases.Rules.CasesOptions(), [Forum("post_created", $$"""{"post":{{Post}}}""")]);
        Assert.Null(Assert.IsType<Serverless.Cases.Rules.Decision.Change>(decision).Head.WaitingSince);
        Assert.Null(Folded.Of([accepted]).Head);
        Assert.Equal("forum-work",
            AnyChannel.Ignored(
                Assert.Single(AnyChannel.Read("discourse", "/community", $$"""{"solved":{{Post}}}""",
                    ("x-discourse-event", "unaccepted_solution")))));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("application/octet-stream")]
    [InlineData("image/png")]
    public void Data_that_nobody_can_read_leaves_source_and_type_known(string? type)
    {
        (string, string)[] headers = [("ce-specversion", "1.0"), ("ce-id", "e1"), ("ce-source", "/devices/77"),
            ("ce-type", "contact.device.fault.v1")];
        var e = Assert.IsType<Parsed.Found>(
            Assert.Single(AnyChannel.Read("generic", "", [0xff, 0xfe, 0x00, 0x01], type is null ? headers
                : [.. headers, ("content-type", type)]))).Event;
        Assert.Equal((ContactKind.Placeholder, "/devices/77", "e1", "contact.device.fault.v1"),
            (e.Contact.Kind, e.Contact.Account, e.Contact.ExternalId, e.Contact.Extras!["type"]));
    }

    [Theory]
    [InlineData("""{"text":"Der Drucker klemmt."}""")]
    [InlineData("Der Drucker klemmt.")]
    public void Data_without_a_content_type_is_read_as_what_it_is(string body)
    {
        var e = AnyChannel.Event("generic", "", body, ("ce-specversion", "1.0"), ("ce-id", "e1"), ("ce-source", "/shop"),
            ("ce-type", "contact.form.submitted.v1"));
        Assert.Equal((ContactKind.Form, "Der Drucker klemmt."), (e.Contact.Kind, e.Contact.Text));
    }

    [Fact]
    public void Binary_data_within_json_leaves_source_and_type_known()
    {
        var body = $$"""{"specversion":"1.0","id":"e1","source":"/devices/77","type":"contact.device.fault.v1","datacontenttype":"image/png","data_base64":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes("x"))}}"}""";
        var e = AnyChannel.Event("generic", "", body, ("content-type", "application/cloudevents+json"));
        Assert.Equal((ContactKind.Placeholder, "/devices/77"), (e.Contact.Kind, e.Contact.Account));
    }

    private static ContactEvent Forum(string name, string body) =>
        AnyChannel.Event("discourse", "/community", body, ("x-discourse-event", name));
}
