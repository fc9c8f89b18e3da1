using System.Text.Json;
using System.Text.RegularExpressions;

namespace Serverless.Tests.Infra;

/// <summary>Compares the settings that the code reads, the secrets among them, with settings.json and the templates.</summary>
internal static partial class SettingsAgreement
{
    private const string App = "infra/modules/app.bicep";
    private const string File = "infra/settings.json";
    private static readonly string[] OfEveryChannel = ["Enabled", "Mode", "Paused"];

    /// <summary>Every option has its setting, and every setting its option.</summary>
    public static IEnumerable<string> Options(InfraFiles files, CodeFacts code)
    {
        var json = files.Json(File);
        var listed = Agreement.Names(json.GetProperty("settings")).Concat(Agreement.Names(json.GetProperty("secrets"))).Concat(json.GetProperty("ownParameter").EnumerateObject().Select(p => p.Name)).Concat(Agreement.Names(json.GetProperty("fromIdentity"))).Concat(Channels(json).SelectMany(Listed)).ToList();
        var reasons = NotDeployed(json);
        var used = CodeFacts.OptionsTypes.Where(t => code.Sections.ContainsKey(t.Name)).SelectMany(t => CodeFacts.SettingsOf(t).Select(p => $"{code.Sections[t.Name]}__{p.Name}"));
        return Agreement.Differences("setting", used.Except(reasons, StringComparer.Ordinal), listed, File)
            .Concat(listed.GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => $"{File} names {g.Key} twice."))
            .Concat(CodeFacts.OptionsTypes.Where(t => !code.Sections.ContainsKey(t.Name) && !IsPartOfAnother(t)).Select(t => $"{t.Name} is bound to no section."))
            .Concat(Agreement.Names(json.GetProperty("fromIdentity")).Except(InfraFiles.SettingNames(files.Block(App, "var identitySettings = ")), StringComparer.Ordinal).Select(n => $"{App} must set {n} from the identity."));
    }

    /// <summary>Channels are the same in code, settings.json, types.bicep and main.bicepparam.</summary>
    public static IEnumerable<string> ChannelNames(InfraFiles files, CodeFacts code)
    {
        var channels = code.Sections.Values.Where(s => s.StartsWith("Channels__", StringComparison.Ordinal)).Select(s => s["Channels__".Length..]).ToList();
        return Agreement.Differences("channel", channels, Channels(files.Json(File)).Select(c => c.Name), File)
            .Concat(Agreement.Differences("channel", channels, files.TypeProperties("channelSet"), "infra/types.bicep"))
            .Concat(Agreement.Differences("channel", channels, ChannelLine().Matches(files.Block("infra/main.bicepparam", "param channels = {")).Select(m => m.Groups["name"].Value), "infra/main.bicepparam"));
    }

    /// <summary>What the templates set is read by code or host, and what the code reads alone is set or has a written reason.</summary>
    public static IEnumerable<string> Platform(InfraFiles files, CodeFacts code)
    {
        var json = files.Json(File);
        var reasons = NotDeployed(json);
        var host = json.GetProperty("hostReads").EnumerateObject().Select(p => p.Name).ToList();
        var set = InfraFiles.SettingNames(files.Block(App, "var platformSettings = [")).ToList();
        var own = json.GetProperty("ownParameter").EnumerateObject().Select(p => p.Name);
        string[] connections = [.. ConnectionParts(code, "AzureWebJobsStorage"), .. ConnectionParts(code, "ServiceBusConnection"), .. ConnectionParts(code, "Mail")];
        var options = CodeFacts.OptionsTypes.Where(t => code.Sections.ContainsKey(t.Name)).SelectMany(t => CodeFacts.SettingsOf(t).Select(p => $"{code.Sections[t.Name]}__{p.Name}")).ToList();
        var read = connections.Concat(code.ReadAlone).Concat(own.Where(n => !IsMap(n))).ToList();
        return set.Except(read, StringComparer.Ordinal).Except(host, StringComparer.Ordinal).Select(n => $"{App} sets {n}, which neither the code nor the host reads.")
            .Concat(read.Except(set, StringComparer.Ordinal).Except(reasons, StringComparer.Ordinal).Select(n => $"The code reads {n}, which is neither deployed nor has a reason in {File}."))
            .Concat(reasons.Except(read, StringComparer.Ordinal).Except(options, StringComparer.Ordinal).Select(n => $"{File} gives a reason for {n}, which nobody reads."))
            .Concat(host.Except(set, StringComparer.Ordinal).Select(n => $"{File} says the host reads {n}, which is not deployed."))
            .Concat(own.Where(n => !IsMap(n) && !set.Contains(n, StringComparer.Ordinal)).Select(n => $"{n} has a parameter of its own that {App} does not set."))
            .Concat(json.GetProperty("ownParameter").EnumerateObject().Where(p => !files["infra/main.bicep"].Contains($"\nparam {p.Value.GetString()} ", StringComparison.Ordinal)).Select(p => $"infra/main.bicep has no parameter {p.Value.GetString()}."));
    }

    /// <summary>Each secret comes by Key Vault reference, and so does the one before it; nothing else does.</summary>
    public static IEnumerable<string> Secrets(InfraFiles files, CodeFacts code)
    {
        var json = files.Json(File);
        var public_ = json.GetProperty("notSecret").EnumerateObject().Select(p => p.Name).ToList();
        var reasons = NotDeployed(json);
        var secret = CodeFacts.OptionsTypes.Where(t => code.Sections.ContainsKey(t.Name)).SelectMany(t => CodeFacts.SettingsOf(t).Where(p => p.PropertyType == typeof(string) && LooksSecret().IsMatch(p.Name)).Select(p => $"{code.Sections[t.Name]}__{p.Name}")).ToList();
        var referred = Channels(json).SelectMany(c => Agreement.Names(c.Value.GetProperty("secrets")).Select(n => $"Channels__{c.Name}__{n}")).Concat(Agreement.Names(json.GetProperty("secrets"))).ToList();
        return Agreement.Differences("secret", secret.Except(public_, StringComparer.Ordinal).Except(reasons, StringComparer.Ordinal), referred.Where(r => LooksSecret().IsMatch(r)), File)
            .Concat(public_.Except(secret, StringComparer.Ordinal).Select(n => $"{File} says that {n} is no secret, but no setting of that name looks like one."))
            .Concat(Agreement.Demand(files, App,
                "map(known.secrets, s => { name: s, value: '${reference}${replace(s, '__', '--')}/)' })", "concat(known.channels[c.key].secrets, c.value.?furtherSecrets ?? [])", "'${reference}Channels--${c.key}--${replace(s, '__', '--')}/)'",
                "'${reference}Recipients--Entries--${r.key}--TeamsUrl/)'", "'${reference}Webhook--Subscribers--${s.key}--Secret/)'", "'${reference}Webhook--Subscribers--${s.key}--PreviousSecret/)'",
                "'@Microsoft.KeyVault(SecretUri=https://${names.vault}${environment().suffixes.keyvaultDns}/secrets/'", "keyVaultReferenceIdentity: identity.id"))
            .Concat(EntrySettings(files, "subscriber", typeof(Serverless.Notices.Webhook.WebhookSubscriber))).Concat(EntrySettings(files, "recipient", typeof(Serverless.Notices.Recipient)));
    }

    private static IEnumerable<string> EntrySettings(InfraFiles files, string what, Type entry) => Agreement.Differences($"setting of a {what}",
        entry.GetProperties().Where(p => p.CanWrite).Select(p => p.Name),
        InfraFiles.SettingNames(files.Block(App, $"var {what}Settings = ")).Select(n => n[(n.LastIndexOf("__", StringComparison.Ordinal) + 2)..]), App);

    // Settings with entries below, which have a variable of their own in the template.
    private static bool IsMap(string name) => name is "Webhook__Subscribers" or "Recipients__Entries";

    private static List<string> NotDeployed(JsonElement json) => [.. json.GetProperty("notDeployed").EnumerateObject().Select(p => p.Name)];

    private static JsonElement.ObjectEnumerator Channels(JsonElement json) => json.GetProperty("channels").EnumerateObject();

    private static IEnumerable<string> Listed(JsonProperty channel) =>
        OfEveryChannel.Concat(Agreement.Names(channel.Value.GetProperty("secrets"))).Concat(Agreement.Names(channel.Value.GetProperty("settings"))).Select(n => $"Channels__{channel.Name}__{n}");

    // AnswerOptions: settings below an entry of another class, which needs no section of its own.
    private static bool IsPartOfAnother(Type options) => CodeFacts.OptionsTypes.SelectMany(t => t.GetProperties())
        .Any(p => p.PropertyType == options || (p.PropertyType.IsGenericType && p.PropertyType.GetGenericArguments().Contains(options)));

    private static IEnumerable<string> ConnectionParts(CodeFacts code, string section)
    {
        var room = section switch { "AzureWebJobsStorage" => "namespace Serverless.Platform.Storage;", "Mail" => "namespace Serverless.Notices.Mail;", _ => "namespace Serverless.Platform.Messaging;" };
        var text = string.Join('\n', code.Sources.Where(s => s.Contains(room, StringComparison.Ordinal) || s.Contains("class LazyCredential", StringComparison.Ordinal)));
        var names = ConnectionPart().Matches(text).Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal);
        return names.SelectMany(n => n == "{service}ServiceUri" ? ["blobServiceUri", "queueServiceUri", "tableServiceUri"] : new[] { n }).Select(n => $"{section}__{n}");
    }

    [GeneratedRegex(@"section\[\$?""(?<name>[\w{}]+)""\]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ConnectionPart();

    [GeneratedRegex(@"^  (?<name>\w+): \{", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ChannelLine();

    [GeneratedRegex("(Secret|Token|Key|Password|Credential)s?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex LooksSecret();
}
