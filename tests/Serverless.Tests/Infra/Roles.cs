using System.Text.RegularExpressions;

namespace Serverless.Tests.Infra;

/// <summary>Compares the roles that the app's clients need with those that roles.bicep gives, and the names of roles with their ids.</summary>
internal static partial class Roles
{
    private const string File = "infra/modules/roles.bicep";

    // https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
    private static readonly Dictionary<string, string> Ids = new(StringComparer.Ordinal)
    {
        ["storageBlobDataOwner"] = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        ["storageBlobDataContributor"] = "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        ["storageQueueDataContributor"] = "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
        ["storageTableDataContributor"] = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
        ["storageTableDataReader"] = "76199698-9eea-4c19-bc75-cec21354c6b6",
        ["serviceBusDataOwner"] = "090c5cfd-751d-490a-894a-3ce6f1109419",
        ["keyVaultSecretsUser"] = "4633458b-17de-408a-b874-0445c86b69e6",
        ["keyVaultSecretsOfficer"] = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        ["monitoringMetricsPublisher"] = "3913510d-42f4-4e42-8a64-420c390055eb",
    };

    // A role that includes the one a client names.
    private static readonly Dictionary<string, string> Includes = new(StringComparer.Ordinal)
    {
        ["Storage Table Data Contributor"] = "storageTableDataContributor",
        ["Storage Blob Data Contributor"] = "storageBlobDataOwner",
        ["Storage Queue Data Message Sender"] = "storageQueueDataContributor",
    };

    public static IEnumerable<string> Violations(InfraFiles files, CodeFacts code)
    {
        var defined = Agreement.Pairs(files.Block(File, "var role = {"));
        var wrong = defined.Where(r => Ids.GetValueOrDefault(r.Key) != r.Value).Select(r => $"{r.Key} has the id {r.Value}, which is not its own.");
        var uses = files[File][(files[File].IndexOf("var role = {", StringComparison.Ordinal) + 1)..];
        var unused = defined.Keys.Where(r => !uses.Contains($"role.{r}", StringComparison.Ordinal)).Select(r => $"Nobody has the role {r}.");
        return wrong.Concat(unused).Concat(OfTheApp(files, code)).Concat(Elsewhere(files));
    }

    private static IEnumerable<string> OfTheApp(InfraFiles files, CodeFacts code)
    {
        var storage = files.Block(File, "var appStorage = [");
        foreach (var named in code.Roles)
        {
            if (!Includes.TryGetValue(named, out var role)) yield return $"A client needs {named}; say in this test which role includes it.";
            else if (!storage.Contains($"role.{role}", StringComparison.Ordinal)) yield return $"A client needs {named}, and the app does not have {role}.";
        }

        // A queue trigger takes and deletes, which a sender cannot; a topic trigger receives and reads the backlog.
        if (files.Functions.Any(f => f.Queue is not null) && !storage.Contains("role.storageQueueDataContributor", StringComparison.Ordinal)) yield return "Queue triggers need storageQueueDataContributor.";
        if (!Given(files, "appOnTopic", "topic[i]", "serviceBusDataOwner")) yield return "Publishing and topic triggers need serviceBusDataOwner on the topic.";
        if (!Given(files, "appOnVault", "vault", "keyVaultSecretsUser")) yield return "Key Vault references need keyVaultSecretsUser.";
        if (!Given(files, "appOnInsights", "insights", "monitoringMetricsPublisher")) yield return "Telemetry without a key needs monitoringMetricsPublisher.";
    }

    private static bool Given(InfraFiles files, string assignment, string scope, string role)
    {
        var block = files.Block(File, $"resource {assignment} ");
        return block.Contains($"scope: {scope}\n", StringComparison.Ordinal) && block.Contains($"role.{role})", StringComparison.Ordinal) && block.Contains("principalId: appPrincipalId", StringComparison.Ordinal);
    }

    // One file holds them all, but for the system topic's, whose identity exists only there.
    private static IEnumerable<string> Elsewhere(InfraFiles files) => files.Templates
        .Where(t => t.Path is not (File or "infra/modules/communication.bicep") && t.Text.Contains("Microsoft.Authorization/roleAssignments", StringComparison.Ordinal)).Select(t => $"{t.Path} assigns a role: all are in {File}.")
        .Concat(files.Templates.SelectMany(t => Assignment().Matches(t.Text).Where(m => !m.Value.Contains("principalType:", StringComparison.Ordinal)).Select(_ => $"{t.Path} assigns a role without principalType.")));

    [GeneratedRegex(@"properties: \{ principalId: [^\n]*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Assignment();
}
