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

    private static string[] Verbs => [.. Directory.GetFiles(Functions, "function.json", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Functions, Path.GetDirectoryName(f)!)).Where(f => !f.Contains("bin", StringComparison.Ordinal) && !f.Contains("obj", StringComparison.Ordinal))];

    [Fact]
    public void No_room_goes_through_a_closed_door() => Assert.Empty(Doors.Violations(App.Value, App.Value.SyntaxTrees, Verbs));

    [Theory]
    [InlineData("Channels/Meta/Specimen.cs", "namespace Serverless.Channels.Meta; class Specimen { object? x = typeof(Cases.Correlator); }", "Channels.Meta uses Cases")]
    [InlineData("Channels/Meta/Specimen.cs", "using Serverless.Platform.Storage; namespace Serverless.Channels.Meta; class Specimen(TableStore tables) { object x = tables; }", "Channels.Meta uses Platform.Storage")]
    [InlineData("Cases/CaseRules.cs", "namespace Serverless.Cases; class Specimen { object? x = typeof(Platform.Storage.TableRow); }", "Cases uses Platform.Storage")]
    [InlineData("Receive/Specimen.cs", "namespace Serverless.Receive; class Specimen { object? x = typeof(Normalise.NormaliseFunction); }", "Receive uses Normalise")]
    [InlineData("Receive/Specimen.cs", "namespace Serverless.Receive; class Specimen { object? x = typeof(Channels.Meta.MetaChannel); }", "Receive uses Channels.Meta")]
    [InlineData("Receive/Specimen.cs", "namespace Serverless.Receive; class Specimen { object x = NoSuchType.Value; }", "NoSuchType does not resolve")]
    [InlineData("Receive/Specimen.cs", "namespace Serverless.Receive; class Specimen(Receipts.ActionLog log) { async Task X(CancellationToken ct) { var found = await Task.FromResult(new Platform.Storage.TableRow(null!, null!)); } }", "Receive uses Platform.Storage")]
    [InlineData("Signing/Specimen.cs", "namespace Serverless.Signing; class Specimen { Channels.Verdict? x; }", "Signing uses Channels")]
    public void A_specimen_that_breaks_a_door_is_caught(string path, string text, string sentence)
    {
        var specimen = Doors.Parse(path, text);
        var app = App.Value.SyntaxTrees.SingleOrDefault(t => t.FilePath == path) is { } before ? App.Value.ReplaceSyntaxTree(before, specimen) : App.Value.AddSyntaxTrees(specimen);
        var found = Doors.Violations(app, [specimen], Verbs);
        Assert.Contains(found, v => v.Contains(sentence, StringComparison.Ordinal));
    }
}
