using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Serverless.Channels;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels;

/// <content>What a stranger sends is judged, never thrown at us: broken bodies, broken headers, and 200 mutations of every seed.</content>
public abstract partial class ChannelConformance
{
    [Fact]
    public void A_broken_body_never_makes_it_throw() => All(Seeds, seed =>
    {
        foreach (var body in BrokenBodies(seed.Body)) Withstands(seed with { Body = body });
    });

    [Fact]
    public void A_mutated_body_never_makes_it_throw() => All(Seeds.Where(s => s.Body.Length > 0), seed =>
    {
        var random = new Random(20261120);
        for (var i = 0; i < 200; i++) Withstands(seed with { Body = Mutated(seed.Body, random) });
    });

    [Fact]
    public void A_broken_header_or_query_never_makes_it_throw() => All(Seeds, seed =>
    {
        foreach (var name in seed.Headers.Select(h => h.Key).Distinct(StringComparer.OrdinalIgnoreCase).ToList())
            foreach (var value in BrokenTexts)
                Withstands(WithHeader(seed, name, _ => value));
        foreach (var value in BrokenTexts) Withstands(seed with { PathAndQuery = $"/api/hooks/{Name}/{value}?{value}&a={value}&a" });
        foreach (var method in OtherMethods) Withstands(seed with { Method = method });
    });

    [Fact]
    public void Elements_before_a_broken_one_are_read() => All(Genuine.Where(s => s.Ends.Count > 1), seed =>
    {
        var channel = Channel();
        using var elements = channel.Read(seed.ToDelivery(channel)).GetEnumerator();
        Assert.True(elements.MoveNext());
        var alone = elements.Current.Position;
        Assert.Equal(alone, Read(channel, seed.ToDelivery(channel))[0].Position);
    });

    /// <summary>Verify and Reply must not throw. Read may, as a reader does that meets what it cannot read, never by a slip, and never
    /// without end.</summary>
    private void Withstands(Seed seed)
    {
        // One for all strangers of an instant, as in the app: to build it takes longer than to judge a call.
        var channel = _strangers.GetOrAdd(seed.At, at => Channel(StrangerSettings, at));
        var delivery = seed.ToDelivery(channel);
        channel.Verify(delivery);
        foreach (var acceptance in Enum.GetValues<Acceptance>()) channel.Respond(delivery, acceptance);
        var outcomes = Read(channel, delivery);
        Assert.InRange(outcomes.Count, 0, seed.Body.Length + 1);
        foreach (var outcome in outcomes)
        {
            Assert.False(
                outcome.Thrown is NullReferenceException or IndexOutOfRangeException or InvalidCastException or OutOfMemoryException
                or InsufficientExecutionStackException,
                outcome.Thrown?.ToString());
            if (outcome.Reading is Parsed.Found found) ToJson(found.Event);
        }
    }

    private readonly ConcurrentDictionary<DateTimeOffset, IChannel> _strangers = new();

    private Dictionary<string, string?> StrangerSettings => field ??= Settings;

    private static readonly string[] OtherMethods = ["GET", "PUT", "OPTIONS", "HEAD", ""];

    private static readonly string[] BrokenTexts =
    [
        "", " ", ",", "=", "%", "%zz", "%C0%A0", "v1,", "v1", "sha256=", "Bearer ", "\u0000", "\ud800", "Grüße €", "-1",
        "99999999999999999999", "1e400", "NaN",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:60Z", "application/cloudevents+json; charset=\"", "multipart/form-data",
        new('a', 100_000), new('%', 1_000), new('"', 3),
    ];

    private static IEnumerable<byte[]> BrokenBodies(byte[] body)
    {
        yield return [];
        yield return [0];
        yield return [0xEF, 0xBB, 0xBF];
        yield return [.. body, 0xC0, 0xA0, 0xFF];
        yield return [0xFF, 0xFE, .. body];
        foreach (var share in new[] { 0.1, 0.5, 0.9 }) yield return body[..(int)(body.Length * share)];
        foreach (var text in new[] { "null", "true", "0", "\"\"", "[]", "{}", "[null]", "[[]]", "{\"\":{}}", "&&==&%", "a=%C0%A0&%=&=" })
            yield return Encoding.UTF8.GetBytes(text);
        yield return Encoding.UTF8.GetBytes(new string('[', 10_000));
        yield return Encoding.UTF8.GetBytes(new string('[', 10_000) + new string(']', 10_000));
        yield return Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"entry\":", 10_000)) + "0" + new string('}', 10_000));
    }

    private static byte[] Mutated(byte[] body, Random random)
    {
        if (random.Next(2) == 0 && Values(body) is { Count: > 0 } values)
        {
            var (start, length) = values[random.Next(values.Count)];
            var other = OtherValues[random.Next(OtherValues.Length)];
            return [.. body[..start], .. Encoding.UTF8.GetBytes(other), .. body[(start + length)..]];
        }

        var from = random.Next(body.Length);
        var to = Math.Min(body.Length, from + random.Next(1, 40));
        return random.Next(4) switch
        {
            0 => [.. body[..from], .. body[to..]],
            1 => [.. body[..to], .. body[from..]],
            2 => [.. body[..from], (byte)random.Next(256), .. body[from..]],
            _ => [.. body[..from], (byte)(body[from] ^ (1 << random.Next(8))), .. body[(from + 1)..]],
        };
    }

    private static readonly string[] OtherValues = ["null", "true", "-1", "1e400", "99999999999999999999", "\"\"", "\"x\"", "\"\\ud800\"",
        "[]", "{}", "[null]", "[[1]]", "{\"id\":null}"];

    /// <summary>Where the plain values of a JSON body stand; none when it is not JSON.</summary>
    private static List<(int Start, int Length)> Values(byte[] body)
    {
        var values = new List<(int, int)>();
        try
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read())
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False
                    or JsonTokenType.Null)
                    values.Add(((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex)));
        }
        catch (JsonException)
        {
            return [];
        }

        return values;
    }
}
