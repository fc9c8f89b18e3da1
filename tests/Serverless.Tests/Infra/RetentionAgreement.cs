using System.Globalization;
using Serverless.Privacy;

namespace Serverless.Tests.Infra;

/// <summary>Compares how long the app keeps rows with how long lifecycle rules keep the blobs that the rows name.</summary>
internal static class RetentionAgreement
{
    public static IEnumerable<string> Violations(Prediction deployed)
    {
        var days = deployed.Of("Microsoft.Storage/storageAccounts/managementPolicies").Single().Properties.GetProperty("policy")
            .GetProperty("rules").EnumerateArray()
            .ToDictionary(r => r.GetProperty("name").GetString()!, r =>
                r.GetProperty("definition").GetProperty("actions").GetProperty("baseBlob").GetProperty("delete")
                .GetProperty("daysAfterCreationGreaterThan").GetInt32(), StringComparer.Ordinal);
        var months = int.Parse(deployed.Setting("Retention__DeliveryMonths")!, CultureInfo.InvariantCulture);
        if (months != new RetentionOptions().DeliveryMonths)
            yield return $"Retention__DeliveryMonths is {months}, while the app's own default is {new RetentionOptions().DeliveryMonths}.";
        // A table is dropped as a whole: its oldest row is a month older than its youngest.
        var longest = (months + 1) * 31;
        foreach (var name in new[] { "deliveries", "fetched", "undelivered" })
        {
            if (!days.TryGetValue(name, out var kept)) yield return $"Container {name} must end as deliveries do.";
            else if (kept < longest)
                yield return $"Bodies in {name} are deleted after {kept} days, while their rows are kept for up to {longest}.";
        }

        // What belongs to a case goes with its case.
        foreach (var name in new[] { "attachments", "contacts", "app-package" })
            if (days.TryGetValue(name, out var ends))
                yield return $"Container {name} must be kept for ever, and would be emptied after {ends} days.";
    }
}
