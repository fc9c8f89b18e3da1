using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Rules;

/// <summary>
/// The dependency table of functions/README.md, held against the code. Looks at what names mean, not at usings, since C# finds a
/// neighbour's
/// type without one.
/// </summary>
/// <remarks>
/// To ask the compiler for the meaning of every name takes half a minute. Asked are those that can mean a closed folder (<see
/// cref="DependencyIndex"/>): names of its types, and all names of a member that holds a value from which such a type can be reached
/// without
/// being named.
/// </remarks>
internal sealed partial class DependencyRules(DependencyIndex index)
{
    /// <summary>What a rule of a pure folder may not name: it decides from what it is given.</summary>
    private static readonly string[] Impure =
    [
        "System.TimeProvider", "System.Random", "System.Net.Http.HttpClient", "Microsoft.Extensions.Options.IOptionsMonitor<TOptions>",
        "Microsoft.Extensions.Options.IOptions<TOptions>", "System.IO.File",
    ];

    private static readonly Lazy<Table> Open = new(() => Table.Read(
        File.ReadAllLines(Path.Combine(Seed.RepositoryRoot, "functions", "README.md"))));

    /// <summary>The table as it was read.</summary>
    /// <param name="Rows">Folder, or <c>*Functions.cs</c> and <c>*Services.cs</c>, and the folders it may use.</param>
    /// <param name="Pure">Folders that decide and touch nothing: no storage, queue, bus, HTTP or clock.</param>
    /// <param name="Common">What everybody may use.</param>
    internal sealed record Table(IReadOnlyDictionary<string, string[]> Rows, IReadOnlySet<string> Pure, IReadOnlySet<string> Common)
    {
        /// <summary>Reads the rows below the heading Dependencies: folders in backticks, then what they may use in backticks.</summary>
        public static Table Read(IEnumerable<string> readme)
        {
            var rows = new Dictionary<string, string[]>(StringComparer.Ordinal);
            var pure = new HashSet<string>(StringComparer.Ordinal);
            var common = new HashSet<string>(StringComparer.Ordinal);
            var lines = readme.SkipWhile(l => l != "## Dependencies").Skip(1)
                .TakeWhile(l => !l.StartsWith("## ", StringComparison.Ordinal));
            foreach (var line in lines.Where(l => l.StartsWith("| `", StringComparison.Ordinal)))
            {
                var cells = line.Split('|');
                string[] uses = [.. Ticked().Matches(cells[2]).Select(m => Dotted(m.Groups["name"].Value))];
                foreach (var folder in Ticked().Matches(cells[1]).Select(m => Dotted(m.Groups["name"].Value)))
                {
                    if (!rows.TryAdd(folder, uses)) throw new InvalidOperationException($"functions/README.md: {folder} has two rows.");
                    if (cells[2].Contains("(pure)", StringComparison.Ordinal)) pure.Add(folder);
                    if (cells[2].Contains("everybody", StringComparison.Ordinal)) common.Add(folder);
                }
            }

            return new Table(rows, pure, common);
        }

        private static string Dotted(string name) => name.Replace('/', '.').Replace("<X>", "*", StringComparison.Ordinal);
    }

    /// <summary>The table of functions/README.md.</summary>
    public static Table Rules => Open.Value;

    /// <summary>A sentence for every reference that the table does not allow.</summary>
    /// <param name="compilation">The app.</param>
    /// <param name="trees">Files of it to look at.</param>
    public IReadOnlyList<string> Violations(CSharpCompilation compilation, IEnumerable<SyntaxTree> trees) =>
        [.. trees.AsParallel().AsOrdered().SelectMany(tree => Violations(compilation, tree)).Distinct(StringComparer.Ordinal)];

    private List<string> Violations(CSharpCompilation compilation, SyntaxTree tree)
    {
        List<string> violations = [];
        var file = tree.FilePath;
        // A file at the top (Program) may use everything.
        if (FolderOf(file) is not { } own) return violations;
        var open = Allowed(own, file).ToHashSet(StringComparer.Ordinal);
        bool IsClosed(string folder) => folder != own && !Rules.Common.Contains(folder) && !open.Contains(folder)
            && !(IsServices(file) && folder.StartsWith(own + ".", StringComparison.Ordinal));

        var model = compilation.GetSemanticModel(tree);
        var isPure = Rules.Pure.Contains(own);
        foreach (var name in isPure ? tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>() : index.Suspects(tree, IsClosed))
        {
            if (model.GetSymbolInfo(name).Symbol is not { } symbol)
            {
                if (IsBlind(model, name))
                    violations.Add($"{file}: {name} does not resolve ({name.GetLocation().GetLineSpan().StartLinePosition.Line + 1})");
                continue;
            }

            if (DependencyIndex.RoomOf(symbol) is { } folder && IsClosed(folder)) violations.Add($"{file}: {own} uses {folder} ({name})");
            if (isPure && ImpureType(symbol) is { } impure) violations.Add($"{file}: {own} is pure and uses {impure} ({name})");
        }

        return violations;
    }

    private static string? ImpureType(ISymbol symbol)
    {
        var type = (symbol as INamedTypeSymbol ?? symbol.ContainingType)?.OriginalDefinition.ToDisplayString();
        if (type is not null && Impure.Contains(type, StringComparer.Ordinal)) return type;
        return symbol is IPropertySymbol { Name: "UtcNow" or "Now" or "Today" } && type is "System.DateTime" or "System.DateTimeOffset"
            ? $"{type}.{symbol.Name}" : null;
    }

    // A name without a meaning hides a reference. Names that have none by nature: var, the underscore, labels of tuples and arguments of
    // nameof.
    private static bool IsBlind(SemanticModel model, SimpleNameSyntax name) =>
        name.Identifier.Text is not ("var" or "_" or "nameof" or "dynamic")
        && model.GetSymbolInfo(name).CandidateSymbols.IsEmpty
        && model.GetTypeInfo(name).Type is null or IErrorTypeSymbol
        && !name.Ancestors().Any(a => a is AttributeTargetSpecifierSyntax
            or InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "nameof" } });

    private static bool IsFunctions(string file) => file.EndsWith("Functions.cs", StringComparison.Ordinal);

    private static bool IsServices(string file) => file.EndsWith("Services.cs", StringComparison.Ordinal);

    private static string[] Allowed(string folder, string file)
    {
        string[] further = IsFunctions(file) ? Rules.Rows["*Functions.cs"] : IsServices(file) ? Rules.Rows["*Services.cs"] : [];
        if (Rules.Rows.TryGetValue(folder, out var own)) return [.. own, .. further];
        var parent = folder.IndexOf('.');
        return parent > 0 && Rules.Rows.TryGetValue(folder[..parent] + ".*", out var inherited) ? [.. inherited, .. further] : further;
    }

    private static string? FolderOf(string file) =>
        Path.GetDirectoryName(file)?.Replace('/', '.') is { Length: > 0 } folder ? folder : null;

    [GeneratedRegex("`(?<name>[^`]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Ticked();
}
