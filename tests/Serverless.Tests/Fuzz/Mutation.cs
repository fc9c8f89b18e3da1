using System.Text;
using System.Text.Json;

namespace Serverless.Tests.Fuzz;

/// <summary>Spoils bytes as an attacker or a broken sender might. The same random numbers give the same bytes.</summary>
internal static class Mutation
{
    /// <summary>A body never grows beyond this, so that what is measured is the reader and not the mutation.</summary>
    private const int Longest = 128 * 1024;

    private static readonly string[] Values =
    [
        "null", "true", "-1", "0", "1e400", "-0.0", "99999999999999999999", "9223372036854775808", "0.1e-400", "\"\"", "\"x\"",
        "\"\\ud800\"", "\"\\u0000\"", "[]", "{}", "[null]", "[[1]]", "{\"id\":null}",
        "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59.9999999+14:00\"", "\"javascript:alert(1)\"", "\"file:///etc/passwd\"",
        "\"+4930\"", "\"@\"", "\"a@b\"", "-62135596800", "253402300800", "4294967296",
    ];

    private static readonly string[] Snippets =
    [
        "\u0000", "\uFEFF", "\u202E", "\u0301", "\uD83D\uDE00", "%", "%zz", "%C0%AF", "%00", "&", "=", "&=&", "+", "\"", "\\", "\\u",
        "\\ud800", "{", "}", "[", "]", ",", ":", "\r\n", "\n\n", "<", ">", "<!--", "-->", "<![CDATA[",
        "&#x110000;", "&#0;", "&amp", "<blockquote>", "</div>", "<style>", "> ", ">>>>", "-- \n", "On Mon, X wrote:\n",
        "From: a\nSent: b\nTo: c\n", "--boundary\r\n", "Content-Type: multipart/mixed; boundary=\"", "=?utf-8?B?", "=?=",
        "1970-01-01", "data:text/html,", "\u2028", "'", ";", "$(", "../", "|", "`",
    ];

    /// <summary>One to four changes.</summary>
    /// <param name="body">What is spoiled; stays as it is.</param>
    /// <param name="others">What may be spliced in.</param>
    /// <param name="random">Where the choices come from.</param>
    public static byte[] Of(byte[] body, IReadOnlyList<byte[]> others, Random random)
    {
        for (var left = random.Next(1, 5); left > 0; left--)
        {
            body = Once(body, others, random);
            if (body.Length > Longest) body = body[..Longest];
        }

        return body;
    }

    private static byte[] Once(byte[] body, IReadOnlyList<byte[]> others, Random random)
    {
        if (body.Length == 0) return Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]);
        var from = random.Next(body.Length);
        var to = Math.Min(body.Length, from + random.Next(1, 60));
        switch (random.Next(11))
        {
            case 0: return [.. body[..from], .. body[to..]];
            case 1: return [.. body[..to], .. body[from..]];
            case 2: return [.. body[..from], (byte)random.Next(256), .. body[from..]];
            case 3: return [.. body[..from], (byte)(body[from] ^ (1 << random.Next(8))), .. body[(from + 1)..]];
            case 4: return [.. body[..from], .. Encoding.UTF8.GetBytes(Snippets[random.Next(Snippets.Length)]), .. body[from..]];
            case 5: return [.. body[..from], .. Repeated(body[from..to], random.Next(2, 200)), .. body[to..]];
            case 6: return body[..to];
            case 7: return [.. body[..from],
                .. Repeated(Encoding.UTF8.GetBytes(Snippets[random.Next(Snippets.Length)]), random.Next(2, 500)), .. body[from..]];
            case 8:
                var other = others[random.Next(others.Count)];
                var cut = random.Next(other.Length + 1);
                return [.. body[..from], .. other[cut..]];
            default:
                var places = Leaves(body);
                if (places.Count == 0) goto case 4;
                var (start, length) = places[random.Next(places.Count)];
                var value = random.Next(4) > 0
                    ? Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)])
                    : Nested(random);
                return [.. body[..start], .. value, .. body[(start + length)..]];
        }
    }

    private static byte[] Nested(Random random)
    {
        var depth = random.Next(1, 200);
        return Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":[", depth)) + "0"
            + string.Concat(Enumerable.Repeat("]}", depth)));
    }

    private static byte[] Repeated(byte[] some, int times)
    {
        times = Math.Min(times, 1 + (32 * 1024 / Math.Max(1, some.Length)));
        var all = new byte[some.Length * times];
        for (var i = 0; i < times; i++) some.CopyTo(all, i * some.Length);
        return all;
    }

    // Where the plain values of a JSON body stand; none when it is not JSON.
    private static List<(int Start, int Length)> Leaves(byte[] body)
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
            // Spoiled by an earlier change: what was read so far is enough.
        }

        return values;
    }
}
