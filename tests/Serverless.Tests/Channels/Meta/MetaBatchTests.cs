using Serverless.Channels;
using Xunit;
using static Serverless.Tests.Channels.Meta.MetaReading;

namespace Serverless.Tests.Channels.Meta;

/// <summary>Times, positions and batches of all four products.</summary>
public sealed class MetaBatchTests
{
    [Theory]
    [InlineData("1795165140", "2026-11-20T08:59:00Z")]
    [InlineData("\"1795165140\"", "2026-11-20T08:59:00Z")]
    [InlineData("1795165140250", "2026-11-20T08:59:00.250Z")]
    [InlineData("1795251599", "2026-11-21T08:59:59Z")]
    [InlineData("1795251601", "2026-11-20T09:00:00Z")]
    [InlineData("1072915199", "2026-11-20T09:00:00Z")]
    [InlineData("1072915200", "2004-01-01T00:00:00Z")]
    [InlineData("0", "2026-11-20T09:00:00Z")]
    [InlineData("-1795165140", "2026-11-20T09:00:00Z")]
    [InlineData("1795165140.5", "2026-11-20T09:00:00Z")]
    [InlineData("9223372036854775807", "2026-11-20T09:00:00Z")]
    [InlineData("1e400", "2026-11-20T09:00:00Z")]
    [InlineData("\"yesterday\"", "2026-11-20T09:00:00Z")]
    [InlineData("null", "2026-11-20T09:00:00Z")]
    [InlineData("{}", "2026-11-20T09:00:00Z")]
    public void An_absurd_time_is_replaced_by_the_arrival(string time, string expected)
    {
        foreach (var body in new[]
        {
            $$$$"""{"object":"page","entry":[{"id":"1001","messaging":[{"sender":{"id":"6"},"recipient":{"id":"1001"},"timestamp":{{{{time}}}},"message":{"mid":"m","text":"x"}}]}]}""",
            WhatsApp("[]", $$$$"""{"from":"491713920011","id":"w","timestamp":{{{{time}}}},"type":"text","text":{"body":"x"}}"""),
            Feed("feed", $$$$"""{"item":"comment","verb":"add","comment_id":"c","post_id":"p","created_time":{{{{time}}}}}"""),
        })
        {
            Assert.Equal(DateTimeOffset.Parse(expected), Contact(body).OccurredAt);
        }
    }

    [Fact]
    public void A_bad_element_keeps_the_others()
    {
        var body = $$$$"""{"object":"page","entry":[null,7,{"id":"1001","messaging":[{"sender":{"id":"6"},"message":{"mid":"m1","text":"a"}},{"sender":{"id":"6"},"message":{"mid":"m2","text":"\ud800"}},null,{"sender":{"id":"6"},"message":{"mid":"m3","text":"c"}}]},{"id":"1001","changes":"none"},{"id":"1001","changes":[[]]}]}""";
        Assert.Equal(["placeholder", "placeholder", "message", "thrown", "placeholder", "message", "placeholder", "placeholder"],
            Ends(body));
    }

    [Fact]
    public void A_thousand_updates_are_a_thousand_elements()
    {
        var items = string.Join(',', Enumerable.Range(0, 1000)
            .Select(i => $$$$"""{"from":"4917139200{{{{i % 100:00}}}}","id":"wamid.{{{{i}}}}","type":"text","text":{"body":"{{{{i}}}}"}}"""));
        var outcomes = Read(WhatsApp("[]", items));
        Assert.Equal(1000, outcomes.Count);
        Assert.Equal("entry[0].changes[0].value.messages[999]", outcomes[999].Position);
        Assert.Equal(1000, outcomes.Select(o => ((Parsed.Found)o.Reading!).Event.EventId).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("""{"object":"page","entry":[{"id":"1","messaging":[{"message":{"mid":"m","text":"x"}}],"standby":[{}],"changes":[{"field":"feed","value":{"item":"like"}}]}]}""", "entry[0].messaging[0] entry[0].standby[0] entry[0].changes[0].value")]
    [InlineData("""{"object":"instagram","entry":[{"id":"1","field":"comments","value":{"id":"c"}},{"id":"1","hop":1}]}""",
        "entry[0].value entry[1]")]
    [InlineData("""{"object":"hologram","entry":[{"id":"1","changes":[{"field":"x"}]}]}""", "entry[0].changes[0].value")]
    [InlineData("""{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"x"},{"field":"messages","value":{"statuses":[{}],"messages":[{}]}}]}]}""", "entry[0].changes[0].value entry[0].changes[1].value.statuses[0] entry[0].changes[1].value.messages[0]")]
    public void Each_element_says_where_it_stands(string body, string positions) =>
        Assert.Equal(positions, string.Join(' ', Read(body).Select(o => o.Position)));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"object":"page","entry":[]}""")]
    [InlineData("""{"object":"page","entry":{}}""")]
    [InlineData("[]")]
    [InlineData("")]
    public void A_delivery_without_an_entry_cannot_be_read_as_a_whole(string body) => Assert.Equal(["thrown"], Ends(body));
}
