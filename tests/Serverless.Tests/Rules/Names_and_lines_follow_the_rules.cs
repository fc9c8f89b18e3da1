using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Rules;

/// <summary>One word means one thing, and a line can be read: type names, log event ids, widths of code and documents.</summary>
public sealed partial class Names_and_lines_follow_the_rules
{
    private const int Width = 140;
    private const int DocumentWidth = 120;

    // A line may be longer for one literal that cannot be broken: a sentence, a pattern, JSON of a provider, an address in a comment.
    private const int LongLiteral = 60;

    private static readonly string Root = Seed.RepositoryRoot;

    /// <summary>Words of former names that nobody outside this house knows.</summary>
    private static readonly string[] FormerNames =
    [
        "FrontDoor", "DeliveryLog", "DeliveryWork", "NoticeRunner", "NoticeLog", "NoticeTeller", "SecondLook", "LinkDesk", "ReplyDesk",
        "ReplyBook",
        "PrivacyDesk", "OrderBook", "FileShelf", "KeptDesk", "PoisonDesk", "SubscriptionDesk", "CaseTeller", "CaseClock", "Speaking",
        "Arrears",
    ];

    private static readonly Lazy<List<(string Path, SyntaxNode Root)>> Read = new(() =>
        [.. Files("*.cs", "functions", "infra/local", "tests")
        .AsParallel().AsOrdered().Select(f => (f, Parse(File.ReadAllText(Path.Combine(Root, f)))))]);

    private static List<(string Path, SyntaxNode Root)> Sources => Read.Value;

    [Fact]
    public void A_type_name_is_unique_in_the_solution() => Assert.Equal([], Doubles(Sources));

    [Fact]
    public void A_name_that_is_declared_twice_is_caught() => Assert.Equal(
        ["Said: a.cs, b.cs"],
        Doubles([("a.cs", Parse("namespace A; class Said;")), ("b.cs", Parse("namespace B; record Said;")),
            ("b.cs", Parse("namespace B; class C { class Said; }"))]));

    [Fact]
    public void Former_names_are_gone()
    {
        var found = Sources.SelectMany(s => Declared(s.Root).Select(d => (s.Path, Name: d)))
            .Where(d => FormerNames.Contains(d.Name, StringComparer.Ordinal));
        Assert.Equal([], found.ToList());
    }

    [Fact]
    public void A_log_event_id_is_used_once() => Assert.Equal([], EventIds(Sources));

    [Fact]
    public void An_event_id_that_is_used_twice_is_caught() => Assert.Equal(
        ["7: One, Two"],
        EventIds([("functions/a.cs",
            Parse("class A { [LoggerMessage(7, LogLevel.Error, \"x\")] partial void One(); [LoggerMessage(7, LogLevel.Error, \"y\")] partial void Two(); }"))]));

    [Fact]
    public void A_line_of_code_can_be_read() => Assert.Equal([], Sources.SelectMany(s => TooLong(s.Path, s.Root)).ToList());

    [Fact]
    public void A_line_that_is_too_long_is_caught()
    {
        var words = string.Concat(Enumerable.Repeat("word + ", 25));
        Assert.Equal(["a.cs:1"], TooLong("a.cs", Parse($"class A {{ int x = {words}1; }}")));
        Assert.Equal(["a.cs:1"], TooLong("a.cs", Parse($"// {words.Replace("+", "and", StringComparison.Ordinal)}")));
        Assert.Empty(TooLong("a.cs", Parse($"class A {{ string x = \"{words}\"; }}")));
    }

    [Fact]
    public void A_line_of_a_document_can_be_read()
    {
        var found = Files("*.md", "functions", "infra", "tests", "").Distinct(StringComparer.Ordinal).SelectMany(file =>
        {
            var inCode = false;
            return File.ReadAllLines(Path.Combine(Root, file)).Select((line, i) => (line, i)).Where(l =>
            {
                if (l.line.TrimStart().StartsWith("```", StringComparison.Ordinal)) inCode = !inCode;
                return !inCode && l.line.Length > DocumentWidth && !l.line.TrimStart().StartsWith('|') && !Address().IsMatch(l.line);
            }).Select(l => $"{file}:{l.i + 1}");
        });
        Assert.Equal([], found.ToList());
    }

    private static IEnumerable<string> Files(string pattern, params string[] folders) => folders
        .SelectMany(folder =>
            Directory.GetFiles(Path.Combine(Root, folder), pattern, folder.Length == 0
                ? SearchOption.TopDirectoryOnly : SearchOption.AllDirectories))
        .Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/'))
        .Where(f => !f.Split('/').Any(part => part is "bin" or "obj" or ".local" or "node_modules"));

    private static SyntaxNode Parse(string text) => CSharpSyntaxTree.ParseText(text).GetRoot();

    private static IEnumerable<string> Declared(SyntaxNode root) =>
        root.DescendantNodes(n => n is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
        .Select(n => n is BaseTypeDeclarationSyntax type
            ? type.Identifier.Text : n is DelegateDeclarationSyntax named ? named.Identifier.Text : null).OfType<string>();

    // A partial type is in several files of one folder; Program is what C# calls the file that starts.
    private static List<string> Doubles(IEnumerable<(string Path, SyntaxNode Root)> sources) =>
        [.. sources.SelectMany(s =>
            Declared(s.Root).Distinct(StringComparer.Ordinal).Select(name => (Name: name, s.Path, Space: Namespace(s.Root))))
            .Where(d => d.Name != "Program").GroupBy(d => d.Name, StringComparer.Ordinal)
            .Where(g => g.Select(d => d.Space).Distinct(StringComparer.Ordinal).Count() > 1)
            .Select(g => $"{g.Key}: {string.Join(", ", g.Select(d => d.Path).Distinct(StringComparer.Ordinal))}")
            .Order(StringComparer.Ordinal)];

    private static string Namespace(SyntaxNode root) =>
        root.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault()?.Name.ToString() ?? "";

    private static List<string> EventIds(IEnumerable<(string Path, SyntaxNode Root)> sources) =>
        [.. sources.Where(s => s.Path.StartsWith("functions/", StringComparison.Ordinal))
            .SelectMany(s => s.Root.DescendantNodes().OfType<AttributeSyntax>().Where(a => a.Name.ToString() == "LoggerMessage"))
            .Select(a => (Id: a.ArgumentList!.Arguments[0].ToString(), a.FirstAncestorOrSelf<MethodDeclarationSyntax>()!.Identifier.Text))
            .GroupBy(e => e.Id, StringComparer.Ordinal).Where(g => g.Count() > 1)
            .Select(g => $"{g.Key}: {string.Join(", ", g.Select(e => e.Text))}")];

    private static IEnumerable<string> TooLong(string path, SyntaxNode root)
    {
        var text = root.SyntaxTree.GetText();
        foreach (var line in text.Lines.Where(l => l.Span.Length > Width))
        {
            var isData = root.DescendantTokens(line.Span).Any(t => (t.Span.Start < line.Start || t.Span.Length >= LongLiteral)
                && (t.IsKind(SyntaxKind.StringLiteralToken) || t.Parent is InterpolatedStringTextSyntax || t.Text.StartsWith('"')
                    || t.Text.StartsWith('@')));
            // An interpolated sentence is one literal too, whatever its holes.
            isData |= root.DescendantNodes(line.Span).OfType<InterpolatedStringExpressionSyntax>().Any(i => i.Span.Length >= LongLiteral);
            if (!isData && !Address().IsMatch(text.ToString(line.Span))) yield return $"{path}:{line.LineNumber + 1}";
        }
    }

    [GeneratedRegex(@"\S{60,}", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Address();
}
