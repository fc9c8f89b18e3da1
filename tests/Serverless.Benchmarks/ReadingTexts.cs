using BenchmarkDotNet.Attributes;
using Serverless.Contacts;
using Serverless.Needs;

namespace Serverless.Benchmarks;

/// <summary>What the rules cost for 1.5 KB of text without telephone numbers. Budget: 60 microseconds, 8 KB.</summary>
public class ReadingTexts
{
    private const string German =
        "Guten Tag, unsere Waschmaschine (Modell WX-480, zwei Jahre alt) verliert beim Schleudern Wasser, und die Anzeige blinkt seit gestern. "
        + "Wir haben das Sieb gereinigt und den Schlauch geprüft, geholfen hat es leider nicht. Können Sie jemanden schicken? ";

    private Contact _contact = null!;

    [GlobalSetup]
    public void SetUp() => _contact = new Contact
    {
        Channel = "email",
        Network = "email",
        Account = "service@example.com",
        ExternalId = "1",
        Kind = ContactKind.Message,
        OccurredAt = DateTimeOffset.UnixEpoch,
        ReceivedAt = DateTimeOffset.UnixEpoch,
        Text = string.Concat(Enumerable.Repeat(German, 8))[..1500],
    };

    [Benchmark]
    public string Read() => NeedReader.Read(_contact, RuleSet.BuiltIn).Need;
}
