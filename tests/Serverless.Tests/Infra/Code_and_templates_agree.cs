using Xunit;

namespace Serverless.Tests.Infra;

/// <summary>Every name that code, functions.metadata, messaging.json and templates share is the same everywhere, and none is there for nothing.</summary>
public sealed class Code_and_templates_agree
{
    private static readonly InfraFiles Files = InfraFiles.Load();

    private static IEnumerable<string> Look(string what, InfraFiles files) => what switch
    {
        "tables" => Agreement.Tables(files, CodeFacts.Of),
        "containers" => Agreement.Containers(files, CodeFacts.Of),
        "queues" => Agreement.Queues(files, CodeFacts.Of),
        "subscriptions" => Agreement.Subscriptions(files),
        "timers" => Agreement.Timers(files),
        "connections" => Agreement.Connections(files),
        "alerts" => Agreement.Alerts(files, CodeFacts.Of),
        "options" => SettingsAgreement.Options(files, CodeFacts.Of),
        "channels" => SettingsAgreement.ChannelNames(files, CodeFacts.Of),
        "platform" => SettingsAgreement.Platform(files, CodeFacts.Of),
        "secrets" => SettingsAgreement.Secrets(files, CodeFacts.Of),
        "retention" => RetentionAgreement.Violations(files),
        "roles" => Roles.Violations(files, CodeFacts.Of),
        "host.json" => HostSettings.Violations(files),
        _ => throw new ArgumentException(what, nameof(what)),
    };

    [Theory]
    [InlineData("tables")]
    [InlineData("containers")]
    [InlineData("queues")]
    [InlineData("subscriptions")]
    [InlineData("timers")]
    [InlineData("connections")]
    [InlineData("alerts")]
    [InlineData("options")]
    [InlineData("channels")]
    [InlineData("platform")]
    [InlineData("secrets")]
    [InlineData("retention")]
    [InlineData("roles")]
    [InlineData("host.json")]
    public void They_agree_on(string what) => Assert.Equal([], Look(what, Files).ToList());

    [Theory]
    [InlineData("tables", "infra/storage.json", "\"kept\", ", "", "The table kept is used, but infra/storage.json does not name it.")]
    [InlineData("tables", "infra/storage.json", "\"kept\", ", "\"kept\", \"left\", ", "infra/storage.json names the table left, which nobody uses.")]
    [InlineData("tables", "infra/storage.json", "[\"deliveries\"]", "[\"arrivals\"]", "The monthly table deliveries is used, but infra/storage.json does not name it.")]
    [InlineData("tables", "infra/modules/storage.bicep", "for t in tables:", "for t in ['cases']:", "infra/modules/storage.bicep must hold: for t in tables:")]
    [InlineData("containers", "infra/storage.json", "\"contacts\"", "\"contact\"", "The container contacts is used, but infra/storage.json does not name it.")]
    [InlineData("containers", "infra/storage.json", "\"retention\": \"exports\"", "\"retention\": \"export\"", "Container exports has a retention that types.bicep does not know.")]
    [InlineData("queues", "infra/messaging.json", "\"inbound\":", "\"in\":", "The queue inbound is used, but infra/messaging.json does not name it.")]
    [InlineData("queues", "functions.metadata", "\"inbound\"", "\"arrived\"", "The queue arrived is used, but infra/messaging.json does not name it.")]
    [InlineData("subscriptions", "infra/messaging.json", "\"notify-webhook\"", "\"notify-webhooks\"", "infra/messaging.json names the subscription case-events/notify-webhooks, which nobody uses.")]
    [InlineData("subscriptions", "infra/messaging.json", "\"everyone\"", "\"everybody\"", "has no filter named everyone")]
    [InlineData("subscriptions", "infra/main.bicep", "webhook: 'NotifyWebhook' }", "webhook: 'Notify' }", "infra/main.bicep names the function of a route webhook=Notify, which nobody uses.")]
    [InlineData("subscriptions", "infra/main.bicep", "'webhook')[] =", "'webhooks')[] =", "The route webhook is used, but infra/main.bicep does not name it.")]
    [InlineData("connections", "functions.metadata", "\"queueName\": \"inbound\"", "\"connection\": \"InboundStorage\", \"queueName\": \"inbound\"", "InboundStorage__clientId is not deployed")]
    [InlineData("alerts", "infra/modules/alerts.bicep", "(kept|poison)", "(kept|poisoned)", "An alert looks for 'poisoned', which no log line of the app begins with.")]
    [InlineData("alerts", "infra/README.md", "\n#### dead-letters\n", "\n#### dead\n", "Alert dead-letters has no runbook in infra/README.md.")]
    [InlineData("options", "infra/settings.json", "\"Receive__StoreSeconds\", ", "", "The setting Receive__StoreSeconds is used, but infra/settings.json does not name it.")]
    [InlineData("options", "infra/settings.json", "\"ToleranceMinutes\"", "\"Tolerance\"", "infra/settings.json names the setting Channels__Generic__Tolerance, which nobody uses.")]
    [InlineData("channels", "infra/types.bicep", "  Twilio: channel", "  Telephone: channel", "The channel Twilio is used, but infra/types.bicep does not name it.")]
    [InlineData("channels", "infra/main.bicepparam", "  Meta: {", "  Meter: {", "The channel Meta is used, but infra/main.bicepparam does not name it.")]
    [InlineData("platform", "infra/modules/app.bicep", "'AzureWebJobsStorage__tableServiceUri'", "'AzureWebJobsStorage__tablesServiceUri'", "The code reads AzureWebJobsStorage__tableServiceUri, which is neither deployed nor has a reason")]
    [InlineData("platform", "infra/modules/app.bicep", "{ name: 'Owners__Default', value: defaultOwner }", "", "Owners__Default has a parameter of its own")]
    [InlineData("secrets", "infra/settings.json", "\"PreviousAuthToken\"", "\"PreviousAuth\"", "The secret Channels__Twilio__PreviousAuthToken is used, but infra/settings.json does not name it.")]
    [InlineData("secrets", "infra/settings.json", "\"Links__Secret\", ", "", "The secret Links__Secret is used, but infra/settings.json does not name it.")]
    [InlineData("secrets", "infra/modules/app.bicep", "--PreviousSecret/)'", "--OldSecret/)'", "--PreviousSecret/)'")]
    [InlineData("secrets", "infra/modules/app.bicep", "__TeamsUrl', value: (", "__TeamsUri', value: (", "The setting of a recipient TeamsUrl is used")]
    [InlineData("options", "infra/modules/app.bicep", "'Channels__Email__ClientId'", "'Channels__Email__Client'", "must set Channels__Email__ClientId from the identity.")]
    [InlineData("retention", "infra/main.bicep", "deliveries: 124", "deliveries: 90", "raw bodies are deleted after 90 days, while their rows are kept for up to 124.")]
    [InlineData("retention", "infra/storage.json", "\"attachments\": { \"retention\": \"forever\"", "\"attachments\": { \"retention\": \"exports\"", "Container attachments must be kept as long as its cases are: forever.")]
    [InlineData("retention", "infra/modules/app.bicep", "(deliveryDays / 31) - 1", "deliveryDays / 30", "infra/modules/app.bicep must hold:")]
    [InlineData("roles", "infra/modules/roles.bicep", ", role.storageTableDataContributor]\n@description('What the operator", "]\n@description('What the operator", "A client needs Storage Table Data Contributor")]
    [InlineData("roles", "infra/modules/roles.bicep", "974c5e8b-45b9-4653-ba55-5f855dd0fb88", "974c5e8b-45b9-4653-ba55-5f855dd0fb89", "storageQueueDataContributor has the id")]
    [InlineData("roles", "infra/modules/roles.bicep", "role.keyVaultSecretsUser", "role.keyVaultSecretsOfficer", "Key Vault references need keyVaultSecretsUser.")]
    [InlineData("roles", "infra/modules/roles.bicep", "principalType: 'ServicePrincipal', ", "", "without principalType")]
    [InlineData("host.json", "host.json", "\"batchSize\": 16", "\"batchSize\": 64", "extensions.queues.batchSize is out of bounds: 64")]
    [InlineData("host.json", "host.json", "\"newBatchThreshold\"", "\"newBatch\"", "the host does not know extensions.queues.newBatch.")]
    public void A_specimen_that_differs_is_caught(string what, string path, string old, string changed, string sentence) =>
        Assert.Contains(Look(what, Files.With(path, old, changed)), v => v.Contains(sentence, StringComparison.Ordinal));

    [Fact]
    public void A_third_timer_is_caught()
    {
        const string timer = "\"type\": \"timerTrigger\"";
        var many = Files.With("functions.metadata", "\"type\": \"queueTrigger\"", timer);
        Assert.Single(Agreement.Timers(many));
    }
}
