using System.Text.Json;
using System.Text.RegularExpressions;

namespace Serverless.Tests.Infra;

/// <summary>Compares the settings that the code reads, the secrets among them, with channels.json, settings.json and what would be
/// deployed.</summary>
internal static partial class SettingsAgreement
{
    private const string App = "infra/settings.json";
    private const string Channels = "infra/channels.json";
    private static readonly string[] OfEveryChannel = ["Enabled", "Mode", "Paused"];

    /// <summary>Every option has its place in a list, and everything listed has its option.</summary>
    public static IEnumerable<string> Options(InfraFiles files, CodeFacts code)
    {
        var json = files.Json(App);
        var listed = Agreement.Names(json.GetProperty("settings")).Concat(Agreement.Names(json.GetProperty("secrets")))
            .Concat(json.GetProperty("ownParameter").EnumerateObject().Select(p => p.Name))
            .Concat(EachChannel(files).SelectMany(Listed)).ToList();
        return Agreement.Differences("setting", AllOptions(code).Except(NotDeployed(files), StringComparer.Ordinal), listed, "infra")
            .Concat(listed.GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => $"{g.Key} is listed twice."))
            .Concat(CodeFacts.OptionsTypes.Where(t => !code.Sections.ContainsKey(t.Name) && !IsPartOfAnother(t))
                .Select(t => $"{t.Name} is bound to no section."))
            .Concat(Agreement.Differences("channel", code.Sections.Values.Where(s => s.StartsWith("Channels__", StringComparison.Ordinal))
                .Select(s => s["Channels__".Length..]), EachChannel(files).Select(c => c.Name), Channels));
    }

    /// <summary>What would be set is read by the code or the host; what the code reads is set, or has a written reason.</summary>
    public static IEnumerable<string> Deployed(Prediction deployed, InfraFiles files, CodeFacts code)
    {
        var json = files.Json(App);
        var host = json.GetProperty("hostReads").EnumerateObject().Select(p => p.Name).ToList();
        string[] connections = [.. ConnectionParts(code, "AzureWebJobsStorage"), .. ConnectionParts(code, "ServiceBusConnection"),
            .. ConnectionParts(code, "Mail")];
        var own = json.GetProperty("ownParameter").EnumerateObject().Select(p => p.Name).ToList();
        var options = AllOptions(code).ToList();
        bool IsRead(string name) => host.Contains(name, StringComparer.Ordinal) || connections.Contains(name, StringComparer.Ordinal)
            || code.ReadAlone.Contains(name)
            || options.Exists(o => name == o || name.StartsWith(o + "__", StringComparison.Ordinal))
            || name.StartsWith("AzureWebJobs.", StringComparison.Ordinal) || name.StartsWith("OTEL_", StringComparison.Ordinal);
        var always = connections.Where(c => deployed.Set != "no-bus" || !c.StartsWith("ServiceBusConnection", StringComparison.Ordinal))
            .Concat(code.ReadAlone).Concat(host).Concat(own.Where(n => !IsMap(n))).Concat(Agreement.Names(json.GetProperty("secrets")));
        return deployed.Settings.Where(s => !IsRead(s.Name))
            .Select(s => $"{s.Name} would be set, which neither the code nor the host reads.")
            .Concat(always.Except(NotDeployed(files), StringComparer.Ordinal).Where(n => deployed.Setting(n) is null)
                .Select(n => $"The code or the host reads {n}, which is neither deployed nor has a reason."))
            .Concat(NotDeployed(files).Except(code.ReadAlone, StringComparer.Ordinal).Except(connections, StringComparer.Ordinal)
                .Except(options, StringComparer.Ordinal).Select(n => $"There is a reason for {n}, which nobody reads."))
            .Concat(deployed.Outputs["STRANGE_SETTINGS"].EnumerateArray().Select(s => $"{s.GetString()} is strange to the template."))
            .Concat(OfChannels(deployed, files));
    }

    /// <summary>Each secret comes by Key Vault reference, and so does the one before it; nothing else does.</summary>
    public static IEnumerable<string> Secrets(Prediction deployed, InfraFiles files, CodeFacts code)
    {
        var secret = CodeFacts.OptionsTypes.Where(t => code.Sections.ContainsKey(t.Name))
            .SelectMany(t =>
                CodeFacts.SettingsOf(t).Where(p => p.PropertyType == typeof(string) && LooksSecret().IsMatch(p.Name))
                .Select(p => $"{code.Sections[t.Name]}__{p.Name}")).ToList();
        var open = EachChannel(files).SelectMany(c => Map(c, "public").Select(n => $"Channels__{c.Name}__{n}")).ToList();
        var listed = EachChannel(files)
            .SelectMany(c => Agreement.Names(c.Value.GetProperty("secrets")).Select(n => $"Channels__{c.Name}__{n}"))
            .Concat(Agreement.Names(files.Json(App).GetProperty("secrets"))).ToList();
        return Agreement.Differences("secret", secret.Except(open, StringComparer.Ordinal)
            .Except(NotDeployed(files), StringComparer.Ordinal), listed.Where(r => LooksSecret().IsMatch(r)), "infra")
            .Concat(open.Except(secret, StringComparer.Ordinal)
                .Select(n => $"{Channels} says that {n} is public, but no setting of that name looks like a secret."))
            .Concat(References(deployed, listed, open))
            .Concat(deployed.Set == "everything"
                ? EntrySettings(deployed, "Webhook__Subscribers__crm", typeof(Serverless.Notifications.Webhook.WebhookSubscriber))
                .Concat(EntrySettings(deployed, "Recipients__Entries__desk", typeof(Serverless.Notifications.Recipient))) : [])
            .Concat(deployed.Outputs.Where(o => o.Value.GetRawText() is var t
                && (t.Contains("list", StringComparison.OrdinalIgnoreCase) || t.Contains("KeyVault(", StringComparison.Ordinal)
                    || t.Contains("ConnectionString", StringComparison.Ordinal)))
                .Select(o => $"The output {o.Key} might hold a secret: {o.Value}."));
    }

    private static IEnumerable<string> References(Prediction deployed, List<string> listed, List<string> open)
    {
        var vault = deployed.Of("Microsoft.KeyVault/vaults").Single().Name;
        foreach (var (name, value) in deployed.Settings)
        {
            var isReference = value.StartsWith("@Microsoft.KeyVault(", StringComparison.Ordinal);
            if (isReference
                && value != $"@Microsoft.KeyVault(SecretUri=https://{vault}.vault.azure.net/secrets/{name.Replace("__", "--", StringComparison.Ordinal)}/)") yield return $"{name} refers to {value}.";
            if (!isReference
                && (listed.Contains(name, StringComparer.Ordinal)
                    || (LooksSecret().IsMatch(name) && !open.Contains(name, StringComparer.Ordinal)
                        && !name.StartsWith("Registration__Expires__", StringComparison.Ordinal) && !IsIdentity(name))))
                            yield return $"{name} stands in the template: {value}.";
        }

        // Without it the app asks as a system-assigned identity, which it does not have, and reads the reference itself as value.
        if (deployed.Site.Properties.GetProperty("keyVaultReferenceIdentity")
            .GetString()?.EndsWith($"/{deployed.Of("Microsoft.ManagedIdentity/userAssignedIdentities").Single().Name}",
                StringComparison.Ordinal) != true)
            yield return "The app asks the vault as nobody.";
    }

    // The word managedidentity.
    private static bool IsIdentity(string name) => name.EndsWith("redential", StringComparison.Ordinal);

    // A channel that is on has its switches and all standing secrets; one that is off leaves nothing behind.
    private static IEnumerable<string> OfChannels(Prediction deployed, InfraFiles files)
    {
        var addresses = deployed.Outputs["HOOK_ADDRESSES"];
        foreach (var channel in EachChannel(files))
        {
            var on = addresses.TryGetProperty(channel.Name, out _);
            var needed = OfEveryChannel.Concat(Agreement.Names(channel.Value.GetProperty("secrets")))
                .Concat(channel.Value.TryGetProperty("fromIdentity", out var from) ? Agreement.Names(from) : [])
                .Select(n => $"Channels__{channel.Name}__{n}");
            if (on) foreach (var missing in needed.Where(n => deployed.Setting(n) is null))
                yield return $"{missing} is missing, though the channel is on.";
            else foreach (var left in deployed.Settings.Where(s =>
                s.Name.StartsWith($"Channels__{channel.Name}__", StringComparison.Ordinal)))
                    yield return $"{left.Name} is set, though the channel is off.";
            if (deployed.Set == "everything" && !on) yield return $"{channel.Name} is missing in the set everything.";
        }
    }

    private static IEnumerable<string> EntrySettings(Prediction deployed, string section, Type entry) =>
        Agreement.Differences($"setting of {section}",
        entry.GetProperties().Where(p => p.CanWrite).Select(p => p.Name),
        deployed.Settings.Where(s => s.Name.StartsWith(section + "__", StringComparison.Ordinal))
        .Select(s => s.Name[(section.Length + 2)..]), "the deployment");

    // Settings with entries below.
    private static bool IsMap(string name) => name is "Webhook__Subscribers" or "Recipients__Entries";

    private static IEnumerable<string> AllOptions(CodeFacts code) =>
        CodeFacts.OptionsTypes.Where(t => code.Sections.ContainsKey(t.Name))
            .SelectMany(t => CodeFacts.SettingsOf(t).Select(p => code.Sections[t.Name] is { Length: > 0 } section ? $"{section}__{p.Name}"
            : p.Name));

    private static List<string> NotDeployed(InfraFiles files) =>
        [.. files.Json(App).GetProperty("notDeployed").EnumerateObject().Select(p => p.Name), .. EachChannel(files)
            .SelectMany(c => Map(c, "notDeployed").Select(n => $"Channels__{c.Name}__{n}"))];

    private static JsonElement.ObjectEnumerator EachChannel(InfraFiles files) => files.Json(Channels).EnumerateObject();

    private static IEnumerable<string> Map(JsonProperty channel, string name) =>
        channel.Value.TryGetProperty(name, out var map) ? map.EnumerateObject().Select(p => p.Name) : [];

    private static IEnumerable<string> Listed(JsonProperty channel) => OfEveryChannel.Concat(new[] { "secrets", "settings", "fromIdentity" }
        .SelectMany(k => channel.Value.TryGetProperty(k, out var names) ? Agreement.Names(names) : []))
        .Select(n => $"Channels__{channel.Name}__{n}");

    // AnswerOptions: settings below an entry of another class, which needs no section of its own.
    private static bool IsPartOfAnother(Type options) => CodeFacts.OptionsTypes.SelectMany(t => t.GetProperties())
        .Any(p => p.PropertyType == options || (p.PropertyType.IsGenericType && p.PropertyType.GetGenericArguments().Contains(options)));

    private static IEnumerable<string> ConnectionParts(CodeFacts code, string section)
    {
        var room = section switch { "AzureWebJobsStorage" => "namespace Serverless.Platform.Storage;", "Mail" =>
            "namespace Serverless.Notifications.Mail;", _ => "namespace Serverless.Platform.Messaging;" };
        var text = string.Join('\n',
            code.Sources.Where(s => s.Contains(room, StringComparison.Ordinal)
                || s.Contains("class LazyCredential", StringComparison.Ordinal)));
        var names = ConnectionPart().Matches(text).Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal);
        return names.SelectMany(n => n == "{service}ServiceUri" ? ["blobServiceUri", "queueServiceUri", "tableServiceUri"] : new[] { n })
            .Select(n => $"{section}__{n}");
    }

    [GeneratedRegex(@"section\[\$?""(?<name>[\w{}]+)""\]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ConnectionPart();

    [GeneratedRegex("(Secret|Token|Key|Password|Credential)s?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex LooksSecret();
}
