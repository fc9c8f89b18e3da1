using System.Text;
using System.Text.Json.Nodes;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Meta;

/// <summary>What Meta is asked for: what its webhook did not bring, and what a mention says.</summary>
public sealed class MetaLookTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Long = MetaReading.ArrivedAt.AddDays(-10);
    private readonly FakeTime _time = new(MetaReading.ArrivedAt);
    private MetaApi _api = null!;

    public async Task InitializeAsync() => _api = await MetaApi.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    private IChannel Channel(string? kind, params (string Name, string? Value)[] more) =>
        MetaReading.Channel(_api, _time, [("Channels__Meta__Accounts__1001__Kind", kind), .. more]);

    private static async Task<ReconciliationResult.Page> LookAsync(IChannel channel, string source, string? cursor = null) =>
        Assert.IsType<ReconciliationResult.Page>(await ((IReconciles)channel).ReadAsync(source, new ReconciliationStart(cursor, Long),
            CancellationToken.None));

    private static List<ContactEvent> Events(ReconciliationResult.Page page) =>
        [.. page.Held.SelectMany(h => MetaReading.Events(Encoding.UTF8.GetString(h.Body.Span)))];

    private void Lists(string path, string json) => _api.Documents[path] = JsonNode.Parse(json)!.AsObject();

    [Theory]
    [InlineData("Page", "feed 1001,messenger 1001")]
    [InlineData("Instagram", "media 1001,direct 1001")]
    [InlineData("InstagramLogin", "media 1001,direct 1001")]
    [InlineData("WhatsApp", "")]
    [InlineData(null, "")]
    public void Every_list_that_Meta_keeps_of_an_account_is_a_source(string? kind, string sources)
    {
        Assert.Equal(sources, string.Join(',', ((IReconciles)Channel(kind)).Sources.Select(s => s.Name)));
        Assert.Empty(((IReconciles)Channel(kind, ("Channels__Meta__AccessToken", null))).Sources);
        Assert.Empty(((IReconciles)Channel(kind, ("Channels__Meta__LookMinutes", "0"))).Sources);
    }

    [Fact]
    public async Task Comments_and_posts_on_a_page_have_the_ids_of_the_webhook()
    {
        Lists("1001/feed",
            """{"data":[{"id":"p1","from":{"id":"1001"},"message":"Neu!","created_time":"2026-11-20T08:00:00+0000","comments":{"data":[{"id":"c1","from":{"id":"9","name":"Anna"},"message":"Frage","created_time":"2026-11-20T08:59:00+0000"},{"id":"c0","from":{"id":"8"},"message":"alt","created_time":"2026-11-01T00:00:00+0000"}]}},{"id":"p2","from":{"id":"7","name":"Ben"},"message":"Hallo","created_time":"2026-11-20T08:30:00+0000"}],"paging":{"cursors":{"after":"x"}}}""");
        var page = await LookAsync(Channel("Page"), "feed 1001");
        Assert.False(page.More);
        var told = Assert.Single(
            MetaReading.Events(MetaReading.Feed("feed",
                $$$"""{"item":"comment","verb":"add","comment_id":"c1","post_id":"p1","parent_id":"p1","from":{"id":"9","name":"Anna"},"created_time":{{{MetaReading.Then}}},"message":"Frage"}""")));
        var found = Events(page);
        Assert.Equal(["c1", "p2"], found.Select(e => e.EventId));
        Assert.Equal((told.Contact.ThreadKey, told.Contact.OccurredAt, told.Contact.Text),
            (found[0].Contact.ThreadKey, found[0].Contact.OccurredAt, found[0].Contact.Text));
        _api.Trouble = (403, 10, 0);
        Assert.Equal(new ReconciliationResult.Later("refused"),
            await ((IReconciles)Channel("Page")).ReadAsync("feed 1001", new ReconciliationStart(null, Long), CancellationToken.None));
    }

    [Fact]
    public async Task Comments_on_Instagram_and_replies_to_them_have_the_ids_of_the_webhook()
    {
        Lists("1001/media",
            """{"data":[{"id":"21","timestamp":"2026-11-19T08:00:00+0000","comments":{"data":[{"id":"31","text":"Frage","timestamp":"2026-11-20T08:59:00+0000","from":{"id":"9","username":"anna"},"replies":{"data":[{"id":"32","text":"Antwort","timestamp":"2026-11-20T08:59:30+0000","from":{"id":"1001","username":"wir"}}]}}]}},{"id":"20","timestamp":"2026-09-01T08:00:00+0000"}],"paging":{"cursors":{"after":"x"},"next":"https://graph.facebook.com/more"}}""");
        var page = await LookAsync(Channel("Instagram"), "media 1001");
        Assert.False(page.More);
        var told = Assert.Single(
            MetaReading.Events(
                $$$"""{"object":"instagram","entry":[{"id":"1001","time":{{{MetaReading.Then}}},"changes":[{"field":"comments","value":{"id":"31","text":"Frage","media":{"id":"21"},"from":{"id":"9","username":"anna"} } }]}]}"""));
        var found = Events(page);
        Assert.Equal(["31", "32"], found.Select(e => e.EventId));
        Assert.Equal((told.Contact.ThreadKey, told.Contact.OccurredAt, told.Contact.Text, told.Contact.Entry),
            (found[0].Contact.ThreadKey, found[0].Contact.OccurredAt, found[0].Contact.Text, found[0].Contact.Entry));
        Assert.Equal((Direction.Outbound, told.Contact.ThreadKey), (found[1].Contact.Direction, found[1].Contact.ThreadKey));
    }

    [Theory]
    [InlineData("Page", "messenger 1001", "1001/conversations", "page", "messenger")]
    [InlineData("Instagram", "direct 1001", "me/conversations", "instagram", "instagram")]
    [InlineData("InstagramLogin", "direct 1001", "instagram/me/conversations", "instagram", "instagram")]
    public async Task Direct_messages_have_the_ids_of_the_webhook_and_our_own_are_outbound(string kind, string source, string path,
        string about, string network)
    {
        Lists(path, """{"data":[{"id":"t_1","updated_time":"2026-11-20T08:59:30+0000","messages":{"data":[{"id":"m2","created_time":"2026-11-20T08:59:30+0000","from":{"id":"1001"},"to":{"data":[{"id":"6000000000000000001"}]},"message":"Antwort"},{"id":"m1","created_time":"2026-11-20T08:59:00+0000","from":{"id":"6000000000000000001"},"to":{"data":[{"id":"1001"}]},"message":"Frage","attachments":{"data":[{"mime_type":"image/png","name":"a.png","image_data":{"url":"https://cdn.example.com/a"}}]}}]}}],"paging":{"cursors":{"after":"x"}}}""");
        var found = Events(await LookAsync(Channel(kind), source));
        var told = Assert.Single(MetaReading.Events(MetaReading.Messaging(about, """{"message":{"mid":"m1","text":"Frage"}}""")));
        Assert.Equal(["m2", "m1"], found.Select(e => e.EventId));
        Assert.Equal((told.Contact.ThreadKey, told.Contact.OccurredAt, told.Contact.Text, network),
            (found[1].Contact.ThreadKey, found[1].Contact.OccurredAt, found[1].Contact.Text, found[1].Contact.Network));
        Assert.Equal("https://cdn.example.com/a image", Assert.Single(found[1].Contact.Attachments) is var file
            ? $"{file.Reference} {file.Type}" : null);
        Assert.Equal((Direction.Outbound, told.Contact.ThreadKey), (found[0].Contact.Direction, found[0].Contact.ThreadKey));
    }

    [Fact]
    public async Task A_round_goes_on_page_by_page_and_the_next_one_begins_where_it_began()
    {
        var list = """{"data":[{"id":"t_1","updated_time":"2026-11-20T08:59:30+0000","messages":{"data":[{"id":"m1","created_time":"2026-11-20T08:30:00+0000","from":{"id":"9"},"message":"Frage"},{"id":"m0","created_time":"2026-11-19T08:30:00+0000","from":{"id":"9"},"message":"Frage"}]}}],"paging":{"cursors":{"after":"zwei drei"},"next":"https://graph.facebook.com/more"}}""";
        Lists("1001/conversations", list);
        var channel = Channel("Page");
        var first = await LookAsync(channel, "messenger 1001");
        Assert.Equal((true, 2), (first.More, first.Held.Count));
        Lists("1001/conversations", list.Replace(",\"next\":\"https://graph.facebook.com/more\"", "", StringComparison.Ordinal));
        var last = await LookAsync(channel, "messenger 1001", first.Cursor);
        Assert.Equal((false, 2), (last.More, last.Held.Count));
        Assert.EndsWith("&after=zwei%20drei", _api.Calls[^1], StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal("m1", Assert.Single(Events(await LookAsync(channel, "messenger 1001", last.Cursor))).EventId);

        _api.Trouble = (400, 100, 0);
        Assert.IsType<ReconciliationResult.Restart>(await ((IReconciles)channel).ReadAsync("messenger 1001",
            new ReconciliationStart(first.Cursor, Long), CancellationToken.None));
    }

    [Theory]
    [InlineData("""{"comment_id":"31","media_id":"21"}""", """{"mentioned_comment":{"id":"31","text":"@wir Frage"}}""",
        "comment 31 @wir Frage ")]
    [InlineData("""{"media_id":"21"}""",
        """{"mentioned_media":{"id":"21","caption":"Bei @wir","username":"anna","media_type":"IMAGE","media_url":"https://cdn.example.com/a"}}""", "post 21 Bei @wir https://cdn.example.com/a")]
    public async Task The_words_of_a_mention_are_fetched(string value, string document, string expected)
    {
        Lists("1001", document);
        var contact = await MentionAsync(Channel("Instagram"), value);
        Assert.Equal(expected,
            $"{MetaReading.Word(contact.Kind)} {contact.ExternalId} {contact.Text} {contact.Attachments.SingleOrDefault()?.Reference}");

        // Taken back meanwhile: that we were named is still told.
        _api.Trouble = (400, 100, 33);
        Assert.Null((await MentionAsync(Channel("Instagram"), value)).Text);
    }

    [Fact]
    public async Task Nobody_is_asked_for_a_mention_without_a_token_or_by_an_id_that_is_none()
    {
        var delivery = Delivery("""{"media_id":"21"}""");
        Assert.IsType<Parsed.Found>(Assert.Single(Channel("Instagram", ("Channels__Meta__AccessToken", null)).Read(delivery)
            .Select(e => e.Read())));
        Assert.IsType<Parsed.Found>(Assert.Single(Channel("InstagramLogin").Read(delivery).Select(e => e.Read())));
        Assert.IsType<Parsed.Found>(Assert.Single(Channel("Instagram").Read(Delivery("""{"media_id":"21){id},name"}"""))
            .Select(e => e.Read())));
        Assert.IsType<FetchedContent.Gone>(await ((IFetchesContent)Channel("Instagram")).FetchAsync("mention/1001/21){id},name/",
            CancellationToken.None));
        _api.Trouble = (401, 190, 463);
        Assert.Equal(new FetchedContent.Later("refused"),
            await ((IFetchesContent)Channel("Instagram")).FetchAsync("mention/1001/21/", CancellationToken.None));
    }

    private static async Task<Contact> MentionAsync(IChannel channel, string value)
    {
        var delivery = Delivery(value);
        var thin = Assert.IsType<Parsed.Reference>(Assert.Single(channel.Read(delivery).Select(e => e.Read())));
        var document =
            Assert.IsType<FetchedContent.Document>(await ((IFetchesContent)channel).FetchAsync(thin.Resource, CancellationToken.None));
        return Assert.IsType<Parsed.Found>(((IFetchesContent)channel).Read(delivery, thin.Resource, document.Body)).Event.Contact;
    }

    private static Delivery Delivery(string value) => new()
    {
        Id = new string('a', 32),
        Channel = "meta",
        Method = "POST",
        PathAndQuery = "/api/hooks/meta",
        Headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase),
        Body = Encoding.UTF8.GetBytes(MetaReading.Mention(value)),
        ReceivedAt = MetaReading.ArrivedAt,
    };
}
