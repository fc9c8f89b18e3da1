using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Serverless.Tests.Rules;

/// <summary>
/// What can be reached by which name, read from declarations alone: rooms of the types that bear a name, and rooms of the types that a
/// member's, or a type's, signature speaks of. A reference to a room goes through one of the two: somebody names its type, or has it from a
/// value that somebody else handed out.
/// </summary>
internal sealed class DependencyIndex
{
    private const string Root = "Serverless";

    private readonly Dictionary<string, HashSet<string>> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(string Room, HashSet<string> Reached)>> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<ITypeSymbol, List<ITypeSymbol>> _parts = new(SymbolEqualityComparer.Default);

    /// <param name="app">All of it; its declarations must be free of errors, or there is more than is seen here.</param>
    public DependencyIndex(CSharpCompilation app)
    {
        foreach (var type in Types(app.Assembly.GlobalNamespace))
        {
            if (RoomOf(type) is not { } room) continue;
            _types.TryAdd(type.Name, new(StringComparer.Ordinal));
            _types[type.Name].Add(room);
            if (type.Name.EndsWith("Attribute", StringComparison.Ordinal))
                _types.TryAdd(type.Name[..^"Attribute".Length], _types[type.Name]);
            // What is inherited needs no name: the type's own leads to it. What is private is used where its type was named.
            Add(type.Name, room, [type]);
            foreach (var member in type.GetMembers().Where(m => m.DeclaredAccessibility != Accessibility.Private))
                Add(member.Name, room, Signature(member));
        }
    }

    /// <summary>Names whose meaning must be asked for.</summary>
    /// <param name="tree">A file.</param>
    /// <param name="isClosed">Whether it may not use a room.</param>
    public IEnumerable<SimpleNameSyntax> Suspects(SyntaxTree tree, Func<string, bool> isClosed)
    {
        var root = tree.GetRoot();
        // An extension method is found by its namespace, an alias stands for what it likes.
        var usings = root.DescendantNodes(n => n is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax).OfType<UsingDirectiveSyntax>();
        bool Leads(UsingDirectiveSyntax u) =>
            u.NamespaceOrType.ToString() is var used && used.StartsWith(Root + ".", StringComparison.Ordinal)
            && (u.Alias is not null || isClosed(used[(Root.Length + 1)..]));
        if (usings.Any(Leads)) return Names(root);


        HashSet<SyntaxNode> whole = [];
        List<SimpleNameSyntax> some = [];
        foreach (var name in Names(root))
        {
            var text = name.Identifier.Text;
            if (_types.TryGetValue(text, out var rooms) && rooms.Any(isClosed)) some.Add(name);
            if (_members.TryGetValue(text, out var members) && members.Exists(m => !isClosed(m.Room) && m.Reached.Any(isClosed)))
                whole.Add(Around(name));
        }

        return some.Concat(whole.SelectMany(Names)).Distinct();
    }

    /// <summary>The room of a symbol that is declared in the app; null when it is none of ours.</summary>
    public static string? RoomOf(ISymbol symbol)
    {
        var space = (symbol is INamespaceSymbol ? null : symbol.ContainingNamespace)?.ToDisplayString();
        if (space is null || !space.StartsWith(Root + ".", StringComparison.Ordinal)) return null;
        return symbol.Locations.Any(l => l.IsInSource) ? space[(Root.Length + 1)..] : null;
    }

    private static IEnumerable<SimpleNameSyntax> Names(SyntaxNode node) =>
        node.DescendantNodes(n => n is not UsingDirectiveSyntax).OfType<SimpleNameSyntax>();

    // The member whose values may be of a type that it does not name; of a base, a parameter of a class or its attribute: the whole type.
    private static SyntaxNode Around(SyntaxNode name) =>
        name.Ancestors().FirstOrDefault(n => n is MemberDeclarationSyntax and not BaseNamespaceDeclarationSyntax)
        ?? name.SyntaxTree.GetRoot();

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceOrTypeSymbol parent) => parent.GetMembers()
        .OfType<INamespaceOrTypeSymbol>()
        .SelectMany(child => child is INamedTypeSymbol type ? Types(type).Prepend(type) : Types(child));

    // Rooms of all types to which values of these lead without the name of a member.
    private HashSet<string> Reached(IEnumerable<ITypeSymbol> types)
    {
        HashSet<ITypeSymbol> seen = new(SymbolEqualityComparer.Default);
        HashSet<string> rooms = new(StringComparer.Ordinal);
        Stack<ITypeSymbol> next = new(types);
        while (next.TryPop(out var type))
        {
            if (!seen.Add(type)) continue;
            if (RoomOf(type) is { } room) rooms.Add(room);
            if (!_parts.TryGetValue(type, out var parts)) _parts[type] = parts = [.. Parts(type)];
            foreach (var part in parts) next.Push(part);
        }

        return rooms;
    }

    // Its arguments; of our own types also what they inherit, and what their brackets, signs and loops give.
    private static IEnumerable<ITypeSymbol> Parts(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => [array.ElementType],
        ITypeParameterSymbol parameter => parameter.ConstraintTypes,
        INamedTypeSymbol named when RoomOf(named) is null => named.TypeArguments,
        INamedTypeSymbol named => named.TypeArguments.Concat(named.AllInterfaces).Concat(Bases(named))
            .Concat(named.GetMembers().Where(m => IsNameless(m) || named.TypeKind == TypeKind.Delegate).SelectMany(Signature)),
        _ => [],
    };

    private static IEnumerable<INamedTypeSymbol> Bases(INamedTypeSymbol type)
    {
        for (var up = type.BaseType; up is not null; up = up.BaseType) yield return up;
    }

    private static bool IsNameless(ISymbol member) => member is IPropertySymbol { IsIndexer: true }
        or IMethodSymbol { MethodKind: MethodKind.UserDefinedOperator or MethodKind.Conversion }
        or IMethodSymbol { Name: "GetEnumerator" or "GetAsyncEnumerator" or "GetAwaiter" or "Deconstruct" };

    private static IEnumerable<ITypeSymbol> Signature(ISymbol member) => member switch
    {
        IMethodSymbol method => method.Parameters.Select(p => p.Type).Append(method.ReturnType).Concat(method.TypeParameters),
        IPropertySymbol property => property.Parameters.Select(p => p.Type).Append(property.Type),
        IFieldSymbol field => [field.Type],
        IEventSymbol { Type: { } type } => [type],
        _ => [],
    };

    private void Add(string name, string room, IEnumerable<ITypeSymbol> types)
    {
        if (!_members.TryGetValue(name, out var members)) _members[name] = members = [];
        if (Reached(types) is { Count: > 0 } reached && !members.Exists(m => m.Room == room && m.Reached.SetEquals(reached)))
            members.Add((room, reached));
    }
}
