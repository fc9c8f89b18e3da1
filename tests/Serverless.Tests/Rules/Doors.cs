using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Serverless.Tests.Rules;

/// <summary>Who may call whom: the table of functions/README.md as code. Looks at what names mean, not at usings, since C# finds a neighbour's type without one.</summary>
internal static class Doors
{
    private const string Root = "Serverless";

    /// <summary>Rooms a room may use, beside itself. A room not listed may use nothing of ours.</summary>
    private static readonly Dictionary<string, string[]> Open = new(StringComparer.Ordinal)
    {
        ["Platform.Storage"] = ["Cloud", "Telemetry"],
        ["Platform.Worker"] = ["Platform.Storage"],
        ["Platform.Messaging"] = ["Cloud", "Telemetry"],
        ["Outbox"] = ["Platform.Storage", "Platform.Messaging"],
        ["Cases"] = ["Channels", "Outbox", "Platform.Storage", "Telemetry"],
        ["Attachments"] = ["Channels", "Cases", "Platform.Storage"],
        ["Replies"] = ["Channels", "Cases", "Outbox", "Platform.Storage", "Telemetry"],
        ["Receipts"] = ["Attachments", "Channels", "Cases", "Replies", "Platform.Http", "Platform.Storage", "Telemetry"],
        ["Registrations"] = ["Channels", "Outbox", "Receipts", "Platform.Storage"],
        ["Notices"] = ["Channels", "Cases", "Links", "Outbox", "Outgoing", "Signing", "Platform.Storage", "Platform.Messaging", "Texts", "Telemetry"],
        ["Links"] = ["Channels", "Cases", "Signing", "Platform.Storage", "Texts"],
        ["Diagnostics"] = ["Channels", "Receipts", "Signing", "Platform.Storage"],
        ["Operations"] = ["Channels", "Cases", "Receipts", "Replies", "Notices", "Outbox", "Platform.Storage", "Platform.Messaging", "Telemetry", "Registrations"],
        ["Privacy"] = ["Attachments", "Channels", "Cases", "Receipts", "Replies", "Notices", "Outbox", "Platform.Storage"],
        ["Channels.*"] = ["Channels", "Signing", "Outgoing"],
        ["Notices.Acknowledgement"] = ["Notices", "Channels", "Cases", "Replies", "Platform.Storage", "Texts"],
        ["Notices.*"] = ["Notices", "Channels", "Cloud", "Outgoing", "Signing", "Texts"],
        ["Maintenance"] = ["Platform.Features"],
        ["Schema"] = ["Cases", "Channels", "Notices", "Outbox", "Registrations"],
        // *Functions.cs and *Services.cs, beside what their folder may use. A *Services.cs also knows the folders below its own.
        ["(functions)"] = ["Platform.Http", "Telemetry", "Attachments", "Channels", "Receipts", "Cases", "Replies", "Outbox", "Notices", "Links", "Operations", "Registrations", "Diagnostics", "Privacy"],
        ["(services)"] = ["Platform.Features", "Platform.Storage"],
    };

    /// <summary>Files of Cases that decide and touch nothing: no storage, no outbox relay, no clock.</summary>
    private static readonly string[] Pure = ["CaseRules.cs", "ContactFold.cs", "Owners.cs", "ServiceLevels.cs", "CaseNumber.cs", "CaseKeys.cs", "Case.cs", "CaseFile.cs", "CaseReply.cs"];

    /// <summary>What the project's implicit and own usings bring: without them a fourth of all names would not resolve, and go unjudged.</summary>
    private const string GlobalUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    /// <summary>The app as the compiler sees it.</summary>
    /// <param name="files">Path within functions/ and text.</param>
    /// <param name="project">Text of the project file, whose usings count.</param>
    public static CSharpCompilation Compile(IEnumerable<(string Path, string Text)> files, string project)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p) is not ("Serverless.dll" or "Serverless.Tests.dll" or "Serverless.Local.dll")).Select(p => MetadataReference.CreateFromFile(p));
        var own = System.Xml.Linq.XDocument.Parse(project).Descendants("Using").Select(u => $"global using {u.Attribute("Include")!.Value};");
        var usings = CSharpSyntaxTree.ParseText(GlobalUsings + "\n" + string.Join('\n', own), path: "GlobalUsings.cs");
        return CSharpCompilation.Create("functions", files.Select(f => Parse(f.Path, f.Text)).Append(usings), references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
    }

    /// <summary>Types that a file names and the compiler does not find: nobody could say whose they are.</summary>
    public static IReadOnlyList<string> Unresolved(CSharpCompilation compilation) => [.. compilation.SyntaxTrees.SelectMany(tree =>
    {
        var model = compilation.GetSemanticModel(tree);
        return tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>()
            .Where(n => n.FirstAncestorOrSelf<UsingDirectiveSyntax>() is null && n.FirstAncestorOrSelf<NamespaceDeclarationSyntax>() is null)
            .Where(n => SyntaxFacts.IsInTypeOnlyContext(n) && !n.IsVar && n.Parent is not BaseNamespaceDeclarationSyntax)
            .Where(n => model.GetSymbolInfo(n) is { Symbol: null, CandidateSymbols.Length: 0 })
            .Select(n => $"{tree.FilePath}: {n}");
    }).Distinct(StringComparer.Ordinal)];

    /// <summary>One more file for it.</summary>
    public static SyntaxTree Parse(string path, string text) => CSharpSyntaxTree.ParseText(text, path: path);

    /// <summary>A sentence for every reference that goes through a closed door.</summary>
    /// <param name="compilation">The app.</param>
    /// <param name="trees">Files of it to look at.</param>
    public static IReadOnlyList<string> Violations(CSharpCompilation compilation, IEnumerable<SyntaxTree> trees)
    {
        List<string> violations = [];
        foreach (var tree in trees)
        {
            var model = compilation.GetSemanticModel(tree);
            var file = tree.FilePath;
            foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>().Where(n => n.FirstAncestorOrSelf<UsingDirectiveSyntax>() is null))
            {
                // Where an argument comes from generated code, the call is ambiguous to this compiler, but its candidates are of one folder.
                var found = model.GetSymbolInfo(name);
                if ((found.Symbol ?? found.CandidateSymbols.FirstOrDefault()) is not { } symbol || RoomOf(symbol) is not { } room) continue;
                var own = RoomOf(file);
                if (own is null || room == own) continue;
                if (Allowed(own, file).Contains(room, StringComparer.Ordinal) && !(IsPure(file) && room is "Platform.Storage" or "Platform.Messaging")) continue;
                if (IsServices(file) && room.StartsWith(own + ".", StringComparison.Ordinal)) continue;
                violations.Add($"{file}: {own} uses {room} ({name})");
            }
        }

        return [.. violations.Distinct(StringComparer.Ordinal)];
    }

    private static bool IsPure(string file) => file.StartsWith("Cases/", StringComparison.Ordinal) && Pure.Contains(Path.GetFileName(file), StringComparer.Ordinal);

    private static bool IsFunctions(string file) => file.EndsWith("Functions.cs", StringComparison.Ordinal);

    private static bool IsServices(string file) => file.EndsWith("Services.cs", StringComparison.Ordinal);

    private static string[] Allowed(string room, string file)
    {
        string[] further = IsFunctions(file) ? Open["(functions)"] : IsServices(file) ? Open["(services)"] : [];
        if (Open.TryGetValue(room, out var own)) return [.. own, .. further];
        var parent = room.IndexOf('.');
        return parent > 0 && Open.TryGetValue(room[..parent] + ".*", out var inherited) ? [.. inherited, .. further] : further;
    }

    // The room of a file is its folder; a file at the top (Program) may use everything.
    private static string? RoomOf(string file) => Path.GetDirectoryName(file)?.Replace('/', '.') is { Length: > 0 } folder ? folder : null;

    private static string? RoomOf(ISymbol symbol)
    {
        var space = (symbol is INamespaceSymbol ? null : symbol.ContainingNamespace)?.ToDisplayString();
        if (symbol.Locations.All(l => !l.IsInSource)) return null;
        return space is not null && space.StartsWith(Root + ".", StringComparison.Ordinal) ? space[(Root.Length + 1)..] : null;
    }
}
