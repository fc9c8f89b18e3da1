using Serverless.Tests.Harness;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Serverless.Tests.Infra;

/// <summary>Compares what the code names with what the templates would deploy, in both directions. Each check gives a sentence for every
/// difference.</summary>
internal static partial class Agreement
{
    private const string Messaging = "infra/messaging.json";
    private const string Stored = "infra/storage.json";
    private const string Topics = "Microsoft.ServiceBus/namespaces/topics";

    public static IEnumerable<string> Tables(Prediction deployed, InfraFiles files, CodeFacts code) =>
        Differences("table", code.Tables, deployed.Names("Microsoft.Storage/storageAccounts/tableServices/tables"), "The deployment")
            .Concat(Differences("monthly table", code.MonthlyTables, Names(files.Json(Stored).GetProperty("monthlyTables")), Stored))
            .Concat(code.Untold);

    public static IEnumerable<string> Containers(Prediction deployed, InfraFiles files, CodeFacts code)
    {
        // What no code of the app writes: the package, the exports of infra/local, and what Event Grid could not deliver.
        string[] others = ["app-package", "exports", "undelivered"];
        string[] retentions = ["forever", "deliveries", "exports"];
        var package = deployed.Site.Properties.GetProperty("functionAppConfig").GetProperty("deployment").GetProperty("storage")
            .GetProperty("value").GetString()!;
        return Differences("container", code.Containers.Concat(others),
            deployed.Names("Microsoft.Storage/storageAccounts/blobServices/containers"), "The deployment")
            .Concat(files.Json(Stored).GetProperty("containers").EnumerateObject()
                .Where(c => !retentions.Contains(c.Value.GetProperty("retention").GetString()!, StringComparer.Ordinal))
                .Select(c => $"Container {c.Name} has a retention that nobody knows."))
            .Concat(ArmExpression.Resolve(package).EndsWith("core.windows.net/app-package", StringComparison.Ordinal)
                ? [] : [$"The package is fetched from {package}."]);
    }

    /// <summary>Each queue has somebody who puts messages in and somebody who takes them out; poison queues bear the host's name for
    /// them.</summary>
    public static IEnumerable<string> Queues(Prediction deployed, InfraFiles files, CodeFacts code)
    {
        var queues = files.Json(Messaging).GetProperty("queues").EnumerateObject()
            .Select(q => (q.Name, Poison: q.Value.GetProperty("poison").GetString()!, Filled: q.Value.TryGetProperty("filledBy", out _),
                Drained: q.Value.TryGetProperty("drainedBy", out _))).ToList();
        return Differences("queue", AppFunctions.All.Where(f => f.Queue is not null).Select(f => f.Queue!)
            .Concat(queues.Where(q => q.Drained).Select(q => q.Poison)),
            deployed.Names("Microsoft.Storage/storageAccounts/queueServices/queues"), "The deployment")
            .Concat(Differences("queue sent to", code.SentTo, queues.Where(q => !q.Filled).Select(q => q.Name), Messaging))
            .Concat(queues.Where(q => q.Poison != q.Name + "-poison")
                .Select(q => $"The host calls the poison queue of {q.Name} {q.Name}-poison, not {q.Poison}."))
            .Concat(queues.Where(q => q.Drained
                && AppFunctions.All.Where(f => f.Queue is not null).Select(f => f.Queue!).Contains(q.Poison, StringComparer.Ordinal))
                .Select(q => $"{q.Poison} is drained by Tick and has a function too."));
    }

    /// <summary>The function of a route that is off is disabled, and no other is.</summary>
    public static IEnumerable<string> Routes(Prediction deployed)
    {
        const string Prefix = "AzureWebJobs.";
        var disabled = deployed.Settings.Where(s => s.Name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(s => s.Name[Prefix.Length..].Split('.')[0]).ToList();
        var routes = AppFunctions.All.Where(f => f.Queue is { } q && q.StartsWith("notify-", StringComparison.Ordinal)
            && !q.EndsWith("-poison", StringComparison.Ordinal)).Select(f => f.Name);
        return deployed.Set switch
        {
            "smallest" => Differences("function of a route", routes, disabled, "The deployment"),
            "everything" => disabled.Select(f => $"{f} is disabled, though every route is on."),
            _ => Differences("function of a route", routes.Except(["NotifyWebhook"], StringComparer.Ordinal), disabled, "The deployment"),
        };
    }

    /// <summary>One topic, unless there is no bus; the app finds it by its setting.</summary>
    public static IEnumerable<string> Topic(Prediction deployed, CodeFacts code)
    {
        if (deployed.Set == "no-bus")
            return deployed.Resources.Where(r => r.Type.StartsWith("Microsoft.ServiceBus/", StringComparison.Ordinal))
                .Select(r => $"{r.Name} is deployed without a bus.")
            .Concat(deployed.Settings.Where(s => s.Name.StartsWith("ServiceBusConnection", StringComparison.Ordinal))
                .Select(s => $"{s.Name} is set without a bus."));
        var name = deployed.Of("Microsoft.ServiceBus/namespaces").Single().Name;
        return Differences("topic", code.TopicNames, deployed.Names(Topics), "The deployment")
            .Concat(deployed.Setting("ServiceBusConnection__fullyQualifiedNamespace") == $"{name}.servicebus.windows.net"
                ? [] : [$"The app is not told of {name}."])
            .Concat(deployed.Of(Topics).Where(t => !t.Properties.GetProperty("requiresDuplicateDetection").GetBoolean())
                .Select(t => $"{t.Name} takes an event twice."));
    }

    public static IEnumerable<string> Timers(IEnumerable<AppFunction> functions)
    {
        var timers = functions.Where(f => f.Trigger == "timerTrigger").Select(f => f.Name).ToList();
        return timers.Count > 2
            ? [$"There are {timers.Count} timers ({string.Join(", ", timers)}); two are allowed, each one keeps an instance awake."] : [];
    }

    public static IEnumerable<string> Connections(Prediction deployed) =>
        AppFunctions.All.Where(f => f.Queue is not null).Select(f => f.Connection).Distinct(StringComparer.Ordinal)
        .Where(c => c != "ServiceBusConnection" || deployed.Set != "no-bus")
        .SelectMany(c => new[] { $"{c}__credential", $"{c}__clientId" }).Where(n => deployed.Setting(n) is null)
        .Select(n => $"A trigger names a connection whose {n} is not deployed.");

    /// <summary>What belongs together bears one name, and no name is longer than Azure allows.</summary>
    public static IEnumerable<string> Naming(Prediction deployed)
    {
        var (storage, app, vault) = (deployed.Of("Microsoft.Storage/storageAccounts").Single().Name, deployed.Site.Name,
            deployed.Of("Microsoft.KeyVault/vaults").Single().Name);
        foreach (var service in new[] { "blob", "queue", "table" })
            if (deployed.Setting($"AzureWebJobsStorage__{service}ServiceUri") != $"https://{storage}.{service}.core.windows.net")
                yield return $"The app is not told of the {service} service of {storage}.";
        if (storage.Length > 24 || !storage.All(char.IsAsciiLetterOrDigit)
            || !storage.Equals(storage.ToLowerInvariant(), StringComparison.Ordinal))
                yield return $"{storage} is no name of a storage account.";
        if (vault.Length > 24) yield return $"{vault} is no name of a vault.";
        if (app.Length > 60) yield return $"{app} is no name of an app.";
        foreach (var twice in deployed.Settings.GroupBy(s => s.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
            yield return $"{twice.Key} is set twice.";
        foreach (var twice in deployed.Resources.GroupBy(r => r.Id, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
            yield return $"{twice.Key} is deployed twice.";
        foreach (var untagged in deployed.Resources.Where(r => r.Json.TryGetProperty("location", out _)
            && (!r.Json.TryGetProperty("tags", out var tags) || !tags.TryGetProperty("azd-env-name", out _))))
                yield return $"{untagged.Name} has no tag azd-env-name.";
    }

    /// <summary>The words of alerts and workbook are those of the log lines, and each alert has its runbook.</summary>
    public static IEnumerable<string> Alerts(Prediction deployed, InfraFiles files, CodeFacts code)
    {
        var runbook = files["infra/RUNBOOK.md"];
        string[] types = ["Microsoft.Insights/metricAlerts", "Microsoft.Insights/scheduledQueryRules"];
        var alerts = deployed.Resources.Where(r => types.Contains(r.Type, StringComparer.Ordinal)).ToList();
        var queries = string.Concat(alerts.Select(a => a.Json.GetRawText())) + files["infra/modules/workbook.json"];
        var words = Beginning().Matches(queries).SelectMany(m => m.Groups["words"].Value.Split('|'))
            .Concat(Part().Matches(queries).Select(m => "*" + m.Groups["words"].Value)).Distinct(StringComparer.Ordinal).ToList();
        return alerts.Where(a => !runbook.Contains($"\n#### {a.Name}\n", StringComparison.Ordinal))
            .Select(a => $"Alert {a.Name} has no runbook in infra/RUNBOOK.md.")
            .Concat(alerts.Where(a =>
                !a.Properties.GetProperty("description").GetString()!.Contains($"infra/RUNBOOK.md, {a.Name}.", StringComparison.Ordinal))
                .Select(a => $"Alert {a.Name} does not name its runbook."))
            .Concat(words.Where(w =>
                !code.LogLines.Exists(l => w[0] == '*'
                    ? l.Contains(w[1..], StringComparison.Ordinal) : l.StartsWith(w, StringComparison.Ordinal)))
                    .Select(w => $"An alert looks for '{w}', which no log line of the app begins with."))
            .Concat(words.Count < 6 ? [$"Only {words.Count} words were found in the queries: does this test still read them?"] : []);
    }

    internal static IEnumerable<string> Differences(string what, IEnumerable<string> used, IEnumerable<string> named, string where)
    {
        var (left, right) = (used.ToHashSet(StringComparer.Ordinal), named.ToHashSet(StringComparer.Ordinal));
        return left.Except(right, StringComparer.Ordinal).Select(n => $"The {what} {n} is used, but {where} does not name it.")
            .Concat(right.Except(left, StringComparer.Ordinal).Select(n => $"{where} names the {what} {n}, which nobody uses."));
    }

    internal static IEnumerable<string> Names(JsonElement array) => array.EnumerateArray().Select(n => n.GetString()!);

    // In JSON a backslash stands twice and a quote behind one, or as its code.
    [GeneratedRegex(@"matches regex @?(?:\\?[""']|\\u002[27])(\\+)\] \(?(?<words>[a-z| -]+?):?\)? ?:?(?:\\?[""']|\\u002[27])",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Beginning();

    [GeneratedRegex(@"Message has (?:\\""|\\u0022)(?<words>[^""\\]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Part();
}
