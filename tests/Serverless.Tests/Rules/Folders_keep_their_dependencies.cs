using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Serverless.Tests.Rules;

/// <summary>Every folder uses what the table of functions/README.md allows, and nothing else.</summary>
public sealed class Folders_keep_their_dependencies
{
    /// <summary>A member that hands out what those who may use it may not: it is reached without a name of its own.</summary>
    private static readonly SyntaxTree HandsOut = AppCode.Parse(
        "Channels/HandsOut.cs",
        "namespace Serverless.Channels; static class HandsOut { public static System.Collections.Generic.List<Cases.Correlator> AllThatAreClosed => []; }");

    private static readonly Lazy<DependencyRules> House = new(() =>
        new DependencyRules(new DependencyIndex(AppCode.Compilation.AddSyntaxTrees(HandsOut))));

    // All in one: a compilation of its own for each would read the app's declarations each time.
    private static readonly Lazy<(CSharpCompilation App, IReadOnlyDictionary<string, SyntaxTree> Trees)> Altered = new(() =>
    {
        var trees = Specimens.Select((s, i) => (
            Text: (string)s[1],
            Tree: AppCode.Parse((string)s[0], ((string)s[1]).Replace("Specimen", $"Specimen{i}", StringComparison.Ordinal)))).ToList();
        var app = AppCode.Compilation.AddSyntaxTrees(HandsOut);
        foreach (var (_, tree) in trees)
        {
            var before = AppCode.Compilation.SyntaxTrees.SingleOrDefault(t => t.FilePath == tree.FilePath);
            app = before is null ? app.AddSyntaxTrees(tree) : app.ReplaceSyntaxTree(before, tree);
        }

        return (app, trees.ToDictionary(t => t.Text, t => t.Tree, StringComparer.Ordinal));
    });

    [Fact]
    public void No_folder_uses_what_the_table_does_not_allow()
    {
        var found = House.Value.Violations(AppCode.Compilation, AppCode.Compilation.SyntaxTrees);
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    /// <summary>A folder that the table does not name would be allowed nothing, and a row for no folder would promise what is not
    /// there.</summary>
    [Fact]
    public void The_table_names_each_folder()
    {
        var folders = AppCode.Compilation.SyntaxTrees.Select(t => Path.GetDirectoryName(t.FilePath)!.Replace('/', '.'))
            .Where(f => f.Length > 0).ToHashSet();
        static bool Covers(string row, string folder) => row.EndsWith(".*", StringComparison.Ordinal)
            ? folder.StartsWith(row[..^1], StringComparison.Ordinal) : row == folder;
        var rows = DependencyRules.Rules.Rows.Keys.Where(r => r[0] != '*').ToList();
        Assert.Equal([], folders.Where(f => !rows.Exists(r => Covers(r, f))).Order(StringComparer.Ordinal).ToList());
        Assert.Equal([], rows.Where(r => !folders.Any(f => Covers(r, f))).ToList());
        Assert.All(DependencyRules.Rules.Rows.Values.SelectMany(r => r), used => Assert.Contains(used, folders));
    }

    /// <summary>Features that need each other are one feature: the table of their top folders has no cycle.</summary>
    [Fact]
    public void Features_form_no_cycle()
    {
        static string Top(string folder) => folder.StartsWith("Platform.", StringComparison.Ordinal) ? folder : folder.Split('.')[0];
        var uses = DependencyRules.Rules.Rows.Where(r => r.Key[0] != '*')
            .SelectMany(r => r.Value.Select(used => (From: Top(r.Key), To: Top(used))))
            .Where(edge => edge.From != edge.To).ToLookup(edge => edge.From, edge => edge.To, StringComparer.Ordinal);
        HashSet<string> done = [];
        List<string> cycles = [];
        void Visit(string folder, List<string> path)
        {
            if (path.IndexOf(folder) is var at and >= 0) cycles.Add(string.Join(" > ", [.. path.Skip(at), folder]));
            else if (done.Add(folder)) foreach (var next in uses[folder].Distinct(StringComparer.Ordinal)) Visit(next, [.. path, folder]);
        }

        foreach (var folder in uses.Select(u => u.Key)) Visit(folder, []);
        Assert.Equal([], cycles);
    }

    /// <summary>A declaration without a meaning would hide what it leads to.</summary>
    [Fact]
    public void Every_declaration_is_understood() =>
        Assert.Empty(AppCode.Compilation.GetDeclarationDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error));

    /// <summary>Path, text, and the sentence that must be said of it.</summary>
    public static TheoryData<string, string, string> Specimens => new()
    {
        {
            "Channels/Meta/Specimen.cs", "namespace Serverless.Channels.Meta; class Specimen { object? x = typeof(Cases.Correlator); }",
            "Channels.Meta uses Cases"
        },
        {
            "Channels/Meta/Specimen.cs",
            "using Serverless.Platform.Storage; namespace Serverless.Channels.Meta; class Specimen(TableStore tables) { object x = tables; }",
            "Channels.Meta uses Platform.Storage"
        },
        {
            "Cases/Rules/CaseRules.cs",
            "namespace Serverless.Cases.Rules; class Specimen { object? x = typeof(Platform.Storage.TableRow); }",
            "Cases.Rules uses Platform.Storage"
        },
        {
            "Intake/SpecimenFunctions.cs",
            "namespace Serverless.Intake; class SpecimenFunctions { object? x = typeof(Channels.Meta.MetaChannel); }",
            "Intake uses Channels.Meta"
        },
        {
            "ActionLinks/SpecimenFunctions.cs",
            "namespace Serverless.ActionLinks; class SpecimenFunctions { object? x = typeof(Platform.Features.MaintenanceStep); }",
            "ActionLinks uses Platform.Features"
        },
        {
            "Outbox/OutboxServices.cs", "namespace Serverless.Outbox; class OutboxServices { object? x = typeof(Cases.CaseStore); }",
            "Outbox uses Cases"
        },
        {
            "Intake/DeliveryIntake.cs",
            "namespace Serverless.Intake; class DeliveryIntake { object? x = typeof(Maintenance.MaintenanceRun); }",
            "Intake uses Maintenance"
        },
        {
            "Maintenance/Specimen.cs",
            "namespace Serverless.Maintenance; class Specimen(Outbox.EventCatalogue log) { async Task X(CancellationToken ct) { var found = await Task.FromResult(new Platform.Storage.TableRow(null!, null!)); } }",
            "Maintenance uses Platform.Storage"
        },
        {
            "Needs/Specimen.cs", "namespace Serverless.Needs; class Specimen { object? x = typeof(Platform.Storage.TableRow); }",
            "Needs uses Platform.Storage"
        },
        { "Platform/Signatures/Specimen.cs", "namespace Serverless.Platform.Signatures; class Specimen { Channels.VerificationResult? x; }",
            "Platform.Signatures uses Channels" },
        {
            "Channels/Meta/Specimen.cs",
            "namespace Serverless.Channels.Meta; class Specimen { void X() { var first = HandsOut.AllThatAreClosed[0]; first.ToString(); } }",
            "Channels.Meta uses Cases (var)"
        },
        {
            "Channels/Meta/Specimen.cs",
            "namespace Serverless.Channels.Meta; class Specimen { void X() { foreach (var one in HandsOut.AllThatAreClosed) one.FindNothing(); } }",
            "FindNothing does not resolve"
        },
        {
            "Channels/Meta/Specimen.cs",
            "using Corr = Serverless.Cases.Correlator; namespace Serverless.Channels.Meta; class Specimen { Corr? x; }",
            "Channels.Meta uses Cases (Corr)"
        },
        {
            "Platform/Signatures/Specimen.cs",
            "using Serverless.Channels; namespace Serverless.Platform.Signatures; class Specimen { NoSuchType? x; }",
            "NoSuchType does not resolve"
        },
        {
            "Needs/Specimen.cs", "namespace Serverless.Needs; class Specimen(System.TimeProvider time) { object x = time.GetUtcNow(); }",
            "Needs is pure and uses System.TimeProvider"
        },
        {
            "Cases/Rules/Specimen.cs", "namespace Serverless.Cases.Rules; class Specimen { object x = System.DateTimeOffset.UtcNow; }",
            "Cases.Rules is pure and uses System.DateTimeOffset.UtcNow"
        },
    };

    [Theory]
    [MemberData(nameof(Specimens))]
    public void A_specimen_that_breaks_a_rule_is_caught(string path, string text, string sentence)
    {
        var specimen = Altered.Value.Trees[text];
        Assert.Equal(path, specimen.FilePath);
        Assert.Contains(House.Value.Violations(Altered.Value.App, [specimen]), v => v.Contains(sentence, StringComparison.Ordinal));
    }

    [Fact]
    public void A_declaration_without_a_meaning_is_seen()
    {
        var specimen = AppCode.Parse("Maintenance/Specimen.cs", "namespace Serverless.Maintenance; class Specimen { NoSuchType? x; }");
        var found = AppCode.Compilation.AddSyntaxTrees(specimen).GetSemanticModel(specimen).GetDeclarationDiagnostics();
        Assert.Contains(found, d =>
            d.Severity == DiagnosticSeverity.Error && d.GetMessage(null).Contains("NoSuchType", StringComparison.Ordinal));
    }
}
