using System.Text;
using System.Text.Json.Nodes;
using Serverless.Channels;
using Serverless.Channels.Email;
using Serverless.Channels.Twilio;
using Serverless.Tests.Harness;

namespace Serverless.Benchmarks;

/// <summary>Inputs of any size that are made to hurt a reader, each with the reader.</summary>
internal static class HostileInputs
{
    private static readonly (string Input, string Piece)[] Mails =
    [
        ("quoted lines", "> text\n"), ("deep quotes", ">>>>>>>>>> text\n"),
        ("who wrote", "On Mon, 1 Jan 2026, Anna <a@example.com> wrote:\n"), ("original messages", "-----Original Message-----\n"),
        ("header blocks", "From: a\nSent: Monday\nTo: c\nSubject: d\n\n"), ("half header blocks", "From: a\nSent: Monday\n"),
        ("signature marks", "-- \n"), ("blank lines", "\n"), ("greetings", "Mit freundlichen Grüßen\n"),
        ("one line", "a"), ("one line of blanks", " "), ("lines of a blank", " \n"), ("combining marks", "a\u0301"), ("colons", "a: b\n"),
        ("dashes", "-----\n"), ("underscores", "_____\n"),
    ];

    private static readonly (string Input, string Piece)[] Pages =
    [
        ("open tags", "<div>"), ("open and text", "<div>x"), ("only <", "<"), ("comments", "<!-- x -->"), ("comments without end", "<!--"),
        ("references", "&amp;"), ("references that are none", "&#xFFFFFFFF;"), ("only &", "&"),
        ("attributes", "<a b=c d=\"e\" f='g'>"), ("attributes without end", "<a b=\""), ("quotations", "<blockquote type=cite>"),
        ("styles", "<style>x"), ("tables", "<table><tr><td>x"), ("closed tags", "</div>"), ("line breaks", "<br>"),
        ("paragraphs", "<p>x</p>"), ("hidden", "<div style=\"display:none\">x"), ("lists", "<ul><li>x"),
        ("links", "<a href=\"https://example.com/\">x</a>"), ("sections", "<![CDATA["),
    ];

    private static readonly (string Input, string Piece)[] Forms = [("pairs", "a=1&"), ("only &", "&"), ("escapes", "%41"),
        ("broken escapes", "a=%zz&"), ("blanks", "+"), ("one name", "From=1&"), ("only =", "="), ("UTF-8", "a=%C3%BC&")];

    /// <summary>All of them: reader, input, and what reads the input once it has a size in bytes.</summary>
    public static IEnumerable<(string Reader, string Input, Func<int, Action> Prepare)> All()
    {
        foreach (var (input, piece) in Mails) yield return ("mail text", input, OfText(piece, text => MailText.OfPlain(text)));
        foreach (var (input, piece) in Pages) yield return ("HTML", input, OfText(piece, text => MailText.OfHtml(text)));
        foreach (var (input, piece) in new[] { ("comments", "("), ("results", "spf=pass; "), ("quotes", "\"") })
            yield return ("authentication results", input, OfText(piece, text => AuthenticationResults.Judge(text)));
        foreach (var (input, piece) in Forms) yield return ("form", input, OfBytes(piece, body => FormFields.Parse(body)));
        foreach (var (input, piece) in Forms) yield return ("form, Twilio", input, OfBytes(piece, body => TwilioForm.Parse(body)));
        foreach (var one in Documents()) yield return one;
        foreach (var name in Seed.Channels)
            foreach (var one in OfChannel(name)) yield return one;
    }

    private static Func<int, Action> OfText(string piece, Action<string> read) => size =>
    {
        var text = Repeated(piece, size);
        return () => Tolerantly(() => read(text));
    };

    private static Func<int, Action> OfBytes(string piece, Action<byte[]> read) => size =>
    {
        var body = Encoding.UTF8.GetBytes(Repeated(piece, size));
        return () => Tolerantly(() => read(body));
    };

    // MIME as Graph gives it: header fields, recipients, files and text of a document.
    private static IEnumerable<(string, string, Func<int, Action>)> Documents()
    {
        var seed = Seed.Of("email").First(s => s.IsGenuine && s.Fetched.Count > 0);
        var channel = Bench.Of(seed.Name).Channel;
        var delivery = seed.ToDelivery(channel);
        var resource = channel.Read(delivery).Select(e => e.Read()).OfType<Parsed.Reference>().First().Resource;
        (string Input, Action<JsonObject, int> Grow)[] ways =
        [
            ("text", (mail, size) => mail["body"] = Body("text", Repeated("> text\n", size))),
            ("page", (mail, size) => mail["body"] = Body("html", Repeated("<div>x", size))),
            ("references", (mail, size) =>
                mail["internetMessageHeaders"] = new JsonArray(Header("References", Repeated("<a@example.com> ", size)))),
            ("references of their own", (mail, size) =>
                mail["internetMessageHeaders"] =
                new JsonArray(Header("References", string.Concat(Enumerable.Range(0, size / 20).Select(i => $"<a{i:d9}@b.example> "))))),
            ("header fields", (mail, size) =>
                mail["internetMessageHeaders"] = new JsonArray([.. Enumerable.Range(0, size / 40).Select(i => Header("X-A" + i, "b"))])),
            ("recipients", (mail, size) =>
                mail["toRecipients"] =
                new JsonArray([.. Enumerable.Range(0, size / 60)
                    .Select(i => new JsonObject { ["emailAddress"] = new JsonObject { ["name"] = "x",
                        ["address"] = $"a{i}@example.com" } })])),
            ("files", (mail, size) =>
                mail["attachments"] =
                new JsonArray([.. Enumerable.Range(0, size / 60)
                    .Select(i => new JsonObject { ["@odata.type"] = "#microsoft.graph.fileAttachment", ["id"] = $"a{i}",
                        ["name"] = "x" })])),
        ];
        foreach (var (input, grow) in ways)
        {
            yield return ("mail as Graph gives it", input, size =>
            {
                var mail = (JsonObject)JsonNode.Parse(seed.Fetched.Values.First())!;
                grow(mail, size);
                var document = Encoding.UTF8.GetBytes(mail.ToJsonString());
                return () => Tolerantly(() => ((IFetchesContent)channel).Read(delivery, resource, document));
            });
        }
    }

    private static JsonObject Body(string type, string content) => new() { ["contentType"] = type, ["content"] = content };

    private static JsonObject Header(string name, string value) => new() { ["name"] = name, ["value"] = value };

    // What a channel reads, blown up: its longest text, its lists, properties that nobody knows.
    private static IEnumerable<(string, string, Func<int, Action>)> OfChannel(string name)
    {
        var seed = Seed.Of(name).Where(s => s.IsGenuine && s.Body.Length > 0).OrderByDescending(s => s.Contacts.Count > 0)
            .ThenBy(s => s.Name, StringComparer.Ordinal).FirstOrDefault();
        if (seed is null) yield break;
        var bench = Bench.Of(seed.Name);
        foreach (var (input, grow) in seed.Body[0] is (byte)'{' or (byte)'[' ? Json : FormsOf)
        {
            yield return (name, input, size =>
            {
                var delivery = bench.Delivery with { Body = grow(seed.Body, size) };
                return () => Tolerantly(() => Read(bench.Channel, delivery));
            });
        }
    }

    private static readonly (string Input, Func<byte[], int, byte[]> Grow)[] Json =
    [
        ("a long text", (body, size) => WithLongest(body, Repeated("a ", size))),
        ("a text of marks", (body, size) => WithLongest(body, Repeated("*_[](@#\"\\", size))),
        ("a text of line ends", (body, size) => WithLongest(body, Repeated("\n> ", size))),
        ("long lists", (body, size) => WithLists(body, size)),
        ("unknown properties", (body, size) =>
            [(byte)'{', .. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, size / 16).Select(i => $"\"x{i:d7}\":1,"))),
                .. body.AsSpan(body.AsSpan().IndexOf((byte)'{') + 1)]),
    ];

    private static readonly (string Input, Func<byte[], int, byte[]> Grow)[] FormsOf =
    [
        ("a long text", (body, size) => [.. body, .. Encoding.UTF8.GetBytes("&Body=" + Repeated("a+", size))]),
        ("unknown pairs", (body, size) =>
            [.. body, .. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, size / 11).Select(i => $"&x{i:d7}=1")))]),
        ("one pair again", (body, size) => [.. body, .. Encoding.UTF8.GetBytes(Repeated("&From=1", size))]),
        ("media", (body, size) =>
            [.. body, .. Encoding.UTF8.GetBytes("&NumMedia=99999"
                + string.Concat(Enumerable.Range(0, size / 20).Select(i => $"&MediaUrl{i}=http")))]),
    ];

    private static byte[] WithLongest(byte[] body, string text)
    {
        var root = JsonNode.Parse(body)!;
        var longest = Leaves(root).Where(l => l.GetValueKind() == System.Text.Json.JsonValueKind.String && IsWords(l.GetValue<string>()))
            .MaxBy(l => l.GetValue<string>().Length)
            ?? Leaves(root).First(l => l.GetValueKind() == System.Text.Json.JsonValueKind.String);
        longest.ReplaceWith(text);
        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    private static byte[] WithLists(byte[] body, int size)
    {
        var root = JsonNode.Parse(body)!;
        var lists = Lists(root).Where(l => l.Count > 0).ToList();
        if (lists.Count == 0) return WithLongest(body, Repeated("a", size));
        // The innermost one that holds most of the body.
        var list = lists.MaxBy(l => l.ToJsonString().Length)!;
        var items = list.Select(i => i?.ToJsonString()).ToList();
        for (var length = body.Length; length < size;)
        {
            foreach (var item in items)
            {
                list.Add(item is null ? null : JsonNode.Parse(item));
                length += item?.Length ?? 4;
            }
        }

        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    private static bool IsWords(string text) => text.Contains(' ', StringComparison.Ordinal);

    private static IEnumerable<JsonValue> Leaves(JsonNode? node) => node switch
    {
        JsonValue value => [value],
        JsonObject all => all.SelectMany(p => Leaves(p.Value)),
        JsonArray list => list.SelectMany(Leaves),
        _ => [],
    };

    private static IEnumerable<JsonArray> Lists(JsonNode? node) => node switch
    {
        JsonObject all => all.SelectMany(p => Lists(p.Value)),
        JsonArray list => list.SelectMany(Lists).Prepend(list),
        _ => [],
    };

    private static int Read(IChannel channel, Delivery delivery)
    {
        channel.Verify(delivery);
        var length = 0;
        foreach (var element in channel.Read(delivery))
            Tolerantly(() => length += element.Read() is Parsed.Found found ? found.Event.EventId.Length : 1);
        return length;
    }

    private static string Repeated(string piece, int size)
    {
        var text = new StringBuilder(size + piece.Length);
        while (text.Length < size) text.Append(piece);
        return text.ToString();
    }

    // Refusing what it cannot read is an answer too.
    private static void Tolerantly(Action read)
    {
        try
        {
            read();
        }
        catch (Exception error) when (error is System.Text.Json.JsonException or FormatException or InvalidOperationException
            or ArgumentException or TextLimitException)
        {
            // Its time counts all the same.
        }
    }
}
