using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Rules;

/// <summary>The app as the compiler sees it, read once for all tests that look at its code.</summary>
internal static class AppCode
{
    private static readonly string Functions = Path.Combine(Seed.RepositoryRoot, "functions");

    // The binder of settings is generated code that takes the place of a call; the build allows that to its namespace.
    private static readonly CSharpParseOptions Options = CSharpParseOptions.Default
        .WithFeatures([new("InterceptorsNamespaces", "Microsoft.Extensions.Configuration.Binder.SourceGeneration")]);

    private static readonly Lazy<CSharpCompilation> Compiled = new(Compile);

    /// <summary>
    /// Sources, what the source generators made of them, and the global usings of the build. Without the last two a quarter of all names
    /// has no meaning here, and a reference that has none cannot be judged. The path of a tree is that within functions/; of a generated
    /// one its name alone.
    /// </summary>
    public static CSharpCompilation Compilation => Compiled.Value;

    /// <summary>One more file for it.</summary>
    /// <param name="path">Path within functions/.</param>
    /// <param name="text">What stands in it.</param>
    public static SyntaxTree Parse(string path, string text) => CSharpSyntaxTree.ParseText(text, Options, path);

    private static CSharpCompilation Compile()
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p) is not ("Serverless.dll" or "Serverless.Tests.dll" or "Serverless.Local.dll"))
            .Select(p => MetadataReference.CreateFromFile(p));
        var trees = Sources().Concat(Made()).AsParallel().AsOrdered().Select(f => Parse(f.Path, File.ReadAllText(f.File)));
        return CSharpCompilation.Create("functions", trees, references);
    }

    private static IEnumerable<(string Path, string File)> Sources() => Directory.GetFiles(Functions, "*.cs", SearchOption.AllDirectories)
        .Select(file => (Path: Path.GetRelativePath(Functions, file).Replace('\\', '/'), file))
        .Where(f => !f.Path.StartsWith("bin/", StringComparison.Ordinal) && !f.Path.StartsWith("obj/", StringComparison.Ordinal));

    // From the newest build of the app: obj/<configuration>/<framework>/<runtime>/.
    private static IEnumerable<(string Path, string File)> Made()
    {
        // The global usings are written once, what the generators make at each build: the newest of these tells the build.
        var logs = new DirectoryInfo(Path.Combine(Functions, "obj"))
            .GetFiles("LoggerMessage.g.cs", SearchOption.AllDirectories).MaxBy(f => f.LastWriteTimeUtc);
        Assert.True(logs is not null, "functions/obj has no generated code: build the app first (EmitCompilerGeneratedFiles writes it).");
        var generated = logs.FullName[..(logs.FullName.IndexOf("/generated/", StringComparison.Ordinal) + "/generated".Length)];
        var usings = new FileInfo(Path.Combine(Path.GetDirectoryName(generated)!, "Serverless.GlobalUsings.g.cs"));
        Assert.True(usings.Exists, $"{usings} is missing: build the app first.");
        // A build writes all of them anew and leaves those of types that are gone.
        var files = new DirectoryInfo(generated).GetFiles("*.cs", SearchOption.AllDirectories);
        var last = files.Max(f => f.LastWriteTimeUtc) - TimeSpan.FromSeconds(30);
        return files.Where(f => f.LastWriteTimeUtc >= last).Select(f => f.FullName).Prepend(usings.FullName)
            .Select(f => (Path.GetFileName(f), f));
    }
}
