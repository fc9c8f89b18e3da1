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
        ["Outbox"] = ["Platform.Storage", "Platform.Messaging", "Platform.Features"],
        ["ServiceLevels"] = ["Channels"],
        ["Cases"] = ["Channels", "ServiceLevels", "Outbox", "Platform.Storage", "Telemetry"],
        ["Attachments"] = ["Channels", "Cases", "Platform.Storage"],
        ["Replies"] = ["Channels", "Cases", "Outbox", "Platform.Storage", "Telemetry"],
        ["Receipts"] = ["Attachments", "Channels", "Cases", "Replies", "Signing", "Platform.Http", "Platform.Storage", "Platform.Features", "Telemetry"],
        ["Registrations"] = ["Channels", "Outbox", "Receipts", "Platform.Storage"],
        ["Notices"] = ["Channels", "ServiceLevels", "Cases", "Links", "Outbox", "Outgoing", "Signing", "Platform.Storage",
            "Platform.Features", "Texts", "Telemetry"],
        ["Links"] = ["Channels", "ServiceLevels", "Cases", "Signing", "Platform.Storage", "Texts"],
        ["Diagnostics"] = ["Channels", "Receipts", "Signing", "Platform.Storage"],
        ["Operations"] = ["Channels", "ServiceLevels", "Cases", "Receipts", "Replies", "Notices", "Outbox", "Platform.Storage",
            "Telemetry", "Registrations"],
        ["Privacy"] = ["Attachments", "Channels", "Cases", "Receipts", "Replies", "Notices", "Outbox", "Platform.Storage"],
        ["Channels.*"] = ["Channels", "Signing", "Outgoing"],
        ["Notices.Acknowledgement"] = ["Notices", "Channels", "ServiceLevels", "Cases", "Replies", "Platform.Storage", "Texts"],
        ["Notices.*"] = ["Notices", "Channels", "Cloud", "Outgoing", "Signing", "Texts"],
        ["Maintenance"] = ["Platform.Features"],
        ["Schema"] = ["Cases", "Channels", "Notices", "Outbox", "Registrations"],
        // *Functions.cs and *Services.cs, beside what their folder may use. A *Services.cs also knows the folders below its own.
        ["(functions)"] =
        [
            "Platform.Http", "Telemetry", "Attachments", "Channels", "Receipts", "Cases", "Replies", "Outbox", "Notices", "Links", "Operations",
            "Registrations", "Diagnostics", "Privacy",
        ],
        ["(services)"] = ["Platform.Features", "Platform.Storage"],
    };

    /// <summary>Files of Cases that decide and touch nothing: no storage, no outbox relay, no clock.</summary>
    private static readonly string[] Pure =
    [
        "CaseRules.cs", "PromiseRules.cs", "PromiseClock.cs", "ContactFold.cs", "Owners.cs", "CaseNumber.cs", "CaseKeys.cs", "Case.cs",
            "Promise.cs", "CaseFile.cs", "CaseReply.cs",
    ];

    /// <summary>
    /// The app as the compiler sees it: sources, what the source generators made of them, and the global usings of the build. Without the last two a quarter of all
    /// names has no meaning here, and a reference that has none cannot be judged.
    /// </summary>
    /// <param name="files">Path within functions/ and text.</param>
    /// <param name="made">Path and text of generated files.</param>
    public static CSharpCompilation Compile(IEnumerable<(string Path, string Text)> files, IEnumerable<(string Path, string Text)> made)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p) is not ("Serverless.dll" or "Serverless.Tests.dll" or "Serverless.Local.dll")).Select(p => MetadataReference.CreateFromFile(p));
        return CSharpCompilation.Create("functions", files.Concat(made).Select(f => Parse(f.Path, f.Text)), references);
    }

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
                if (model.GetSymbolInfo(name).Symbol is not { } symbol)
                {
                    if (IsBlind(model, name)) violations.Add($"{file}: {name} does not resolve ({name.GetLocation().GetLineSpan().StartLinePosition.Line + 1})");
                    continue;
                }

                if (RoomOf(symbol) is not { } room) continue;
                var own = RoomOf(file);
                if (own is null || room == own || (IsServices(file) && room.StartsWith(own + ".", StringComparison.Ordinal))) continue;
                var touches = IsPure(file) && room is "Platform.Storage" or "Platform.Messaging";
                if (Allowed(own, file).Contains(room, StringComparer.Ordinal) && !touches) continue;
                violations.Add($"{file}: {own} uses {room} ({name})");
            }
        }

        return [.. violations.Distinct(StringComparer.Ordinal)];
    }

    // A name without a meaning hides a reference. Names that have none by nature: var, the underscore, labels of tuples and arguments of nameof.
    private static bool IsBlind(SemanticModel model, SimpleNameSyntax name) =>
        name.Identifier.Text is not ("var" or "_" or "nameof" or "dynamic")
        && model.GetSymbolInfo(name).CandidateSymbols.IsEmpty
        && model.GetTypeInfo(name).Type is null or IErrorTypeSymbol
        && !name.Ancestors().Any(a => a is AttributeTargetSpecifierSyntax or InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "nameof" } });

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
