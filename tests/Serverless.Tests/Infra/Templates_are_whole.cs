using System.Text.RegularExpressions;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Infra;

/// <summary>
/// What can be said of templates without their compiler, which does not restore here: they parse, everything is described and used, no secret and no version is left to chance.
/// </summary>
public sealed partial class Templates_are_whole
{
    private static readonly InfraFiles Files = InfraFiles.Load();

    [Fact]
    public async Task They_parse()
    {
        var files = Files.Paths.Where(p => p.EndsWith(".bicep", StringComparison.Ordinal) || p.EndsWith(".bicepparam", StringComparison.Ordinal)).Select(p => new { path = p, text = Files[p] }).ToList();
        var answer = await Node.RunAsync("tests/Serverless.Tests/Infra/bicep-syntax.mjs", files);
        Assert.Equal([], Agreement.Names(answer).ToList());

        answer = await Node.RunAsync("tests/Serverless.Tests/Infra/bicep-syntax.mjs", new[] { new { path = "specimen.bicep", text = "resource x 'y@1' = {\n  name: \n}\n" } });
        Assert.NotEmpty(Agreement.Names(answer));
    }

    [Fact]
    public void Everything_is_described_and_used()
    {
        Assert.Equal([], Files.Templates.SelectMany(t => Undescribed(t.Path, t.Text).Concat(Unused(t.Path, t.Text))).ToList());

        Assert.Contains(Undescribed("x", "param a string\n"), v => v.Contains("param a", StringComparison.Ordinal));
        Assert.Contains(Unused("x", "@description('A.')\nparam a string\n"), v => v.Contains("uses a.", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_module_is_used()
    {
        var named = Files.Templates.SelectMany(t => ModulePath().Matches(t.Text).Select(m => Path.GetFileName(m.Groups["path"].Value))).ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], Files.Paths.Where(p => p.StartsWith("infra/modules/", StringComparison.Ordinal)).Select(p => Path.GetFileName(p)).Except(named, StringComparer.Ordinal).ToList());
    }

    [Fact]
    public void A_resource_type_has_one_version()
    {
        var versions = Files.Templates.SelectMany(t => ResourceType().Matches(t.Text)).GroupBy(m => m.Groups["type"].Value.Split('/')[0] + "/" + m.Groups["type"].Value.Split('/')[1], m => m.Groups["version"].Value, StringComparer.Ordinal);
        Assert.Equal([], versions.Where(v => v.Distinct(StringComparer.Ordinal).Count() > 1).Select(v => v.Key).ToList());
    }

    [Fact]
    public void Nothing_changes_on_a_second_run()
    {
        // A clock or a new guid makes each deployment differ; a name made of a running resource makes what-if skip it.
        Assert.Equal([], Files.Templates.Where(t => t.Text.Contains("utcNow(", StringComparison.Ordinal) || t.Text.Contains("newGuid(", StringComparison.Ordinal)).Select(t => t.Path).ToList());
        Assert.DoesNotContain(Files.Templates.SelectMany(t => NameLine().Matches(t.Text)), m => m.Value.Contains("outputs.", StringComparison.Ordinal) || m.Value.Contains(".properties.", StringComparison.Ordinal));
    }

    [Fact]
    public void No_key_opens_anything()
    {
        var storage = Files["infra/modules/storage.bicep"];
        Assert.Contains("allowSharedKeyAccess: false", storage, StringComparison.Ordinal);
        Assert.Contains("allowBlobPublicAccess: false", storage, StringComparison.Ordinal);
        Assert.Contains("disableLocalAuth: true", Files["infra/modules/bus.bicep"], StringComparison.Ordinal);
        Assert.Contains("DisableLocalAuth: true", Files["infra/modules/monitoring.bicep"], StringComparison.Ordinal);
        Assert.Contains("enableRbacAuthorization: true", Files["infra/modules/vault.bicep"], StringComparison.Ordinal);
        Assert.DoesNotContain(Files.Templates, t => t.Text.Contains("listKeys(", StringComparison.Ordinal) || t.Text.Contains("cors", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Undescribed(string path, string text)
    {
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (!Declaration().IsMatch(lines[i]) && !(path == "infra/types.bicep" && TypeProperty().IsMatch(lines[i]))) continue;
            var at = i - 1;
            while (at >= 0 && lines[at].TrimStart().StartsWith('@') && !lines[at].TrimStart().StartsWith("@description(", StringComparison.Ordinal)) at--;
            if (at < 0 || !lines[at].TrimStart().StartsWith("@description(", StringComparison.Ordinal)) yield return $"{path}:{i + 1} has no description: {lines[i].Trim()}";
        }
    }

    private static IEnumerable<string> Unused(string path, string text)
    {
        var code = Comment().Replace(Description().Replace(text, ""), "");
        foreach (Match one in Named().Matches(code))
        {
            var name = one.Groups["name"].Value;
            if (Regex.Count(code, $@"(?<![\w.'-]){name}\b(?!: )", RegexOptions.None, TimeSpan.FromSeconds(5)) + Regex.Count(code, $@"(?<=[:?] ){name}\b|(?<=in ){name}\b", RegexOptions.None, TimeSpan.FromSeconds(5)) < 2) yield return $"{path}: nobody uses {name}.";
        }
    }

    [GeneratedRegex(@"^(param|var|output|type) \w+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^  (\w+|\*): ", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex TypeProperty();

    [GeneratedRegex(@"^(param|var) (?<name>\w+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Named();

    [GeneratedRegex(@"^\s*@description\('[^\n]*'\)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Description();

    [GeneratedRegex("(?<=^|\\s)//[^\\n]*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Comment();

    [GeneratedRegex(@"(?:module \w+|loadTextContent\(|loadJsonContent\() ?'(?<path>[^']+)'", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ModulePath();

    [GeneratedRegex(@"'(?<type>Microsoft\.[\w./]+)@(?<version>[\w-]+)'", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ResourceType();

    [GeneratedRegex(@"^  name: [^\n]*$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex NameLine();
}
