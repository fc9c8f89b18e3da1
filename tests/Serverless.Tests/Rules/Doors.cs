using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Serverless.Tests.Rules;

/// <summary>Who may call whom: the table of functions/README.md as code. Looks at what names mean, not at usings, since C# finds a neighbour's type without one.</summary>
/// <remarks>
/// To ask the compiler for the meaning of every name takes half a minute. Asked are those that can mean a closed room (<see
/// cref="RoomIndex"/>): names of its types, and all names of a member that holds a value from which such a type can be reached without
/// being named.
/// </remarks>
internal sealed class Doors(RoomIndex index)
{
    /// <summary>Rooms a room may use, beside itself. A room not listed may use nothing of ours.</summary>
    private static readonly Dictionary<string, string[]> Open = new(StringComparer.Ordinal)
    {
        ["Platform.Storage"] = ["Cloud", "Telemetry"],
        ["Platform.Worker"] = ["Cloud", "Platform.Storage"],
        ["Platform.Messaging"] = ["Cloud", "Telemetry"],
        ["Outbox"] = ["Platform.Storage", "Platform.Messaging", "Platform.Features"],
        ["Needs"] = ["Channels"],
        ["ServiceLevels"] = ["Channels"],
        ["Cases"] = ["Channels", "Needs", "ServiceLevels", "Outbox", "Platform.Features", "Platform.Storage", "Telemetry"],
        ["Attachments"] = ["Channels", "Cases", "Platform.Storage"],
        ["Replies"] = ["Channels", "Cases", "Outbox", "Platform.Storage", "Telemetry"],
        ["Receipts"] = ["Attachments", "Channels", "Cases", "Replies", "Signing", "Platform.Http", "Platform.Storage", "Platform.Features", "Telemetry"],
        ["Registrations"] = ["Channels", "Outbox", "Receipts", "Platform.Storage"],
        ["Notices"] = ["Channels", "Cases", "Needs", "ServiceLevels", "Links", "Outbox", "Outgoing", "Signing", "Platform.Storage",
            "Platform.Features", "Texts", "Telemetry"],
        ["Links"] = ["Channels", "Cases", "ServiceLevels", "Replies", "Signing", "Platform.Storage", "Texts"],
        ["Diagnostics"] = ["Channels", "Receipts", "Signing", "Platform.Storage"],
        ["Operations"] = ["Channels", "Cases", "Needs", "ServiceLevels", "Operations.Rules", "Receipts", "Replies", "Notices", "Outbox",
            "Platform.Storage", "Telemetry", "Registrations"],
        ["Operations.Rules"] = ["Channels", "Cases", "Needs", "Receipts", "Platform.Features", "Platform.Storage"],
        ["Privacy"] = ["Attachments", "Channels", "Cases", "Receipts", "Replies", "Notices", "Outbox", "Platform.Storage"],
        ["Channels.*"] = ["Channels", "Signing", "Outgoing"],
        ["Notices.Acknowledgement"] = ["Notices", "Channels", "Cases", "Needs", "ServiceLevels", "Platform.Features", "Replies",
            "Platform.Storage", "Texts"],
        ["Notices.*"] = ["Notices", "Channels", "Cloud", "Outgoing", "Signing", "Texts"],
        ["Maintenance"] = ["Platform.Features"],
        ["Schema"] = ["Cases", "Channels", "Diagnostics", "Notices", "Operations", "Operations.Rules", "Outbox", "Privacy", "Receipts",
            "Registrations"],
        // *Functions.cs and *Services.cs, beside what their folder may use. A *Services.cs also knows the folders below its own.
        ["(functions)"] =
        [
            "Platform.Http", "Telemetry", "Attachments", "Channels", "Receipts", "Cases", "Replies", "Outbox", "Notices", "Links", "Operations",
            "Registrations", "Diagnostics", "Privacy",
        ],
        ["(services)"] = ["Platform.Features", "Platform.Storage"],
    };

    /// <summary>What everybody may use, as the base library.</summary>
    private const string Everybodys = "Platform.Json";

    /// <summary>Files of Cases that decide and touch nothing: no storage, no outbox relay, no clock.</summary>
    private static readonly string[] Pure =
    [
        "CaseRules.cs", "PromiseRules.cs", "PromiseClock.cs", "ContactFold.cs", "Owners.cs", "CaseNumber.cs", "CaseKeys.cs", "Case.cs",
        "Promise.cs", "CaseFile.cs", "CaseReply.cs", "Concern.cs", "Classification.cs",
    ];

    /// <summary>A sentence for every reference that goes through a closed door.</summary>
    /// <param name="compilation">The app.</param>
    /// <param name="trees">Files of it to look at.</param>
    public IReadOnlyList<string> Violations(CSharpCompilation compilation, IEnumerable<SyntaxTree> trees) =>
        [.. trees.AsParallel().AsOrdered().SelectMany(tree => Violations(compilation, tree)).Distinct(StringComparer.Ordinal)];

    private List<string> Violations(CSharpCompilation compilation, SyntaxTree tree)
    {
        List<string> violations = [];
        var file = tree.FilePath;
        // A file at the top (Program) may use everything.
        if (RoomOf(file) is not { } own) return violations;
        var open = Allowed(own, file).ToHashSet(StringComparer.Ordinal);
        bool IsClosed(string room) => room != own && room != Everybodys && !(IsServices(file) && room.StartsWith(own + ".", StringComparison.Ordinal))
            && (!open.Contains(room) || (IsPure(file) && room is "Platform.Storage" or "Platform.Messaging"));

        var model = compilation.GetSemanticModel(tree);
        foreach (var name in index.Suspects(tree, IsClosed))
        {
            if (model.GetSymbolInfo(name).Symbol is not { } symbol)
            {
                if (IsBlind(model, name))
                    violations.Add($"{file}: {name} does not resolve ({name.GetLocation().GetLineSpan().StartLinePosition.Line + 1})");
                continue;
            }

            if (RoomIndex.RoomOf(symbol) is { } room && IsClosed(room)) violations.Add($"{file}: {own} uses {room} ({name})");
        }

        return violations;
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

    private static string? RoomOf(string file) => Path.GetDirectoryName(file)?.Replace('/', '.') is { Length: > 0 } folder ? folder : null;
}
