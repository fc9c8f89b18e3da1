using System.Text.Json;
using System.Text.RegularExpressions;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Rules;

/// <summary>
/// The functions of the built app against three lists: the approved one, the table in functions/README.md and the OpenAPI document. Names
/// are in keys, alerts and settings, routes in other people's programs: whoever changes one changes the approved list knowingly.
/// </summary>
public sealed partial class Functions_are_as_approved
{
    private static readonly string Approved = Path.Combine(
        Seed.RepositoryRoot, "tests", "Serverless.Tests", "Rules", "functions.approved.txt");

    private static string OpenApi => File.ReadAllText(Path.Combine(Seed.RepositoryRoot, "functions", "Schemas", "openapi.json"));

    // It answers for what the document does not name.
    private const string Fallback = "AnswerUnknown";

    private static readonly string[] Methods = ["get", "post", "put", "patch", "delete", "options", "head"];

    [Fact]
    public void Each_function_is_approved_with_trigger_route_methods_and_authorization()
    {
        var built = AppFunctions.All.Select(f => $"{f.Name} | {f.What} | {f.Authorization ?? "-"} | {f.Folder}");
        Assert.Equal(File.ReadAllLines(Approved).Where(l => l.Length > 0), built);
    }

    [Fact]
    public void The_table_in_the_README_lists_each_function()
    {
        var readme = File.ReadAllText(Path.Combine(Seed.RepositoryRoot, "functions", "README.md"));
        var rows = Row().Matches(readme).Select(m => string.Join(" | ", Cells(m.Value))).Order(StringComparer.Ordinal);
        Assert.Equal(AppFunctions.All.Select(f => $"{f.Name} | {f.What} | {f.Authorization ?? "-"} | {f.Folder}"), rows);
    }

    [Fact]
    public void The_OpenAPI_document_has_each_route_with_its_methods_and_no_other()
    {
        using var openapi = JsonDocument.Parse(OpenApi);
        var described = openapi.RootElement.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject()
            .Where(m => Methods.Contains(m.Name, StringComparer.Ordinal)).Select(m => $"{m.Name.ToUpperInvariant()} {p.Name}")).ToList();
        var anything = AppFunctions.All.Where(f => f.Route is not null && f.Methods.Count == 0 && f.Name != Fallback)
            .Select(f => PathOf(f)).ToList();
        var built = AppFunctions.All.Where(f => f.Route is not null).SelectMany(f => f.Methods.Select(m => $"{m} {PathOf(f)}"));
        Assert.Equal(
            built.Order(StringComparer.Ordinal),
            described.Where(d => !anything.Contains(d[(d.IndexOf(' ') + 1)..])).Order(StringComparer.Ordinal));
        Assert.All(anything, path => Assert.Contains(described, d => d.EndsWith(" " + path, StringComparison.Ordinal)));
    }

    [Fact]
    public void What_needs_a_key_says_so_in_the_OpenAPI_document()
    {
        using var openapi = JsonDocument.Parse(OpenApi);
        var paths = openapi.RootElement.GetProperty("paths");
        foreach (var function in AppFunctions.All.Where(f => f.Route is not null))
        {
            foreach (var method in function.Methods)
            {
                var operation = paths.GetProperty(PathOf(function)).GetProperty(method.ToLowerInvariant());
                Assert.True(operation.TryGetProperty("security", out _) == (function.Authorization == "function"),
                    $"{function.Name}: {method}");
            }
        }
    }

    [Fact]
    public void A_function_is_a_method_of_its_folders_class() => Assert.All(
        AppFunctions.All, f => Assert.Matches(@"^Serverless(\.[A-Z]\w+)+\.[A-Z]\w+Functions\.[A-Z]\w+$", f.EntryPoint));

    private static string PathOf(AppFunction function) => "/api/" + function.Route!.Replace("{*", "{", StringComparison.Ordinal);

    private static IEnumerable<string> Cells(string row) =>
        row.Trim().Trim('|').Split('|').Select(c => c.Trim().Replace("`", "", StringComparison.Ordinal));

    // Four cells, the first of which is one function's name; the second says what starts it.
    [GeneratedRegex(@"^\| `\w+` \| `[^`|]+` \| \S+ \| `[\w/]+` \|$", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Row();
}
