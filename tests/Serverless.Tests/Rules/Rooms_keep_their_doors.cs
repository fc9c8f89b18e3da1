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

    // From the newest build of the app: obj/<configuration>/<framework>/<runtime>/.
    private static IEnumerable<(string Path, string Text)> Made
    {
        get
        {
            var usings = new DirectoryInfo(Path.Combine(Functions, "obj")).GetFiles("Serverless.GlobalUsings.g.cs", SearchOption.AllDirectories).MaxBy(f => f.LastWriteTimeUtc);
            Assert.True(usings is not null, "functions/obj has no Serverless.GlobalUsings.g.cs: build the app first.");
            var generated = Path.Combine(usings.DirectoryName!, "generated");
            Assert.True(Directory.Exists(generated), $"{generated} is missing: EmitCompilerGeneratedFiles of Directory.Build.props writes it.");
            return Directory.GetFiles(generated, "*.cs", SearchOption.AllDirectories).Prepend(usings.FullName).Select(f => (Path.GetFileName(f), File.ReadAllText(f)));
        }
    }

    private static readonly Lazy<CSharpCompilation> App = new(() => Doors.Compile(Sources, Made));

    [Fact]
    public void No_room_goes_through_a_closed_door() => Assert.Empty(Doors.Violations(App.Value, App.Value.SyntaxTrees));

    [Theory]
    [InlineData("Channels/Meta/Specimen.cs", "namespace Serverless.Channels.Meta; class Specimen { object? x = typeof(Cases.Correlator); }", "Channels.Meta uses Cases")]
    [InlineData("Channels/Meta/Specimen.cs", "using Serverless.Platform.Storage; namespace Serverless.Channels.Meta; class Specimen(TableStore tables) { object x = tables; }", "Channels.Meta uses Platform.Storage")]
    [InlineData("Cases/CaseRules.cs", "namespace Serverless.Cases; class Specimen { object? x = typeof(Platform.Storage.TableRow); }", "Cases uses Platform.Storage")]
    [InlineData("Receipts/SpecimenFunctions.cs", "namespace Serverless.Receipts; class SpecimenFunctions { object? x = typeof(Channels.Meta.MetaChannel); }", "Receipts uses Channels.Meta")]
    [InlineData("Links/SpecimenFunctions.cs", "namespace Serverless.Links; class SpecimenFunctions { object? x = typeof(Platform.Features.MaintenanceStep); }", "Links uses Platform.Features")]
    [InlineData("Outbox/OutboxServices.cs", "namespace Serverless.Outbox; class OutboxServices { object? x = typeof(Cases.CaseStore); }", "Outbox uses Cases")]
    [InlineData("Receipts/FrontDoor.cs", "namespace Serverless.Receipts; class FrontDoor { object? x = typeof(Maintenance.Steps); }", "Receipts uses Maintenance")]
    [InlineData("Schema/Specimen.cs", "namespace Serverless.Schema; class Specimen { object x = NoSuchType.Value; }", "NoSuchType does not resolve")]
    [InlineData("Schema/Specimen.cs", "namespace Serverless.Schema; class Specimen(Outbox.EventCatalogue log) { async Task X(CancellationToken ct) { var found = await Task.FromResult(new Platform.Storage.TableRow(null!, null!)); } }", "Schema uses Platform.Storage")]
    [InlineData("Needs/Specimen.cs", "namespace Serverless.Needs; class Specimen { object? x = typeof(Platform.Storage.TableRow); }", "Needs uses Platform.Storage")]
    [InlineData("Signing/Specimen.cs", "namespace Serverless.Signing; class Specimen { Channels.Verdict? x; }", "Signing uses Channels")]
    public void A_specimen_that_breaks_a_door_is_caught(string path, string text, string sentence)
    {
        var specimen = Doors.Parse(path, text);
        var app = App.Value.SyntaxTrees.SingleOrDefault(t => t.FilePath == path) is { } before ? App.Value.ReplaceSyntaxTree(before, specimen) : App.Value.AddSyntaxTrees(specimen);
        var found = Doors.Violations(app, [specimen]);
        Assert.Contains(found, v => v.Contains(sentence, StringComparison.Ordinal));
    }
}
