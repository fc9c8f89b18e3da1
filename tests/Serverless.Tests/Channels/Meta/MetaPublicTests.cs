using Serverless.Contacts;
using Xunit;
using static Serverless.Tests.Channels.Meta.MetaReading;

namespace Serverless.Tests.Channels.Meta;

/// <summary>How the page feed and Instagram comments are read: the rules that no seed shows.</summary>
public sealed class MetaPublicTests
{
    [Theory]
    [InlineData("""{"item":"comment","verb":"add","comment_id":"c","post_id":"p","sender_id":90071992547409931,"sender_name":"Old Form"}""",
        "c c Received ", "facebook 90071992547409931 Old Form", Direction.Inbound)]
    [InlineData("""{"item":"comment","verb":"add","comment_id":"c","post_id":"p","from":{"id":"1001","name":"Us"},"message":"Sorry"}""",
        "c c Received Sorry", "", Direction.Outbound)]
    [InlineData("""{"item":"status","verb":"add","post_id":"p","from":{"id":1001,"name":"Us"},"published":0}""", "p p Received ", "",
        Direction.Outbound)]
    [InlineData("""{"item":"comment","verb":"add","comment_id":"c","post_id":"p","message":"No name"}""", "c c Received No name", "",
        Direction.Inbound)]
    [InlineData("""{"item":"share","verb":"add","post_id":"p","from":{"id":"7","name":"Eva"}}""", "p p Received ", "facebook 7 Eva",
        Direction.Inbound)]
    [InlineData("""{"item":"post","verb":"remove","post_id":"p","from":{"id":"7"}}""", "p p:removed Removed ", "facebook 7 ",
        Direction.Inbound)]
    public void The_page_feed_is_read_by_item_and_verb(string value, string line, string parties, Direction direction)
    {
        // A customer's comment is a conversation of its own; a post, and what the page says right under it, belongs to the post.
        var thread = direction == Direction.Inbound && value.Contains("comment_id", StringComparison.Ordinal) ? "facebook:c" : "facebook:p";
        var happened = Assert.Single(Events(Feed("feed", value)));
        Assert.Equal(line, Line(happened));
        Assert.Equal(parties, Parties(happened.Contact));
        Assert.Equal((direction, Place.Public, thread), (happened.Contact.Direction, happened.Contact.Place, happened.Contact.ThreadKey));
    }

    [Theory]
    [InlineData("feed", """{"item":"like","verb":"add","post_id":"p"}""", "ignored:reaction")]
    [InlineData("feed", """{"item":"comment","verb":"hide","comment_id":"c","post_id":"p"}""", "ignored:hidden")]
    [InlineData("feed", """{"item":"comment","verb":"unhide","comment_id":"c","post_id":"p"}""", "ignored:unhidden")]
    [InlineData("feed", """{"item":"hologram","verb":"add","post_id":"p"}""", "placeholder")]
    [InlineData("feed", """{"item":"comment","verb":"levitate","comment_id":"c","post_id":"p"}""", "placeholder")]
    [InlineData("feed", """{"item":"comment","verb":"add"}""", "placeholder")]
    [InlineData("mention", """{"item":"comment","verb":"add","comment_id":"c","post_id":"p","message":"Ask them"}""", "comment")]
    [InlineData("ratings",
        """{"item":"rating","verb":"add","reviewer_id":7,"reviewer_name":"Eva","review_text":"Good","recommendation_type":"POSITIVE"}""",
        "placeholder")]
    [InlineData("ratings", """{"item":"like","verb":"add"}""", "ignored:reaction")]
    [InlineData("leadgen", """{"leadgen_id":4,"form_id":5}""", "placeholder")]
    [InlineData("standby", """{"x":1}""", "ignored:standby")]
    public void Every_item_of_a_page_has_an_end(string field, string value, string end) => Assert.Equal([end], Ends(Feed(field, value)));

    [Fact]
    public void Edits_of_a_comment_are_dated_when_they_are_told_and_kept_apart()
    {
        var at = ArrivedAt.AddSeconds(-5);
        string Edit(string text) =>
            $$$$"""{"field":"feed","value":{"item":"comment","verb":"edited","comment_id":"c","post_id":"p","created_time":{{{{Then}}}},"from":{"id":"7"},"message":"{{{{text}}}}"}}""";
        var body = $$$$"""{"object":"page","entry":[{"id":"1001","time":{{{{at.ToUnixTimeSeconds()}}}},"changes":[{{{{Edit("A")}}}},{{{{Edit("B")}}}}]}]}""";
        var events = Events(body);
        Assert.All(events, e => Assert.Equal((at, "c", ContactChange.Edited), (e.Contact.OccurredAt, e.Contact.ExternalId, e.Change)));
        Assert.Equal(2, events.Select(e => e.EventId).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(events.Select(e => e.EventId), Events(body).Select(e => e.EventId), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("""{"id":"c","from":{"id":"1001","username":"us"},"text":"Hi"}""", Direction.Outbound, "c")]
    [InlineData("""{"id":"c","from":{"id":"55","username":"us","self_ig_scoped_id":"55"},"text":"Hi","parent_id":"root"}""",
        Direction.Outbound, "root")]
    [InlineData("""{"id":"c","text":"Hi"}""", Direction.Inbound, "c")]
    public void Instagram_comments_are_threads_of_their_own(string value, Direction direction, string root)
    {
        foreach (var entry in new[]
        {
            """{"id":"1001","time":TIME,"changes":[{"field":"live_comments","value":VALUE}]}""",
            """{"id":"1001","time":TIME,"field":"comments","value":VALUE}""",
            """{"id":"1001","time":TIME,"field":"comments","value":[VALUE]}""",
        })
        {
            var contact = Contact($$$$"""{"object":"instagram","entry":[{{{{entry.Replace("TIME", Then).Replace("VALUE", value)}}}}]}""");
            Assert.Equal((direction, $"instagram:comment:{root}", "Hi"), (contact.Direction, contact.ThreadKey, contact.Text));
        }
    }

    [Fact]
    public void A_mention_in_a_caption_is_a_post_to_be_fetched()
    {
        var contact =
            Contact("""{"object":"instagram","entry":[{"id":"1001","changes":[{"field":"mentions","value":{"media_id":17900777000111222}}]}]}""");
        Assert.Equal((ContactKind.Post, "17900777000111222", Place.Public), (contact.Kind, contact.ExternalId, contact.Place));
    }
}
