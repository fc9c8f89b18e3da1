using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Attachments;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Channels.Email;
using Serverless.Contacts;
using Serverless.Intake;
using Serverless.Notifications;
using Serverless.Operations;
using Serverless.Operations.Review;
using Serverless.Platform.Signatures;
using Serverless.Privacy;
using Serverless.Replies;
using Serverless.ServiceLevels;
using Serverless.Tests.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Serverless.Tests.Fuzz;

/// <summary>
/// Every door and every parser on spoiled bytes: no slip, no memory beyond a multiple of the body, no endless work. Short and from fixed
/// seeds in each run; a longer run is a command:
/// <c>FUZZ_SECONDS=60 dotnet test --filter Strangers_send_anything</c> takes so many seconds for each of them.
/// </summary>
public sealed class Strangers_send_anything(ITestOutputHelper output)
{
    private static readonly Dictionary<string, IChannel> All = Compose();

    public static TheoryData<string> Channels => [.. Seed.Channels];

    [Theory]
    [MemberData(nameof(Channels))]
    public void A_channel_judges_answers_and_reads_it(string name)
    {
        var channel = All[name];
        var seeds = Seed.Of(name).Where(s => s.Body.Length > 0).ToList();
        var deliveries = seeds.ConvertAll(s => s.ToDelivery(channel));
        Run(name, [.. seeds.Select(s => s.Body)], 700, 600, (index, body) =>
        {
            var delivery = deliveries[index] with { Body = body };
            NeverThrows(() => channel.Verify(delivery));
            NeverThrows(() => channel.Respond(delivery, Acceptance.Stored));
            Read(channel.Read(delivery));
        });
    }

    [Theory]
    [MemberData(nameof(Channels))]
    public void A_channel_judges_any_address_and_header(string name)
    {
        var channel = All[name];
        var seeds = Seed.Of(name);
        var deliveries = seeds.Select(s => s.ToDelivery(channel)).ToList();
        List<(int Seed,
            string? Header)> places = [.. deliveries.SelectMany((d, i) => d.Headers.Keys.Select(h => (i, (string?)h)).Prepend((i, null)))];
        var texts = places.ConvertAll(p =>
            Encoding.UTF8.GetBytes(p.Header is null ? deliveries[p.Seed].PathAndQuery : deliveries[p.Seed].Headers[p.Header]));
        Run($"{name}, header", texts, 700, 2_000, (index, body) =>
        {
            var (seed, header) = places[index];
            var text = Encoding.Latin1.GetString(body);
            var delivery = header is null
                ? deliveries[seed] with { PathAndQuery = text }
                : deliveries[seed]
                with { Headers = deliveries[seed].Headers.ToDictionary(h => h.Key, h => h.Key == header ? text : h.Value,
                    StringComparer.Ordinal) };
            NeverThrows(() => channel.Verify(delivery));
            NeverThrows(() => channel.Respond(delivery, Acceptance.Stored));
            Read(channel.Read(delivery));
        });
    }

    [Fact]
    public void What_was_fetched_is_read()
    {
        foreach (var (name, channel) in All.Where(c => c.Value is IFetchesContent))
        {
            List<(Delivery Delivery, string Resource, byte[] Document)> documents = [];
            foreach (var seed in Seed.Of(name).Where(s => s.Fetched.Count > 0))
            {
                var delivery = seed.ToDelivery(channel);
                var resources = channel.Read(delivery).Select(e => Value(() => e.Read())).OfType<Parsed.Reference>().Select(t => t.Resource)
                    .ToList();
                documents.AddRange(seed.Fetched.Values.SelectMany(d => resources.Select(r => (delivery, r, d))));
            }

            Run($"{name}, fetched", documents.ConvertAll(d => d.Document), 1_000, 1_000, (index, body) =>
                Found(((IFetchesContent)channel).Read(documents[index].Delivery, documents[index].Resource, body)));
        }
    }

    [Fact]
    public void The_text_of_a_mail_is_read()
    {
        var mails = Directory.GetFiles(Path.Combine(Seed.RepositoryRoot, "seeds", "email"), "*.fetched.json").Select(File.ReadAllBytes)
            .ToList();
        mails.Add("<html><body><p>Guten Tag</p><blockquote type=\"cite\"><div>Am 1.1. schrieb X:</div>alt</blockquote><div class=\"gmail_quote\">x</div></body></html>"u8.ToArray());
        mails.Add("Guten Tag,\n\nes geht nicht.\n-- \nAnna\n\nVon: b@example.com\nGesendet: Montag\nAn: c\nBetreff: x\n\n> alt\n>> noch älter\n"u8.ToArray());
        Run("mail as HTML", mails, 1_000, 60, (_, body) => MailText.OfHtml(Encoding.UTF8.GetString(body)));
        Run("mail as text", mails, 1_000, 100, (_, body) => MailText.OfPlain(Encoding.UTF8.GetString(body)));
        Run("authentication results", mails, 300, 60, (_, body) => AuthenticationResults.Judge(Encoding.Latin1.GetString(body)));
    }

    [Fact]
    public void What_people_send_to_our_own_addresses_is_a_request_or_none()
    {
        byte[][] bodies =
        [
            """{"channel":"meta","delivery":"019360a0000070008000000000000000","dryRun":false,"by":"Anna"}"""u8.ToArray(),
            """{"channel":"meta","hour":"2026-11-20T09","continuation":"0.abc"}"""u8.ToArray(),
            """{"queue":"inbound","id":"0123456789abcdef0123456789abcdef","all":false,"before":"2026-11-20T09:00:00Z"}"""u8.ToArray(),
            """{"event":"x","from":"2026-11-20T09:00:00Z","to":"2026-11-21","route":"webhook","target":"a","state":"failed"}"""u8.ToArray(),
            """{"email":"anna@example.com","phone":"+49301234567","dryRun":true,"orders":["x"],"case":"A1B2","confirm":"x"}"""u8.ToArray(),
            """{"text":"Hallo","to":"abc","id":"1","inPrivate":true,"template":{"name":"x","language":"de","values":["a"]}}"""u8.ToArray(),
        ];
        var channels = new ChannelDirectory(All.Values);
        Own("selection", bodies, body => ReviewSelection.Parse(body));
        Own("kept request", bodies, body => KeptRequest.Parse(body, channels));
        Own("poison request", bodies, body => PoisonRequest.Parse(body, ["inbound"]));
        Own("resend request", bodies, body => ResendRequest.Parse(body, AnyTime));
        Own("privacy request", bodies, body => PrivacyRequestBody.Parse(body));
        Own("reply request", bodies, body => ReplyRequest.Parse(body, out _));
        Own("hours", ["2026-11-20T09"u8.ToArray(), "2026-11-20"u8.ToArray()], body => HourRange.Parse(Text(body), null, null, null));
        Own("case number", ["A1B2C3D4"u8.ToArray(), Encoding.UTF8.GetBytes(CaseNumber.For(new string('a', 32), 0))], body =>
            CaseNumber.Parse(Text(body)));
        Own("address", ["mailto:anna@example.com"u8.ToArray(), "phone:+49301234567"u8.ToArray(), "anna@example.com"u8.ToArray()], body =>
            PersonAddress.Parse(Text(body), out _));
        Own("opening hours", ["Mon-Fri 08:00-17:00, Sat 09:00-12:00"u8.ToArray(), "always"u8.ToArray()], body =>
            OpeningHours.TryParse(Text(body), out _));
        var link = Encoding.UTF8.GetBytes(SignedLink.Make("a-secret-for-links-of-a-test-0123456789", "case", "{}", AnyTime));
        Own("link", [link], body =>
            SignedLink.Open(new SecretPair("a-secret-for-links-of-a-test-0123456789", null), "case", Text(body), AnyTime));
        Own("attachment address", ["https://example.com/a.png"u8.ToArray(), "javascript:alert(1)"u8.ToArray()], body =>
            AttachmentText.MayBeAddress(Text(body)));
    }

    [Fact]
    public void What_lies_in_our_queues_is_a_message_or_poison()
    {
        byte[][] bodies =
        [
            new DeliveryMessage("meta", DeliveryKey.NewId(AnyTime), 3, AnyTime).ToJson(),
            """{"event":{"id":"a","type":"serverless.case.opened.v1","time":"2026-11-20T09:00:00Z","data":{"caseId":"x","overdue":1}},"target":"a","attempt":1,"notBefore":"2026-11-20T09:00:00Z"}"""u8.ToArray(),
            """{"route":"mail","target":"a","at":"2026-11-20T09:00:00Z","caseId":"x","file":"y","replyId":"z","try":1}"""u8.ToArray(),
        ];
        Own("pointer", bodies, body => DeliveryMessage.Parse(Text(body)));
        Own("file pointer", bodies, body => AttachmentMessage.Parse(Text(body)));
        Own("reply pointer", bodies, body => ReplyMessage.Parse(Text(body)));
        Run("notice", bodies, 500, 500, (_, body) => Notification.Parse(Text(body)));
    }

    private static DateTimeOffset AnyTime { get; } = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    private static string Text(byte[] body) => Encoding.UTF8.GetString(body);

    // These give null for what they cannot read.
    private void Own<T>(string name, IReadOnlyList<byte[]> bodies, Func<byte[], T> parse) =>
        Run(name, bodies, 500, 500, (_, body) => NeverThrows(() => parse(body)));

    private void Run(string name, IReadOnlyList<byte[]> bodies, int times, int bytesEach, Action<int, byte[]> act) =>
        Fuzzing.Run(name, bodies, times, bytesEach, act, output.WriteLine);

    private static void NeverThrows<T>(Func<T> act)
    {
        var thrown = Record.Exception(() => { act(); });
        Assert.True(thrown is null, thrown?.ToString());
    }

    private static T? Value<T>(Func<T> read)
        where T : class
    {
        T? value = null;
        Record.Exception(() => { value = read(); });
        return value;
    }

    // As the work on a delivery does: what an element throws costs itself alone, and what is read can be stored.
    private static void Read(IEnumerable<DeliveryItem> elements)
    {
        Exception? first = null;
        foreach (var element in elements)
        {
            var thrown = Record.Exception(() => Found(element.Read()));
            first ??= thrown;
        }

        if (first is not null) throw first;
    }

    private static void Found(Parsed reading)
    {
        if (reading is not Parsed.Found { Event: var e }) return;
        Assert.False(string.IsNullOrEmpty(e.EventId) || string.IsNullOrEmpty(e.Contact.ExternalId), "An event without an id.");
        CaseKeys.Event(e);
        JsonSerializer.SerializeToUtf8Bytes(AttachmentText.Of(e), ContactJson.Default.ContactEvent);
    }

    private static Dictionary<string, IChannel> Compose()
    {
        var configuration = Seed.Configuration(TestApp.DefaultSettings().Append(new("AzureWebJobsStorage", "UseDevelopmentStorage=true")));
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddParts(configuration).AddLogging()
            .BuildServiceProvider();
        return services.GetServices<IChannel>().Where(c => Seed.Channels.Contains(c.Name))
            .ToDictionary(c => c.Name, StringComparer.Ordinal);
    }
}
