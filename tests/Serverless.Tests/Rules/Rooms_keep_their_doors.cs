using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Serverless.Tests.Rules;

/// <summary>Every line of code sits in a room whose door sign it obeys.</summary>
public sealed class Rooms_keep_their_doors
{
    /// <summary>A member that hands out what those who may use it may not: it is reached without a name of its own.</summary>
    private static readonly SyntaxTree HandsOut = AppCode.Parse(
        "Channels/HandsOut.cs",
        "namespace Serverless.Channels; static class HandsOut { public static System.Collections.Generic.List<Cases.Correlator> AllThatAreClosed => []; }");

    private static readonly Lazy<Doors> House = new(() => new Doors(new RoomIndex(AppCode.Compilation.AddSyntaxTrees(HandsOut))));

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
    public void No_room_goes_through_a_closed_door() =>
        Assert.Empty(House.Value.Violations(AppCode.Compilation, AppCode.Compilation.SyntaxTrees));

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
            "Cases/CaseRules.cs", "namespace Serverless.Cases; class Specimen { object? x = typeof(Platform.Storage.TableRow); }",
            "Cases uses Platform.Storage"
        },
        {
            "Receipts/SpecimenFunctions.cs",
            "namespace Serverless.Receipts; class SpecimenFunctions { object? x = typeof(Channels.Meta.MetaChannel); }",
            "Receipts uses Channels.Meta"
        },
        {
            "Links/SpecimenFunctions.cs",
            "namespace Serverless.Links; class SpecimenFunctions { object? x = typeof(Platform.Features.MaintenanceStep); }",
            "Links uses Platform.Features"
        },
        {
            "Outbox/OutboxServices.cs", "namespace Serverless.Outbox; class OutboxServices { object? x = typeof(Cases.CaseStore); }",
            "Outbox uses Cases"
        },
        {
            "Receipts/FrontDoor.cs", "namespace Serverless.Receipts; class FrontDoor { object? x = typeof(Maintenance.Steps); }",
            "Receipts uses Maintenance"
        },
        {
            "Schema/Specimen.cs",
            "namespace Serverless.Schema; class Specimen(Outbox.EventCatalogue log) { async Task X(CancellationToken ct) { var found = await Task.FromResult(new Platform.Storage.TableRow(null!, null!)); } }",
            "Schema uses Platform.Storage"
        },
        {
            "Needs/Specimen.cs", "namespace Serverless.Needs; class Specimen { object? x = typeof(Platform.Storage.TableRow); }",
            "Needs uses Platform.Storage"
        },
        { "Signing/Specimen.cs", "namespace Serverless.Signing; class Specimen { Channels.Verdict? x; }", "Signing uses Channels" },
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
            "Signing/Specimen.cs", "using Serverless.Channels; namespace Serverless.Signing; class Specimen { NoSuchType? x; }",
            "NoSuchType does not resolve"
        },
    };

    [Theory]
    [MemberData(nameof(Specimens))]
    public void A_specimen_that_breaks_a_door_is_caught(string path, string text, string sentence)
    {
        var specimen = Altered.Value.Trees[text];
        Assert.Equal(path, specimen.FilePath);
        Assert.Contains(House.Value.Violations(Altered.Value.App, [specimen]), v => v.Contains(sentence, StringComparison.Ordinal));
    }

    [Fact]
    public void A_declaration_without_a_meaning_is_seen()
    {
        var specimen = AppCode.Parse("Schema/Specimen.cs", "namespace Serverless.Schema; class Specimen { NoSuchType? x; }");
        var found = AppCode.Compilation.AddSyntaxTrees(specimen).GetSemanticModel(specimen).GetDeclarationDiagnostics();
        Assert.Contains(found, d =>
            d.Severity == DiagnosticSeverity.Error && d.GetMessage(null).Contains("NoSuchType", StringComparison.Ordinal));
    }
}
