namespace Serverless.Tests.Infra;

/// <summary>What a set of parameters must lead to, resource by resource, beside the names that the code has too.</summary>
internal static class Shape
{
    private const string Bus = "Microsoft.ServiceBus/namespaces";

    // Only running resources know these; a name is never among them, since what-if would leave the resource out.
    private static readonly string[] Bounded =
    [
        "Microsoft.Authorization/roleAssignments.properties.principalId",
        "Microsoft.Web/sites.properties.siteConfig.appSettings.APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
        "Microsoft.Web/sites.properties.siteConfig.appSettings.APPLICATIONINSIGHTS_CONNECTION_STRING",
        "Microsoft.Web/sites.properties.siteConfig.appSettings.AZURE_CLIENT_ID",
        "Microsoft.Web/sites.properties.siteConfig.appSettings.AzureWebJobsStorage__clientId",
        "Microsoft.Web/sites.properties.siteConfig.appSettings.Channels__Email__ClientId",
        "Microsoft.Web/sites.properties.siteConfig.appSettings.ServiceBusConnection__clientId",
        "output APP_CLIENT_ID",
        "output APP_PRINCIPAL_ID",
        "output AZURE_FUNCTION_URI",
    ];

    /// <summary>Values that are known only while deploying are listed, and there are no others.</summary>
    public static IEnumerable<string> Unknown(Prediction deployed) => deployed.Unknown
        // Ids of private zones hold the suffix of the cloud, which the compiler does not fill in; their names are compared.
        .Where(u => !(u.Expression.StartsWith("{resourceId(", StringComparison.Ordinal)
            && u.Expression.Contains("privateDnsZones", StringComparison.Ordinal)
            && !u.Expression.Contains("reference(", StringComparison.Ordinal)))
        .Where(u => !Bounded.Contains(u.Path, StringComparer.Ordinal))
        .Select(u => $"{u.Path} is known only while deploying: {u.Expression}");

    public static IEnumerable<string> Of(Prediction deployed) => Everywhere(deployed).Concat(deployed.Set switch
    {
        "private" => Private(deployed, bus: true),
        "no-bus" => Private(deployed, bus: false).Concat(Alerts(deployed, "unreachable")),
        "acs-webhook" => Events(deployed, "to-app"),
        "acs-queue" => Events(deployed, "to-queue"),
        "no-availability" => Alerts(deployed, "dead-letters", "topic-filling"),
        "everything" =>
            Alerts(deployed, "dead-letters", "topic-filling", "unreachable").Concat(Sku(deployed, "Premium"))
            .Concat(Events(deployed, null)),
        "subscribers" => Subscribers(deployed).Concat(Sku(deployed, "Standard")),
        _ => Smallest(deployed).Concat(Sku(deployed, "Standard")),
    });

    private static IEnumerable<string> Everywhere(Prediction deployed)
    {
        var runtime = deployed.Site.Properties.GetProperty("functionAppConfig").GetProperty("runtime");
        if ((runtime.GetProperty("name").GetString(), runtime.GetProperty("version").GetString()) != ("dotnet-isolated", "10.0"))
            yield return $"The runtime is {runtime.GetProperty("name")} {runtime.GetProperty("version")}.";
        if (deployed.Of("Microsoft.Web/serverfarms").Single().Json.GetProperty("sku").GetProperty("name").GetString() != "FC1")
            yield return "The plan is not Flex Consumption.";
        // Flex Consumption takes these from functionAppConfig and refuses or ignores the settings.
        foreach (var old in deployed.Settings.Where(s =>
            s.Name is "FUNCTIONS_WORKER_RUNTIME" or "FUNCTIONS_EXTENSION_VERSION" or "WEBSITE_RUN_FROM_PACKAGE"
            || s.Name.StartsWith("WEBSITE_CONTENT", StringComparison.Ordinal))) yield return $"{old.Name} is not for Flex Consumption.";

        // No key opens anything.
        foreach (var (type, property, value) in new[]
        {
            ("Microsoft.Storage/storageAccounts", "allowSharedKeyAccess", false),
            ("Microsoft.Storage/storageAccounts", "allowBlobPublicAccess", false), (Bus, "disableLocalAuth", true),
            ("Microsoft.Insights/components", "DisableLocalAuth", true), ("Microsoft.KeyVault/vaults", "enableRbacAuthorization", true),
            ("Microsoft.Web/sites", "httpsOnly", true),
            ("Microsoft.Web/sites/basicPublishingCredentialsPolicies", "allow", false),
        })
            foreach (var resource in deployed.Of(type))
                if (!resource.Properties.TryGetProperty(property, out var found) || found.GetBoolean() != value)
                    yield return $"{property} of {resource.Name} is not {value}.";
    }

    private static IEnumerable<string> Private(Prediction deployed, bool bus)
    {
        string[] zones = ["blob.core.windows.net", "queue.core.windows.net", "table.core.windows.net", "vaultcore.azure.net", .. bus
            ? new[] { "servicebus.windows.net" } : []];
        foreach (var difference in Agreement.Differences("private zone", zones.Select(z => $"privatelink.{z}"),
            deployed.Of("Microsoft.Network/privateDnsZones").Select(z => z.Name), "The deployment")) yield return difference;
        if (deployed.Of("Microsoft.Network/privateEndpoints").Count() != zones.Length) yield return "Each zone has one endpoint.";
        foreach (var resource in deployed.Resources.Where(r =>
            r.Type is "Microsoft.Storage/storageAccounts" or "Microsoft.KeyVault/vaults" or Bus))
            if (resource.Properties.GetProperty("publicNetworkAccess").GetString() != "Disabled")
                yield return $"{resource.Name} is open to the internet.";
        if (deployed.Site.Properties.GetProperty("virtualNetworkSubnetId")
            .GetString()?.EndsWith("/subnets/app", StringComparison.Ordinal) != true) yield return "The app is not in the network.";
        if (deployed.Site.Properties.GetProperty("publicNetworkAccess").GetString() != "Enabled")
            yield return "Webhooks do not reach the app.";
        if (!bus) yield break;
        foreach (var difference in Sku(deployed, "Premium")) yield return difference;
        if (!deployed.Of("Microsoft.Authorization/locks").Any() || !deployed.Of("Microsoft.Security/defenderForStorageSettings").Any())
            yield return "Lock and malware scanning are asked for.";
    }

    private static IEnumerable<string> Events(Prediction deployed, string? subscription) =>
        Agreement.Differences("event subscription", subscription is null
            ? [] : [subscription], deployed.Names("Microsoft.EventGrid/systemTopics/eventSubscriptions"), "The deployment")
            .Concat(deployed.Of("Microsoft.EventGrid/systemTopics").Count() == 1
                && deployed.Of("Microsoft.Communication/communicationServices").Count() == 1
                ? [] : ["Communication Services and its topic are asked for."])
            .Concat(deployed.Set != "acs-webhook" || AlwaysReady(deployed) == "http,function:Normalise"
                ? [] : [$"A call that the app answers begins cold: {AlwaysReady(deployed)}."]);

    private static string AlwaysReady(Prediction deployed) =>
        string.Join(',', deployed.Site.Properties.GetProperty("functionAppConfig").GetProperty("scaleAndConcurrency")
            .GetProperty("alwaysReady").EnumerateArray().Select(r => r.GetProperty("name").GetString()));

    private static IEnumerable<string> Alerts(Prediction deployed, params string[] metricAlerts) =>
        Agreement.Differences("alert", metricAlerts, deployed.Names("Microsoft.Insights/metricAlerts"), "The deployment")
            .Concat(deployed.Of("Microsoft.Insights/webtests").Any() == metricAlerts.Contains("unreachable", StringComparer.Ordinal)
                ? [] : ["The availability test and its alert belong together."])
            .Concat(deployed.Of("Microsoft.Insights/metricAlerts").Where(a => a.Name == "topic-filling").Select(Threshold)
                .Where(t => t != 5120L * 1024 * 1024 * 6 / 10).Select(t => $"A topic of 5 GB is filled to 60 % at {t} bytes?"));

    private static long Threshold(PredictedResource alert) =>
        alert.Properties.GetProperty("criteria").GetProperty("allOf")[0].GetProperty("threshold").GetInt64();

    private static IEnumerable<string> Subscribers(Prediction deployed)
    {
        var filters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["everything"] = "1 = 1",
            ["crm"] = @"(type = 'case.opened' OR type LIKE 'case.%' ESCAPE '\' OR type LIKE 'promise\_b%' ESCAPE '\') AND channel = 'email' AND owner = 'O''Brien'",
            ["desk"] = "(type = 'it''s')",
            ["of-one"] = "owes = 'call-back'",
        };
        foreach (var difference in Agreement.Differences("subscription", filters.Keys, deployed.Names($"{Bus}/topics/subscriptions"),
            "The deployment")) yield return difference;
        foreach (var subscription in deployed.Of($"{Bus}/topics/subscriptions").Select(s => (s.Name, s.Properties)))
            if ((subscription.Properties.GetProperty("defaultMessageTimeToLive").GetString(),
                subscription.Properties.GetProperty("deadLetteringOnMessageExpiration").GetBoolean(),
                subscription.Properties.GetProperty("maxDeliveryCount").GetInt32()) != ("P7D", false, 10))
                yield return $"{subscription.Name} could fill the topic.";
        var rules = deployed.Of($"{Bus}/topics/subscriptions/rules").ToList();
        foreach (var (name, filter) in filters)
        {
            // Under another name than $Default a rule stands beside the one that matches everything.
            var own = rules.Where(r => r.Name.Contains($"/{name}/", StringComparison.Ordinal))
                .Select(r => $"{r.Short}: {r.Properties.GetProperty("sqlFilter").GetProperty("sqlExpression").GetString()}").ToList();
            if (own is not [var only] || only != $"$Default: {filter}") yield return $"{name} has the rules {string.Join(" and ", own)}.";
        }
    }

    private static IEnumerable<string> Smallest(Prediction deployed)
    {
        string[] optional = ["Microsoft.Network/", "Microsoft.Communication/", "Microsoft.EventGrid/", "Microsoft.Insights/metricAlerts",
            "Microsoft.Insights/actionGroups", "Microsoft.Consumption/", "Microsoft.Authorization/locks", "Microsoft.Security/"];
        return deployed.Resources.Where(r => optional.Any(o => r.Type.StartsWith(o, StringComparison.Ordinal)))
            .Select(r => $"{r.Type} is deployed though nobody asked for it.")
            .Concat(AlwaysReady(deployed).Length > 0 ? ["An instance is always there though no call is answered."] : []);
    }

    private static IEnumerable<string> Sku(Prediction deployed, string sku) =>
        deployed.Of(Bus).Select(b => b.Json.GetProperty("sku").GetProperty("name").GetString()).Where(s => s != sku)
        .Select(s => $"The bus is {s}, not {sku}.");
}
