namespace Serverless.Local.CommandLine;

/// <summary>One thing this command line can do.</summary>
/// <param name="Name">What one types.</param>
/// <param name="About">One line for the help.</param>
/// <param name="Options">What may follow it; <c>--help</c> is understood everywhere.</param>
internal sealed record Verb(string Name, string About, IReadOnlyList<Option> Options)
{
    private static readonly Option Json = new("json", null, "print one JSON object on stdout, everything else on stderr");
    private static readonly Option Folder = new("folder", "NAME", "keep the run's data in .local/NAME (default: default)");

    /// <summary>Every verb; the first is meant when none is named.</summary>
    public static readonly IReadOnlyList<Verb> All =
    [
        new("run", "run the app beside Azurite and the stand-in host, replay seeds/, stay up until Ctrl-C",
        [
            Folder,
            new("port", "N", "port of the front door on 127.0.0.1; 0 takes a free one (default: 7071)") { Number = (0, 65535) },
            new("host", "func", "run the app under Azure Functions Core Tools (func on the PATH) instead of the stand-in host"),
            new("once", null, "end after the replay; exit code 0 only if every seed got the answer and the ends it expects"),
            Json with { About = "with --once: print one JSON object on stdout, everything else on stderr" },
        ]),
        new("load", "measure accepting signed Meta messages against a bare function with the same work",
        [
            new("seconds", "N", "how long to send, both sides together (default: 20)") { Number = (2, 3600) },
            new("connections", "N", "how many calls at a time (default: 32)") { Number = (1, 1024) },
            new("fan-out", null, "measure telling webhook subscribers against plain posts instead"),
            new("subscribers", "LIST", "with --fan-out: how many subscribers (default: 1,10,100; with --events: 5)"),
            new("events", "N", "with --fan-out: tell so many events through bus and host instead, and count what became of each notice") { Number = (1, 1_000_000) },
            new("failing", "PERCENT", "with --fan-out: so many of the subscribers always fail; exit code 0 only if no notice is lost") { Number = (0, 100) },
            new("kills", "N", "with --events: kill the app so often on the way (default: 0)") { Number = (0, 20) },
            Json,
        ]),
        new("start-time", "measure start to first answer of the published app against an empty one",
        [
            new("starts", "N", "starts of each, one after the other in turn (default: 7)") { Number = (1, 99) },
            Json,
        ]),
        new("host", "the stand-in host alone, for any isolated worker; ends when its standard input closes",
        [
            new("root", "DIR", "publish folder with host.json and worker.config.json"),
            new("settings", "FILE", "local.settings.json"),
            new("data", "DIR", "keys, timer state"),
            new("port", "N", "port of the front door; 0 takes a free one"),
        ]),
        new("subscribe", "receive the events of a subscription as another system would; one JSON line each, ends when its standard input closes",
        [
            new("connection", "STRING", "connection string of the bus (default: the environment variable ServiceBusConnection)"),
            new("topic", "NAME", "topic (default: case-events)"),
            new("subscription", "NAME", "subscription (default: demo)"),
            new("keep", "DIR", "keep each event as a file in DIR/events"),
        ]),
        new("cost", "what a month costs on Azure, from calls that the tests count and prices you can replace",
        [
            new("contacts", "N", "contacts a month (default: 1000000)") { Number = (0, int.MaxValue) },
            new("new-percent", "N", "how many of 100 open a conversation (default: 50)") { Number = (0, 100) },
            new("routes", "N", "notice routes that are on (default: 1)") { Number = (0, 10) },
            new("always-ready", "N", "instances that are always there (default: 0)") { Number = (0, 20) },
            new("subscribers", "N", "other systems with a subscription (default: 0)") { Number = (0, 100) },
            new("no-bus", null, "without Service Bus: events go to people and webhooks only"),
            new("private", null, "private networking"),
            new("no-alerts", null, "without alerts and availability test"),
            new("price", "NAME=USD", "replace a price; may be repeated") { Repeats = true },
            Json,
        ]),
        new("export", "copy every table of a storage account into blobs, one gzip file of JSON lines each",
        [
            new("account", "NAME", "storage account, as whoever is signed in to the Azure CLI (default: the connection string in AzureWebJobsStorage)"),
            new("to-account", "NAME", "another account that takes the export (default: the same)"),
            new("container", "NAME", "container that takes it (default: exports)"),
        ]),
        new("restore", "put an export back, row by row; refuses tables that hold rows unless --over",
        [
            new("from", "NAME", "the export, as the export said it"),
            new("account", "NAME", "storage account that gets the tables (default: the connection string in AzureWebJobsStorage)"),
            new("from-account", "NAME", "account that holds the export (default: the same)"),
            new("container", "NAME", "container that holds it (default: exports)"),
            new("over", null, "write over rows that are there"),
        ]),
    ];
}

/// <summary>One option of a verb.</summary>
/// <param name="Name">Without the dashes.</param>
/// <param name="Value">What follows it, as the help shows it; null for a switch.</param>
/// <param name="About">One line for the help.</param>
internal sealed record Option(string Name, string? Value, string About)
{
    /// <summary>Bounds, both allowed, where the value is a whole number.</summary>
    public (int Min, int Max)? Number { get; init; }

    /// <summary>Whether it may be given more than once.</summary>
    public bool Repeats { get; init; }
}
