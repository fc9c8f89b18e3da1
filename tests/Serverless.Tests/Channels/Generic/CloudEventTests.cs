using System.Text;
using System.Text.Json;
using Serverless.Channels;
using Serverless.Channels.Generic;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Generic;

/// <summary>CloudEvents 1.0 in its three HTTP modes: what npm <c>cloudevents</c> and we understand alike, and the rules of the
/// specification that it does not check.</summary>
public sealed class CloudEventTests
{
    private const string Script = "tests/Serverless.Tests/Channels/cloud-events.mjs";
    private const string Structured = "application/cloudevents+json";
    private const string Batch = "application/cloudevents-batch+json";
    private const string Required = "\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"";

    [Fact]
    public async Task What_the_library_makes_we_read_in_all_modes()
    {
        object[] events =
        [
            new { id = "1", source = "https://example.com/a", type = "t.v1", time = "2026-11-20T09:15:00.123Z", subject = "plain",
                data = new { text = "Grüße 📦" } },
            new { id = "2", source = "urn:example:b", type = "t.v1", time = "2026-11-20T09:15:00.000Z",
                datacontenttype = "application/json", data = new { n = 1 } },
            new { id = "3", source = "/c", type = "t.v1", time = "2026-11-20T09:15:00.000Z", datacontenttype = "text/plain",
                data = "Just words." },
        ];
        var made = (await Node.RunAsync(Script, new { make = events })).GetProperty("make").EnumerateArray().ToList();
        var wanted = JsonSerializer.SerializeToElement(events).EnumerateArray().ToList();
        foreach (var (want, messages) in wanted.Zip(made))
        {
            AssertSame(want, Read(ToDelivery(messages.GetProperty("structured"))).Single());
            AssertSame(want, Read(ToDelivery(messages.GetProperty("binary"))).Single());
        }

        var batch = $"[{string.Join(',', made.Select(m => m.GetProperty("structured").GetProperty("body").GetString()))}]";
        foreach (var (want, got) in wanted.Zip(Read(Call(Batch, batch)))) AssertSame(want, got);
    }

    [Fact]
    public async Task What_we_give_as_seeds_the_library_reads_as_we_do()
    {
        var seeds = Seed.Of("generic").Where(s => s.IsGenuine && !s.Name.Contains("bad-element", StringComparison.Ordinal)).ToList();
        var messages = seeds.Select(s => new
        {
            // The library wants its own media types in lower case; the specification compares without case.
            headers = s.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Key == "Content-Type"
                ? h.Value.ToLowerInvariant() : h.Value, StringComparer.Ordinal),
            body = Encoding.UTF8.GetString(s.Body),
        });
        var read = (await Node.RunAsync(Script, new { read = messages })).GetProperty("read").EnumerateArray().ToList();
        foreach (var (seed, theirs) in seeds.Zip(read))
        {
            var ours = Read(Call(seed)).Single();
            Assert.Equal((theirs.GetProperty("id").GetString(), theirs.GetProperty("source").GetString(), theirs.GetProperty("type")
                .GetString()), (ours.Id, ours.Source, ours.Type));
            Assert.Empty(JsonDifference.Between(theirs.GetProperty("data"), JsonSerializer.Deserialize<JsonElement>(ours.Data!),
                seed.Name));
        }
    }

    [Theory]
    [InlineData("{\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}")]
    [InlineData("{\"specversion\":\"0.3\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}")]
    [InlineData("{\"specversion\":\"2.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}")]
    [InlineData("{\"specversion\":1.0,\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}")]
    [InlineData("{\"specversion\":\"1.0\",\"source\":\"/s\",\"type\":\"t\"}")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":null,\"source\":\"/s\",\"type\":\"t\"}")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"\",\"source\":\"/s\",\"type\":\"t\"}")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":7,\"source\":\"/s\",\"type\":\"t\"}")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"1\",\"type\":\"t\"}")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\"}")]
    [InlineData("{" + Required + ",\"time\":\"yesterday\"}")]
    [InlineData("{" + Required + ",\"time\":\"2026-11-20\"}")]
    [InlineData("{" + Required + ",\"time\":\"2026-11-20T09:15:00\"}")]
    [InlineData("{" + Required + ",\"time\":\"2026-02-29T09:15:00Z\"}")]
    [InlineData("{" + Required + ",\"time\":\"2026-13-01T09:15:00Z\"}")]
    [InlineData("{" + Required + ",\"time\":\"2026-11-20T24:00:00Z\"}")]
    [InlineData("{" + Required + ",\"time\":\"2026-11-20T09:15:00.Z\"}")]
    [InlineData("{" + Required + ",\"time\":\"2026-11-20T09:15:00+0100\"}")]
    [InlineData("{" + Required + ",\"time\":\"2026-11-20T09:15:00+24:00\"}")]
    [InlineData("{" + Required + ",\"time\":\"0001-01-01T00:00:00+01:00\"}")]
    [InlineData("{" + Required + ",\"time\":\"2026-11-20T09:15:00Z \"}")]
    [InlineData("{" + Required + ",\"data\":{},\"data_base64\":\"e30=\"}")]
    [InlineData("{" + Required + ",\"data_base64\":\"no base64\"}")]
    [InlineData("[{" + Required + "}]")]
    [InlineData("null")]
    public void A_structured_event_that_breaks_a_rule_is_not_read(string body) =>
    Assert.ThrowsAny<Exception>(() => Read(Call(Structured, body)));

    [Theory]
    [InlineData("\"data\":null", null, null)]
    [InlineData("\"data\":null,\"data_base64\":\"e30=\"", "{}", null)]
    [InlineData("\"data\":{\"a\":1},\"data_base64\":null,\"subject\":null,\"time\":null", "{\"a\":1}", null)]
    [InlineData("\"data\":\"{\\\"a\\\":1}\"", null, "{\"a\":1}")]
    [InlineData("\"datacontenttype\":\"application/json\",\"data\":\"{\\\"a\\\":1}\"", null, "{\"a\":1}")]
    [InlineData("\"datacontenttype\":\"application/vnd.x+json; charset=utf-8\",\"data_base64\":\"eyJhIjoxfQ==\"", "{\"a\":1}", null)]
    [InlineData("\"datacontenttype\":\"text/plain\",\"data_base64\":\"R3LDvMOfZQ==\"", null, "Grüße")]
    public void Data_is_json_or_text_and_null_is_absent(string members, string? json, string? text)
    {
        var happened = Read(Call(Structured, "{" + Required + "," + members + "}")).Single();
        Assert.Equal(json, happened.Data);
        Assert.Equal(text, happened.Text);
        Assert.Null(happened.Subject);
    }

    [Theory]
    [InlineData("2026-11-20T09:15:00Z", "2026-11-20T09:15:00.0000000Z")]
    [InlineData("2026-11-20t09:15:00z", "2026-11-20T09:15:00.0000000Z")]
    [InlineData("2026-11-20T09:15:00.5+05:30", "2026-11-20T03:45:00.5000000Z")]
    [InlineData("2026-11-20T09:15:00.123456789123-00:30", "2026-11-20T09:45:00.1234567Z")]
    [InlineData("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.0000000Z")]
    [InlineData("2024-02-29T23:30:00-01:00", "2024-03-01T00:30:00.0000000Z")]
    public void Times_are_those_of_rfc_3339(string written, string utc) =>
        Assert.Equal(utc, Read(Call(Structured, "{" + Required + ",\"time\":\"" + written + "\"}"))
            .Single().Time!.Value.UtcDateTime.ToString("O"));

    [Theory]
    [InlineData("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀")]
    [InlineData("%e2%82%ac", "€")]
    [InlineData("once%2525only", "once%25only")]
    [InlineData("unneeded%41", "unneededA")]
    [InlineData("\"older senders \\\"quote\\\" %C3%BC\"", "older senders \"quote\" ü")]
    [InlineData("a\"b", "a\"b")]
    [InlineData("\"", "\"")]
    public void A_binary_header_is_unquoted_and_decoded_once(string sent, string subject) =>
    Assert.Equal(subject, Read(Binary(("ce-subject", sent))).Single().Subject);

    [Theory]
    [InlineData("ce-subject", "%C0%A0")]
    [InlineData("ce-subject", "%ED%A0%80")]
    [InlineData("ce-subject", "100 % sure")]
    [InlineData("ce-subject", "%")]
    [InlineData("ce-subject", "%A")]
    [InlineData("ce-subject", "%+1")]
    [InlineData("ce-subject", "Grüße")]
    [InlineData("ce-datacontenttype", "application/json")]
    [InlineData("ce-specversion", "0.3")]
    [InlineData("ce-id", "")]
    [InlineData("ce-time", "now")]
    public void A_binary_event_that_breaks_a_rule_is_not_read(string header, string value) =>
    Assert.Throws<FormatException>(() => Read(Binary((header, value))));

    [Theory]
    [InlineData("application/cloudevents+avro")]
    [InlineData("application/cloudevents+protobuf")]
    [InlineData("application/cloudevents-batch+avro")]
    public void Formats_other_than_json_are_not_read(string type) =>
    Assert.Throws<FormatException>(() => Read(Call(type, "{" + Required + "}")));

    [Theory]
    [InlineData("APPLICATION/CloudEvents+JSON; Charset=UTF-8")]
    [InlineData("application/cloudevents")]
    public void The_mode_is_chosen_without_regard_to_case(string type) =>
    Assert.Equal("1", Read(Call(type, "{" + Required + "}")).Single().Id);

    [Fact]
    public void An_empty_batch_is_valid_and_holds_nothing() => Assert.Empty(Read(Call("Application/CloudEvents-Batch+json", "[]")));

    [Fact]
    public void In_a_batch_the_broken_event_alone_throws()
    {
        var elements = CloudEventReader.Elements(Call(Batch, "[{" + Required + "},7,{" + Required + "}]"), e => new Parsed.Ignored(e.Id));
        Assert.Equal("read thrown read",
            string.Join(' ', elements.Select(e => Record.Exception(() => e.Read()) is null ? "read" : "thrown")));
    }

    /// <summary>An event, copied out of the document it lives in.</summary>
    private sealed record Copy(string Id, string Source, string Type, string? Subject, DateTimeOffset? Time, string? Data, string? Text);

    private static List<Copy> Read(Delivery delivery)
    {
        var copies = new List<Copy>();
        foreach (var element in CloudEventReader.Elements(delivery, e =>
        {
            copies.Add(new(e.Id, e.Source, e.Type, e.Subject, e.Time, e.Data.ValueKind == JsonValueKind.Undefined
                ? null : e.Data.GetRawText(), e.Text));
            return new Parsed.Ignored("copied");
        })) element.Read();
        return copies;
    }

    private static void AssertSame(JsonElement want, Copy got)
    {
        Assert.Equal((want.GetProperty("id").GetString(), want.GetProperty("source").GetString(), want.GetProperty("type").GetString()),
            (got.Id, got.Source, got.Type));
        Assert.Equal(want.GetProperty("time").GetDateTimeOffset(), got.Time);
        Assert.Equal(want.TryGetProperty("subject", out var subject) ? subject.GetString() : null, got.Subject);
        if (want.GetProperty("data") is { ValueKind: JsonValueKind.String } text) Assert.Equal(text.GetString(), got.Text);
        else Assert.Empty(JsonDifference.Between(want.GetProperty("data"), JsonSerializer.Deserialize<JsonElement>(got.Data!), "data"));
    }

    private static Delivery ToDelivery(JsonElement message) => Call(
        message.GetProperty("headers").EnumerateObject().Select(h => (h.Name, h.Value.ToString())),
        message.GetProperty("body").ToString());

    private static Delivery Call(Seed seed) => Call(seed.Headers.Select(h => (h.Key, h.Value)), Encoding.UTF8.GetString(seed.Body));

    private static Delivery Call(string contentType, string body) => Call([("content-type", contentType)], body);

    private static Delivery Binary(params (string Name, string Value)[] changed) =>
        Call([("content-type", "application/json"), ("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/s"), ("ce-type", "t"),
            .. changed], "{}");

    private static Delivery Call(IEnumerable<(string Name, string Value)> headers, string body)
    {
        var kept = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in headers) kept[name.ToLowerInvariant()] = value;
        return new()
        {
            Id = new('0', 32), Channel = "generic", Method = "POST", PathAndQuery = "/api/hooks/generic", Headers = kept,
            Body = Encoding.UTF8.GetBytes(body), ReceivedAt = new(2026, 11, 20, 9, 15, 0, TimeSpan.Zero),
        };
    }
}
