using Serverless.Tests.Harness;

namespace Serverless.Tests.Infra;

/// <summary>Compares the roles that the app's clients need with those that would be given: all of them, and no other.</summary>
internal static class Roles
{
    private const string BlobOwner = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";
    private const string BlobContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
    private const string QueueContributor = "974c5e8b-45b9-4653-ba55-5f855dd0fb88";
    private const string QueueSender = "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a";
    private const string TableContributor = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3";
    private const string TableReader = "76199698-9eea-4c19-bc75-cec21354c6b6";
    private const string BusReceiver = "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0";
    private const string BusSender = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39";
    private const string SecretsUser = "4633458b-17de-408a-b874-0445c86b69e6";
    private const string SecretsOfficer = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
    private const string MetricsPublisher = "3913510d-42f4-4e42-8a64-420c390055eb";
    private const string File = "infra/modules/roles.bicep";

    // What a role of the app includes, by the names that its clients give when a call is refused.
    // https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
    private static readonly Dictionary<string, string> Includes = new(StringComparer.Ordinal)
    {
        ["Storage Table Data Contributor"] = TableContributor,
        ["Storage Blob Data Contributor"] = BlobOwner,
        ["Storage Queue Data Message Sender"] = QueueContributor,
        ["Storage Queue Data Contributor"] = QueueContributor,
    };

    public static IEnumerable<string> Violations(Prediction deployed, InfraFiles files, CodeFacts code)
    {
        var named = code.Roles.Where(r => !Includes.ContainsKey(r))
            .Select(r => $"A client needs {r}; say in this test which role includes it.");
        var missing = code.Roles.Where(Includes.ContainsKey).Where(r => !deployed.Roles.Any(d => OfTheApp(d) && d.RoleId == Includes[r]))
            .Select(r => $"A client needs {r}, and the app does not have it.");
        return named.Concat(missing)
            .Concat(Differences(deployed, "the app", OfTheApp, Needed(deployed, code)))
            .Concat(Differences(deployed, "Event Grid", r =>
                r.Principal.Contains("/systemTopics/", StringComparison.Ordinal), EventGrid(deployed.Set)))
            .Concat(Differences(deployed, "everybody else", r => r.Principal[0] != '[', Others(deployed)))
            .Concat(deployed.Roles.Where(r => r.PrincipalType.Length == 0)
                .Select(r => $"A role on {r.On} is given without principalType: it fails while the identity is new."))
            .Concat(files.Templates.Where(t => t.Path != File
                && t.Text.Contains("Microsoft.Authorization/roleAssignments", StringComparison.Ordinal))
                .Select(t => $"{t.Path} assigns a role: all are in {File}."));
    }

    private static bool OfTheApp(PredictedRole role) => role.Principal.Contains("/userAssignedIdentities/", StringComparison.Ordinal);

    private static IEnumerable<string> Differences(Prediction deployed, string who, Func<PredictedRole, bool> filter,
        IEnumerable<(string On, string Role)> needed)
    {
        var given = deployed.Roles.Where(filter).Select(r => $"{r.On} {r.RoleId}").ToList();
        return Agreement.Differences($"role of {who}", needed.Select(n => $"{n.On} {n.Role}"), given, File);
    }

    // By call: the host keeps leases, keys and package in blobs; triggers take and delete messages, Tick empties poison queues; rows and
    // monthly tables; publishing; references; telemetry without a key.
    private static IEnumerable<(string On, string Role)> Needed(Prediction deployed, CodeFacts code)
    {
        var storage = $"storageAccounts/{deployed.Of("Microsoft.Storage/storageAccounts").Single().Name}";
        yield return (storage, BlobOwner);
        if (AppFunctions.All.Any(f => f.Queue is not null) || code.SentTo.Count > 0) yield return (storage, QueueContributor);
        if (code.Tables.Count > 0) yield return (storage, TableContributor);
        foreach (var topic in deployed.Names("Microsoft.ServiceBus/namespaces/topics")) yield return ($"topics/{topic}", BusSender);
        if (deployed.Settings.Any(s => s.Value.StartsWith("@Microsoft.KeyVault(", StringComparison.Ordinal)))
            yield return ($"vaults/{deployed.Of("Microsoft.KeyVault/vaults").Single().Name}", SecretsUser);
        if (deployed.Setting("APPLICATIONINSIGHTS_AUTHENTICATION_STRING") is not null)
            yield return ($"components/{deployed.Of("Microsoft.Insights/components").Single().Name}", MetricsPublisher);
    }

    private static IEnumerable<(string On, string Role)> EventGrid(string set)
    {
        if (set is "acs-webhook" or "acs-queue" or "everything") yield return ("containers/undelivered", BlobContributor);
        if (set == "acs-queue") yield return ("queues/acs-events", QueueSender);
    }

    private static IEnumerable<(string On, string Role)> Others(Prediction deployed)
    {
        var storage = $"storageAccounts/{deployed.Of("Microsoft.Storage/storageAccounts").Single().Name}";
        return deployed.Set switch
        {
            // Each subscriber receives from its own subscription and from no other.
            "subscribers" => new[] { "everything", "crm", "desk", "of-one" }.Select(s => ($"subscriptions/{s}", BusReceiver)),
            // The operator places secrets and restores tables; the nightly export reads tables and writes blobs.
            "everything" =>
                [($"vaults/{deployed.Of("Microsoft.KeyVault/vaults").Single().Name}", SecretsOfficer), (storage, BlobContributor),
                    (storage, TableContributor), (storage, TableReader)],
            _ => [],
        };
    }
}
