using System.Text.Json;
using System.Text.RegularExpressions;

namespace Serverless.Tests.Infra;

/// <summary>Compares what the code names with what the templates deploy, in both directions. Each check gives a sentence for every difference.</summary>
internal static partial class Agreement
{
    private const string Main = "infra/main.bicep";
    private const string Messaging = "infra/messaging.json";
    private const string Stored = "infra/storage.json";

    public static IEnumerable<string> Tables(InfraFiles files, CodeFacts code)
    {
        var stored = files.Json(Stored);
        return Differences("table", code.Tables, Names(stored.GetProperty("tables")), "infra/storage.json")
            .Concat(Differences("monthly table", code.MonthlyTables, Names(stored.GetProperty("monthlyTables")), "infra/storage.json"))
            .Concat(code.Untold)
            .Concat(Demand(files, Main, "tables: stored.tables", "loadJsonContent('storage.json')"))
            .Concat(Demand(files, "infra/modules/storage.bicep", "for t in tables:"));
    }

    public static IEnumerable<string> Containers(InfraFiles files, CodeFacts code)
    {
        // What no code of the app writes: the package, the exports of infra/local, and what Event Grid could not deliver.
        string[] others = ["app-package", "exports", "undelivered"];
        var deployed = files.Json(Stored).GetProperty("containers");
        string[] retentions = ["forever", .. files.TypeProperties("retentionDays")];
        return Differences("container", code.Containers.Concat(others), deployed.EnumerateObject().Select(c => c.Name), "infra/storage.json")
            .Concat(deployed.EnumerateObject().Where(c => !retentions.Contains(c.Value.GetProperty("retention").GetString()!, StringComparer.Ordinal)).Select(c => $"Container {c.Name} has a retention that types.bicep does not know."))
            .Concat(Demand(files, Main, "containers: stored.containers", "packageContainer: 'app-package'", "deadLetterContainer: 'undelivered'"))
            .Concat(Demand(files, "infra/modules/storage.bicep", "for c in items(containers):"));
    }

    public static IEnumerable<string> Queues(InfraFiles files, CodeFacts code)
    {
        var queues = files.Json(Messaging).GetProperty("queues").EnumerateObject().Select(q => (q.Name, Poison: q.Value.GetProperty("poison").GetString()!)).ToList();
        var filled = files.Json(Messaging).GetProperty("queues").EnumerateObject().Where(q => q.Value.TryGetProperty("filledBy", out _)).Select(q => q.Name).ToList();
        var read = files.Functions.Where(f => f.Queue is not null).Select(f => f.Queue!).ToList();
        return Differences("queue", read, queues.SelectMany(q => new[] { q.Name, q.Poison }), Messaging)
            .Concat(Differences("queue sent to", code.SentTo, queues.Select(q => q.Name).Except(filled), Messaging))
            .Concat(queues.Where(q => q.Poison != q.Name + "-poison").Select(q => $"The host calls the poison queue of {q.Name} {q.Name}-poison, not {q.Poison}."))
            .Concat(filled.SelectMany(q => Demand(files, Main, $"'{q}'")))
            .Concat(Demand(files, Main, "queues: messaging.queues", "loadJsonContent('messaging.json')"))
            .Concat(Demand(files, "infra/modules/storage.bicep", "for q in queueNames:", "[q.key, q.value.poison]"));
    }

    public static IEnumerable<string> Subscriptions(InfraFiles files)
    {
        var planned = files.Json(Messaging).GetProperty("topics").EnumerateObject().SelectMany(t => t.Value.GetProperty("subscriptions").EnumerateObject().Select(s => (Name: $"{t.Name}/{s.Name}", Short: s.Name, s.Value))).ToList();
        // Each route has a queue of the name its subscription had.
        var triggers = files.Functions.Where(f => f.Queue?.StartsWith("notify-", StringComparison.Ordinal) == true)
            .Select(f => (Function: f.Name, Topic: "case-events", Subscription: f.Queue!)).ToList();
        var functions = Pairs(files.Block(Main, "var routeFunctions = {"));
        var routes = InfraFiles.Quoted(files[Main].Split('\n').First(l => l.StartsWith("param routes ", StringComparison.Ordinal)).Split('=')[0]).ToList();
        return Differences("subscription", triggers.Select(t => $"{t.Topic}/{t.Subscription}"), planned.Select(p => p.Name), Messaging)
            .Concat(Differences("route", planned.Select(p => p.Short["notify-".Length..]), routes, Main))
            .Concat(Differences("function of a route", triggers.Select(t => $"{t.Subscription["notify-".Length..]}={t.Function}"), functions.Select(f => $"{f.Key}={f.Value}"), Main))
            .Concat(planned.Where(p => !p.Value.GetProperty("filters").TryGetProperty("everyone", out _)).Select(p => $"Subscription {p.Name} has no filter named everyone, so its rule $Default would match every message."))
            .Concat(Demand(files, Main, "topics: messaging.topics", "topicNames: objectKeys(messaging.topics)"))
            .Concat(Demand(files, "infra/modules/bus.bicep", "for t in items(topics):", "for s in subscriptions:", "contains(wanted, s.key)"))
            .Concat(Demand(files, "infra/modules/app.bicep", "'AzureWebJobs.${r.value}.Disabled'"))
            .Concat(Demand(files, "infra/modules/subscription.bicep", "f.key == 'everyone' ? '$Default' : f.key", "for f in items(plan.filters):"));
    }

    public static IEnumerable<string> Timers(InfraFiles files)
    {
        var timers = files.Functions.Where(f => f.Trigger == "timerTrigger").Select(f => f.Name).ToList();
        return timers.Count > 2 ? [$"There are {timers.Count} timers ({string.Join(", ", timers)}); two are allowed, each one keeps an instance awake."] : [];
    }

    public static IEnumerable<string> Connections(InfraFiles files)
    {
        var set = InfraFiles.SettingNames(files["infra/modules/app.bicep"]).ToList();
        return files.Functions.Where(f => f.Queue is not null).Select(f => f.Connection).Distinct(StringComparer.Ordinal)
            .SelectMany(c => new[] { $"{c}__credential", $"{c}__clientId" }).Except(set, StringComparer.Ordinal).Select(n => $"A function names a connection whose {n} is not deployed.");
    }

    /// <summary>The words of alerts and workbook are those of the log lines, and each alert has its runbook.</summary>
    public static IEnumerable<string> Alerts(InfraFiles files, CodeFacts code)
    {
        var readme = files["infra/README.md"];
        var alerts = files["infra/modules/alerts.bicep"];
        var names = AlertName().Matches(alerts).Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal);
        var words = Beginning().Matches(alerts + files["infra/modules/workbook.json"]).SelectMany(m => m.Groups["words"].Value.Split('|'))
            .Concat(Part().Matches(alerts).Select(m => "*" + m.Groups["words"].Value)).Distinct(StringComparer.Ordinal).ToList();
        return names.Where(n => !readme.Contains($"\n#### {n}\n", StringComparison.Ordinal)).Select(n => $"Alert {n} has no runbook in infra/README.md.")
            .Concat(words.Where(w => !code.LogLines.Exists(l => w[0] == '*' ? l.Contains(w[1..], StringComparison.Ordinal) : l.StartsWith(w, StringComparison.Ordinal))).Select(w => $"An alert looks for '{w}', which no log line of the app begins with."))
            .Concat(words.Count < 6 ? [$"Only {words.Count} words were found in the queries: does this test still read them?"] : []);
    }

    internal static IEnumerable<string> Differences(string what, IEnumerable<string> used, IEnumerable<string> named, string where)
    {
        var (left, right) = (used.ToHashSet(StringComparer.Ordinal), named.ToHashSet(StringComparer.Ordinal));
        return left.Except(right, StringComparer.Ordinal).Select(n => $"The {what} {n} is used, but {where} does not name it.")
            .Concat(right.Except(left, StringComparer.Ordinal).Select(n => $"{where} names the {what} {n}, which nobody uses."));
    }

    internal static IEnumerable<string> Demand(InfraFiles files, string path, params string[] texts) =>
        texts.Where(t => !files[path].Contains(t, StringComparison.Ordinal)).Select(t => $"{path} must hold: {t}");

    internal static IEnumerable<string> Names(JsonElement array) => array.EnumerateArray().Select(n => n.GetString()!);

    internal static Dictionary<string, string> Pairs(string block) => Pair().Matches(block).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["value"].Value, StringComparer.Ordinal);

    [GeneratedRegex(@"^\s+name: '(?<name>[a-z-]+)'$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex AlertName();

    // In a template the backslash stands twice and the quote is plain; in the workbook's JSON it is the other way round.
    [GeneratedRegex(@"matches regex @?\\?[""'](\\+)\] \(?(?<words>[a-z| -]+?):?\)? ?:?\\?[""']", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Beginning();

    [GeneratedRegex(@"Message has ""(?<words>[^""]+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Part();

    [GeneratedRegex(@"(?<name>\w+): '(?<value>[^']+)'", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Pair();
}
