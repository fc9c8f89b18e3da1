using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Serverless.Platform.Storage;
using Serverless.Tests.Harness;
using Serverless.Tests.Rules;

namespace Serverless.Tests.Infra;

/// <summary>What the app's code names: tables, containers, queues, settings, log lines, roles. Read from its sources and types, so that
/// nobody keeps a second list.</summary>
internal sealed partial class CodeFacts
{
    private static readonly Lazy<CodeFacts> Read = new(() => new CodeFacts());

    private CodeFacts()
    {
        Sources = [.. Directory.GetFiles(Path.Combine(Seed.RepositoryRoot, "functions"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
            .Select(File.ReadAllText)];
        var all = string.Join('\n', Sources);
        Tables = new(StringComparer.Ordinal);
        Containers = new(StringComparer.Ordinal);
        SentTo = new(StringComparer.Ordinal);
        Untold = [];
        ReadCalls();
        MonthlyTables = MonthlyTable().Matches(all).Select(m => m.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        Sections = Bound().Matches(all)
            .GroupBy(m => m.Groups["type"].Value, m =>
                m.Groups["section"].Value.Replace(":", "__", StringComparison.Ordinal), StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        ReadAlone = AloneSetting().Matches(all).Select(m => m.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        foreach (Match route in Route().Matches(all)) SentTo.Add($"notify-{route.Groups["name"].Value}");
        LogLines = LogLine().Matches(all).Select(m => m.Groups["text"].Value).ToList();
        TopicNames = TopicName().Matches(all).Select(m => m.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        Roles = Role().Matches(all).Select(m => m.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
    }

    public static CodeFacts Of => Read.Value;

    public IReadOnlyList<string> Sources { get; }

    /// <summary>Tables that are named by a constant.</summary>
    public HashSet<string> Tables { get; }

    /// <summary>Beginnings of tables that have a month at the end.</summary>
    public HashSet<string> MonthlyTables { get; }

    public HashSet<string> Containers { get; }

    /// <summary>Queues that the code puts messages into.</summary>
    public HashSet<string> SentTo { get; }

    /// <summary>Calls of a storage client that do not tell what they name.</summary>
    public List<string> Untold { get; }

    /// <summary>Topics that the code publishes to.</summary>
    public HashSet<string> TopicNames { get; }

    /// <summary>Section by options class, <c>__</c> between its parts; empty for one that is bound to the root.</summary>
    public Dictionary<string, string> Sections { get; }

    /// <summary>Settings that are read without an options class.</summary>
    public HashSet<string> ReadAlone { get; }

    public List<string> LogLines { get; }

    /// <summary>Roles that the clients name when storage or bus refuse them.</summary>
    public HashSet<string> Roles { get; }

    /// <summary>Options classes that are bound to a section.</summary>
    public static IEnumerable<Type> OptionsTypes => typeof(Serverless.Intake.ReceiveOptions).Assembly.GetTypes()
        .Where(t => t.Name.EndsWith("Options", StringComparison.Ordinal) && t is { IsClass: true, IsPublic: true });

    /// <summary>Settings of an options class: what can be set, and dictionaries and lists that can be filled.</summary>
    public static IEnumerable<PropertyInfo> SettingsOf(Type options) => options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(p => p.CanWrite || (p.PropertyType.IsGenericType && p.PropertyType != typeof(string)));

    // The first argument of a client's call names a table, container or queue: a constant, or the month's table of a delivery.
    private void ReadCalls()
    {
        var app = AppCode.Compilation;
        var methods = new[] { typeof(TableStore), typeof(BlobStore), typeof(QueueStore) }
            .SelectMany(t => t.GetMethods()).Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        // Generated files call no client; a client's own file names nothing.
        foreach (var tree in app.SyntaxTrees.Where(t =>
            t.FilePath.Contains('/', StringComparison.Ordinal) && !t.FilePath.StartsWith("Platform/Storage/", StringComparison.Ordinal)))
        {
            var model = app.GetSemanticModel(tree);
            var calls = tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>();
            foreach (var call in calls.Where(c => methods.Contains(NameOf(c.Expression))))
            {
                var symbol = model.GetSymbolInfo(call);
                if ((symbol.Symbol
                    ?? symbol.CandidateSymbols.FirstOrDefault())
                    is not IMethodSymbol { DeclaredAccessibility: Accessibility.Public } method) continue;
                var kind = method.ContainingType.Name;
                if (kind is not ("TableStore" or "BlobStore" or "QueueStore")
                    || method.ContainingType.ContainingNamespace.ToDisplayString() != "Serverless.Platform.Storage") continue;
                if (method.Parameters is not [{ Name: "table" or "container" or "queue" }, ..]
                    || call.ArgumentList.Arguments is not [var first, ..]) continue;
                Note(kind, first.Expression, model.GetConstantValue(first.Expression).Value as string, tree.FilePath);
            }
        }
    }

    private static string NameOf(ExpressionSyntax called) => called switch
    {
        MemberAccessExpressionSyntax member => member.Name.Identifier.Text,
        MemberBindingExpressionSyntax member => member.Name.Identifier.Text,
        SimpleNameSyntax name => name.Identifier.Text,
        _ => "",
    };

    private void Note(string client, ExpressionSyntax expression, string? name, string file)
    {
        var names = client switch { "TableStore" => Tables, "BlobStore" => Containers, _ => SentTo };
        if (name is not null) names.Add(name);
        // Queues of registered routes, and of the list that the app itself makes of all of them.
        else if (client == "QueueStore" && expression.ToString() is "Of(route)" or "destination.Queue" or "queue") return;
        else if (client != "TableStore" || !MonthOfADelivery().IsMatch(expression.ToString()))
            Untold.Add($"{Path.GetFileName(file)}: {client} is called with {expression}, which is no constant and no month's table.");
    }

    [GeneratedRegex(@"^(.*\bkey\.Table|.*\bnew DeliveryKey\(.*\)\.Table|\w+\.Key\.Table|table|month|months\[.*\]|DeliveryKey\.TableOf\(.*\))$", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 5000)]
    private static partial Regex MonthOfADelivery();

    [GeneratedRegex(@"\$""(?<name>[a-z]+)\{[^}]*:yyyyMM\}""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex MonthlyTable();

    [GeneratedRegex(@"AddOptions<(?<type>\w+)>\(\)\s*\.Bind\(configuration(\.GetSection\(""(?<section>[\w:]+)""\))?\)",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Bound();

    [GeneratedRegex(@"(?:[cC]onfiguration\[|GetEnvironmentVariable\()""(?<name>\w+)""", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex AloneSetting();

    [GeneratedRegex(@"\.AddRoute<\w+>\(""(?<name>\w+)"",", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Route();

    [GeneratedRegex(@"const string \w*Topic = ""(?<name>[^""]+-[^""]+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex TopicName();

    [GeneratedRegex(@"LoggerMessage\(\s*\d+,\s*LogLevel\.\w+,\s*""(?<text>[^""]+)""\)", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex LogLine();

    [GeneratedRegex(@"""(?<name>(Storage (Table|Blob|Queue) Data [A-Za-z ]+))""", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex Role();
}
