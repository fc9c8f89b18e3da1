using System.Text.RegularExpressions;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Infra;

/// <summary>The compiler and its linter have nothing to say, every rule being an error; what they do not look at is looked at
/// here.</summary>
public sealed partial class Templates_compile
{
    private static readonly InfraFiles Files = InfraFiles.Load();

    [Theory]
    [InlineData("main.bicep")]
    [InlineData("main.bicepparam")]
    public async Task Nothing_is_said(string template) =>
    Assert.Equal([], await BicepCompiler.Instance.ProblemsAsync(Path.Combine(Seed.RepositoryRoot, "infra", template)));

    [Fact]
    public async Task The_sets_of_these_tests_compile_and_are_all_predicted()
    {
        var sets = Directory.GetFiles(Path.GetDirectoryName(Prediction.PathOf("smallest"))!, "*.bicepparam")
            .Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal);
        Assert.Equal(Prediction.Sets.Order(StringComparer.Ordinal), sets);
        Assert.True(Prediction.Sets.Count >= 8);
        // One that does not compile is not predicted; what the linter has to say of parameters, it says of main.bicepparam.
        foreach (var set in Prediction.Sets) Assert.NotEmpty((await Prediction.OfAsync(set)).Resources);
    }

    /// <summary>An altered text, and what the compiler or its linter calls the fault.</summary>
    public static TheoryData<string, string, string, string> Faults => new()
    {
        // What stopped every deployment once, and what was behind it.
        { "modules/acs-events.bicep", "tenant().tenantId", "tenant(1).tenantId", "BCP071" },
        { "main.bicep", "max(1, monthlyBudget)", "monthlyBudget", "BCP329" },
        { "modules/storage.bicep", "allowBlobPublicAccess: false", "allowBlobPublicAcces: false", "BCP089" },
        {
            "modules/storage.bicep", "Microsoft.Storage/storageAccounts@2026-09-01", "Microsoft.Storage/storageAccounts@2025-06-01",
            "use-recent-api-versions"
        },
        {
            "modules/vault.bicep", "param purgeProtection bool",
            "param purgeProtection bool\n@description('Of no use.')\nparam unused bool = true", "no-unused-params"
        },
        { "modules/vault.bicep", "@description('Key Vault.')\n", "", "use-description-params" },
        {
            "main.bicep", "output VAULT_NAME string = names.vault", "output VAULT_NAME string = names.vault\noutput KEY string = 'x'",
            "use-description-outputs"
        },
        { "modules/identity.bicep", "location: location", "location: 'westeurope'", "no-hardcoded-location" },
    };

    private static readonly IReadOnlyDictionary<Alteration, Lazy<Task<IReadOnlyList<string>>>> Answers = Specimen.Together(
        Faults.Select(f => new Alteration((string)f[0], (string)f[1], (string)f[2])),
        specimen => BicepCompiler.Instance.ProblemsAsync(specimen.Main));

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_specimen_is_caught(string template, string old, string changed, string code) =>
        Assert.Contains(
            await Answers[new Alteration(template, old, changed)].Value,
            p => p.Contains(code, StringComparison.Ordinal) && p.StartsWith(Path.GetFileName(template), StringComparison.Ordinal));

    [Fact]
    public void Every_rule_is_an_error_and_versions_are_the_newest()
    {
        var rules = Files.Json("infra/bicepconfig.json").GetProperty("analyzers").GetProperty("core").GetProperty("rules").EnumerateObject()
            .ToList();
        Assert.All(rules, r => Assert.Equal("error", r.Value.GetProperty("level").GetString()));
        Assert.Equal(0, rules.Single(r => r.Name == "use-recent-api-versions").Value.GetProperty("maxAgeInDays").GetInt32());

        // An exception stands where it is needed, with its reason, and only for the one type that has no newer stable version with
        // categories of ours.
        var excepted = Files.Templates.SelectMany(t => Exception().Matches(t.Text)).ToList();
        Assert.NotEmpty(excepted);
        Assert.All(excepted, e =>
            Assert.Equal("use-recent-api-versions // the only newer one that is stable is of 2016 and knows no categories of ours",
                e.Groups["what"].Value));
        Assert.All(excepted, e =>
            Assert.Contains("Microsoft.Insights/diagnosticSettings@", e.Groups["next"].Value, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_file_is_used()
    {
        var named = Files.Templates.SelectMany(t => Named().Matches(t.Text).Select(m => Path.GetFileName(m.Groups["path"].Value)))
            .ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], Files.Paths.Where(p => p.StartsWith("infra/modules/", StringComparison.Ordinal)).Select(p => Path.GetFileName(p))
            .Except(named, StringComparer.Ordinal).ToList());
    }

    [Fact]
    public void Nothing_changes_on_a_second_run() =>
        // A clock or a new guid makes each deployment differ.
        Assert.Equal([],
            Files.Templates.Where(t => t.Text.Contains("utcNow(", StringComparison.Ordinal)
                || t.Text.Contains("newGuid(", StringComparison.Ordinal)).Select(t => t.Path).ToList());

    [GeneratedRegex(@"#disable-\S+ (?<what>[^\n]*)\n(?<next>[^\n]*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Exception();

    [GeneratedRegex(@"(?:module \w+|loadTextContent\(|loadJsonContent\() ?'(?<path>[^']+)'", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex Named();
}
