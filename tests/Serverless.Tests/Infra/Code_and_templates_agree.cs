using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Infra;

/// <summary>Every name that code, JSON files and predicted resources share is the same everywhere, and none is there for nothing.</summary>
public sealed class Code_and_templates_agree
{
    private static readonly InfraFiles Files = InfraFiles.Load();

    public static TheoryData<string> Sets => [.. Prediction.Sets];

    private static IEnumerable<string> Look(string what, Prediction deployed, InfraFiles files) => what switch
    {
        "tables" => Agreement.Tables(deployed, files, CodeFacts.Of),
        "containers" => Agreement.Containers(deployed, files, CodeFacts.Of),
        "queues" => Agreement.Queues(deployed, files, CodeFacts.Of),
        "routes" => Agreement.Routes(deployed),
        "topic" => Agreement.Topic(deployed, CodeFacts.Of),
        "connections" => Agreement.Connections(deployed),
        "names" => Agreement.Naming(deployed),
        "options" => SettingsAgreement.Options(files, CodeFacts.Of),
        "settings" => SettingsAgreement.Deployed(deployed, files, CodeFacts.Of),
        "secrets" => SettingsAgreement.Secrets(deployed, files, CodeFacts.Of),
        "retention" => RetentionAgreement.Violations(deployed),
        "roles" => Roles.Violations(deployed, files, CodeFacts.Of),
        "alerts" => Agreement.Alerts(deployed, files, CodeFacts.Of),
        "unknown" => Shape.Unknown(deployed),
        "shape" => Shape.Of(deployed),
        _ => throw new ArgumentException(what, nameof(what)),
    };

    [Theory]
    [MemberData(nameof(Sets))]
    public async Task They_agree_on_what_is_deployed(string set)
    {
        var deployed = await Prediction.OfAsync(set);
        string[] all = ["tables", "containers", "queues", "routes", "topic", "connections", "names", "options", "settings", "secrets",
            "retention", "roles", "unknown", "shape"];
        var found = all.SelectMany(what => Look(what, deployed, Files).Select(v => $"{what}: {v}")).ToList();
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    [Fact]
    public async Task They_agree_on_alerts() => Assert.Equal([], Look("alerts", await Prediction.OfAsync("everything"), Files).ToList());

    [Fact]
    public void They_agree_on_the_host() =>
    Assert.Equal([], FunctionsHostSettings.Violations(Files).Concat(Agreement.Timers(AppFunctions.All)).ToList());

    /// <summary>What looks, an altered text, and the sentence that must be said of it.</summary>
    public static TheoryData<string, string, string, string, string> Differences => new()
    {
        { "tables", "storage.json", "\"cases\", ", "", "The table cases is used, but The deployment does not name it." },
        { "tables", "storage.json", "\"cases\", ", "\"cases\", \"left\", ", "The deployment names the table left, which nobody uses." },
        {
            "tables", "storage.json", "[\"deliveries\"]", "[\"arrivals\"]",
            "The monthly table deliveries is used, but infra/storage.json does not name it."
        },
        {
            "containers", "storage.json", "\"contacts\"", "\"contact\"",
            "The container contacts is used, but The deployment does not name it."
        },
        { "queues", "messaging.json", "\"inbound\":", "\"in\":", "The queue inbound is used, but The deployment does not name it." },
        {
            "topic", "messaging.json", "\"case-events\"", "\"events\"",
            "The topic case-events is used, but The deployment does not name it."
        },
        { "topic", "modules/bus.bicep", "requiresDuplicateDetection: true", "requiresDuplicateDetection: false", "takes an event twice." },
        {
            "connections", "modules/app.bicep", "'AzureWebJobsStorage__clientId'", "'AzureWebJobsStorage__client'",
            "A trigger names a connection whose AzureWebJobsStorage__clientId is not deployed."
        },
        { "names", "modules/app.bicep", ".table.${environment()", ".tables.${environment()", "The app is not told of the table service" },
        {
            "options", "settings.json", "\"Receive__StoreSeconds\", ", "",
            "The setting Receive__StoreSeconds is used, but infra does not name it."
        },
        {
            "options", "channels.json", "\"ToleranceMinutes\"", "\"Tolerance\"",
            "infra names the setting Channels__Generic__Tolerance, which nobody uses."
        },
        {
            "options", "channels.json", "\"Twilio\": {", "\"Telephone\": {",
            "The channel Twilio is used, but infra/channels.json does not name it."
        },
        {
            "settings", "modules/app.bicep", "'AzureWebJobsStorage__tableServiceUri'", "'AzureWebJobsStorage__tablesServiceUri'",
            "The code or the host reads AzureWebJobsStorage__tableServiceUri, which is neither deployed nor has a reason."
        },
        { "settings", "modules/app.bicep", "'Owners__Default'", "'Owners__Defaults'", "The code or the host reads Owners__Default" },
        {
            "settings", "modules/app.bicep", "'Channels__Email__ClientId'", "'Channels__Email__Client'",
            "Channels__Email__ClientId is missing, though the channel is on."
        },
        {
            "secrets", "channels.json", "\"PreviousAuthToken\"", "\"PreviousAuth\"",
            "The secret Channels__Twilio__PreviousAuthToken is used, but infra does not name it."
        },
        { "secrets", "modules/app.bicep", "--PreviousSecret/)'", "--OldSecret/)'", "Webhook__Subscribers__crm__PreviousSecret refers to" },
        {
            "secrets", "modules/app.bicep", "keyVaultReferenceIdentity: identity.id", "keyVaultReferenceIdentity: 'SystemAssigned'",
            "The app asks the vault as nobody."
        },
        {
            "secrets", "main.bicep", "output VAULT_NAME string = names.vault",
            "output VAULT_NAME string = '@Microsoft.KeyVault(${names.vault}'", "The output VAULT_NAME might hold a secret"
        },
        { "retention", "main.bicep", "deliveries: 124", "deliveries: 90", "Retention__DeliveryMonths is 1" },
        {
            "retention", "storage.json", "\"attachments\": { \"retention\": \"forever\"",
            "\"attachments\": { \"retention\": \"exports\"", "Container attachments must be kept for ever"
        },
        {
            "roles", "modules/roles.bicep",
            "[role.storageBlobDataOwner, role.storageQueueDataContributor, role.storageTableDataContributor]",
            "[role.storageBlobDataOwner, role.storageQueueDataContributor]", "A client needs Storage Table Data Contributor"
        },
        {
            "roles", "modules/roles.bicep", "974c5e8b-45b9-4653-ba55-5f855dd0fb88", "974c5e8b-45b9-4653-ba55-5f855dd0fb89",
            "A client needs Storage Queue Data Message Sender"
        },
        // The topic bears another name in this copy of the templates, by the alteration above.
        {
            "roles", "modules/roles.bicep", "serviceBusDataSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'",
            "serviceBusDataSender: '090c5cfd-751d-490a-894a-3ce6f1109419'", " 090c5cfd-751d-490a-894a-3ce6f1109419, which nobody uses."
        },
        { "roles", "modules/roles.bicep", "principalType: 'ServicePrincipal', ", "", "without principalType" },
        {
            "unknown", "modules/app.bicep", "value: defaultOwner }", "value: '${defaultOwner}${identity.properties.principalId}' }",
            "Owners__Default"
        },
        { "shape", "modules/app.bicep", "name: 'dotnet-isolated'", "name: 'custom'", "The runtime is custom" },
        { "shape", "modules/storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeyAccess: true", "allowSharedKeyAccess" },
    };

    private static readonly IReadOnlyDictionary<Alteration, Lazy<Task<Prediction>>> Altered = Specimen.Together(
        Differences.Where(d => (string)d[0] != "options").Select(d => new Alteration((string)d[1], (string)d[2], (string)d[3])),
        specimen => specimen.PredictAsync("everything"));

    [Theory]
    [MemberData(nameof(Differences))]
    public async Task A_specimen_that_differs_is_caught(string what, string file, string old, string changed, string sentence)
    {
        // Options are compared with the files alone.
        var deployed = what == "options" ? await Prediction.OfAsync("everything") : await Altered[new Alteration(file, old, changed)].Value;
        var files = file.EndsWith(".json", StringComparison.Ordinal) ? Files.With($"infra/{file}", old, changed) : Files;
        Assert.Contains(Look(what, deployed, files), v => v.Contains(sentence, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("alerts", "infra/RUNBOOK.md", "\n#### dead-letters\n", "\n#### dead\n",
        "Alert dead-letters has no runbook in infra/RUNBOOK.md.")]
    [InlineData("alerts", "infra/modules/workbook.json", "(kept|poison|", "(kept|poisoned|",
        "An alert looks for 'poisoned', which no log line of the app begins with.")]
    [InlineData("host.json", "host.json", "\"batchSize\": 16", "\"batchSize\": 64", "extensions.queues.batchSize is out of bounds: 64")]
    [InlineData("host.json", "host.json", "\"maxPollingInterval\"", "\"maxPollInterval\"",
        "the host does not know extensions.queues.maxPollInterval.")]
    public async Task A_file_that_differs_is_caught(string what, string path, string old, string changed, string sentence)
    {
        var files = Files.With(path, old, changed);
        var found = what == "alerts" ? Look(what, await Prediction.OfAsync("everything"), files) : FunctionsHostSettings.Violations(files);
        Assert.Contains(found, v => v.Contains(sentence, StringComparison.Ordinal));
    }

    [Fact]
    public void A_third_timer_is_caught() =>
    Assert.Single(
        Agreement.Timers([.. AppFunctions.All,
            new AppFunction("Hourly", "timerTrigger", "Serverless.Maintenance.MaintenanceFunctions.Hourly")]));

    [Theory]
    [InlineData("channels = {}", "channels = { Nobody: { enabled: true } }", "Not in channels.json: Nobody")]
    [InlineData("routes = []",
        "routes = []\nparam bus = 'none'\nparam subscribers = [{ name: 'crm', principalId: '00000000-0000-0000-0000-00000000000a' }]",
        "Subscribers need a bus")]
    public async Task A_deployment_that_cannot_be_meant_is_refused(string old, string changed, string sentence)
    {
        var path = Prediction.PathOf("smallest") + $".{Guid.NewGuid():n}.bicepparam";
        try
        {
            await File.WriteAllTextAsync(path,
                (await File.ReadAllTextAsync(Prediction.PathOf("smallest"))).Replace(old, changed, StringComparison.Ordinal));
            Assert.Contains(sentence,
                (await Assert.ThrowsAsync<InvalidOperationException>(() => BicepCompiler.Instance.PredictAsync(path))).Message,
                StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
