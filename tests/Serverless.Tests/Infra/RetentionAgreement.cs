using System.Globalization;
using System.Text.RegularExpressions;
using Serverless.Privacy;

namespace Serverless.Tests.Infra;

/// <summary>Compares how long the app keeps rows with how long lifecycle rules keep the blobs that the rows name.</summary>
internal static partial class RetentionAgreement
{
    private const string Main = "infra/main.bicep";
    private const string Stored = "infra/storage.json";

    public static IEnumerable<string> Violations(InfraFiles files)
    {
        var days = int.Parse(DeliveryDays().Match(files[Main]).Groups["days"].Value, CultureInfo.InvariantCulture);
        var months = new RetentionOptions().DeliveryMonths;
        // A table is dropped as a whole: its oldest row is a month older than its youngest.
        var longest = (months + 1) * 31;
        if (days < longest) yield return $"{Main}: raw bodies are deleted after {days} days, while their rows are kept for up to {longest}.";
        if ((days / 31) - 1 != months) yield return $"{Main}: {days} days set Retention__DeliveryMonths to {(days / 31) - 1}, while the app's own default is {months}.";
        var containers = files.Json(Stored).GetProperty("containers");
        // What belongs to a case goes with its case; what belongs to a delivery with its delivery.
        foreach (var name in new[] { "attachments", "contacts" })
            if (containers.GetProperty(name).GetProperty("retention").GetString() != "forever") yield return $"Container {name} must be kept as long as its cases are: forever.";
        foreach (var name in new[] { "deliveries", "fetched", "undelivered" })
            if (containers.GetProperty(name).GetProperty("retention").GetString() != "deliveries") yield return $"Container {name} must be kept as long as deliveries are.";
        foreach (var violation in Agreement.Demand(files, "infra/modules/app.bicep", "'Retention__DeliveryMonths', value: string((deliveryDays / 31) - 1)")
            .Concat(Agreement.Demand(files, Main, "deliveryDays: retention.deliveries"))) yield return violation;
    }

    [GeneratedRegex(@"param retention retentionDays = \{ deliveries: (?<days>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex DeliveryDays();
}
