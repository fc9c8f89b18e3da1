using Microsoft.CodeAnalysis.CSharp;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Rules;

/// <summary>Every line of code sits in a room whose door sign it obeys.</summary>
public sealed class Rooms_keep_their_doors
{
    private static readonly string Functions = Path.Combine(Seed.RepositoryRoot, "functions");

    private static List<(string Path, string Text)> Sources => [.. Directory.GetFiles(Functions, "*.cs", SearchOption.AllDirectories)
        .Select(f => (Path.GetRelativePath(Functions, f).Replace('\\', '/'), File.ReadAllText(f)))
        .Where(f => !f.Item1.StartsWith("bin/", StringComparison.Ordinal) && !f.Item1.StartsWith("obj/", StringComparison.Ordinal))];

    private static readonly Lazy<CSharpCompilation> App = new(() => Doors.Compile(Sources, File.ReadAllText(Path.Combine(Functions, "Serverless.csproj"))));

    [Fact]
    public void No_room_goes_through_a_closed_door() => Assert.Empty(Doors.Violations(App.Value, App.Value.SyntaxTrees));

    /// <summary>A name that does not resolve is one that nobody judges.</summary>
    [Fact]
    public void Every_type_that_is_named_is_found() => Assert.Empty(Doors.Unresolved(App.Value));

    [Fact]
    public void A_type_that_is_not_found_is_told()
    {
        var app = App.Value.AddSyntaxTrees(Doors.Parse("Receipts/Specimen.cs", "namespace Serverless.Receipts; class Specimen { Nowhere? x; }"));
        Assert.Equal(["Receipts/Specimen.cs: Nowhere"], Doors.Unresolved(app));
    }

    [Theory]
    [InlineData("Channels/Meta/Specimen.cs", "namespace Serverless.Channels.Meta; class Specimen { object? x = typeof(Cases.Correlator); }", "Channels.Meta uses Cases")]
    [InlineData("Channels/Meta/Specimen.cs", "using Serverless.Platform.Storage; namespace Serverless.Channels.Meta; class Specimen(TableStore tables) { object x = tables; }", "Channels.Meta uses Platform.Storage")]
    [InlineData("Cases/CaseRules.cs", "namespace Serverless.Cases; class Specimen { object? x = typeof(Platform.Storage.TableRow); }", "Cases uses Platform.Storage")]
    [InlineData("Receipts/SpecimenFunctions.cs", "namespace Serverless.Receipts; class SpecimenFunctions { object? x = typeof(Channels.Meta.MetaChannel); }", "Receipts uses Channels.Meta")]
    [InlineData("Outbox/OutboxServices.cs", "namespace Serverless.Outbox; class OutboxServices { object? x = typeof(Cases.CaseStore); }", "Outbox uses Cases")]
    [InlineData("Receipts/FrontDoor.cs", "namespace Serverless.Receipts; class FrontDoor { object? x = typeof(Maintenance.Steps); }", "Receipts uses Maintenance")]
    [InlineData("Signing/Specimen.cs", "namespace Serverless.Signing; class Specimen { Channels.Verdict? x; }", "Signing uses Channels")]
    public void A_specimen_that_breaks_a_door_is_caught(string path, string text, string sentence)
    {
        var specimen = Doors.Parse(path, text);
        var app = App.Value.SyntaxTrees.SingleOrDefault(t => t.FilePath == path) is { } before ? App.Value.ReplaceSyntaxTree(before, specimen) : App.Value.AddSyntaxTrees(specimen);
        var found = Doors.Violations(app, [specimen]);
        Assert.Contains(found, v => v.Contains(sentence, StringComparison.Ordinal));
    }
}
