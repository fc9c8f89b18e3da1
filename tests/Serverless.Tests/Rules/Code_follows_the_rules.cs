using System.Text.Json;
using System.Text.RegularExpressions;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Rules;

/// <summary>Names, lengths and places that the house rules fix, and names that code, messaging.json and README must agree on.</summary>
public sealed partial class Code_follows_the_rules
{
    private static readonly string Root = Seed.RepositoryRoot;

    private static IEnumerable<string> CodeFiles(params string[] folders) => folders
        .SelectMany(folder => Directory.GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
        .Where(f => !f.Contains("/bin/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal)
            && !f.Contains("/.local/", StringComparison.Ordinal));

    [Fact]
    public void The_top_level_holds_what_the_plan_names()
    {
        string[] allowed =
        [
            "functions", "infra", "tests", "seeds", "Serverless.sln", "host.json", "README.md", "Directory.Build.props",
            "Directory.Build.targets", "Directory.Packages.props",
            "global.json", "package.json", "package-lock.json", "LICENSE", ".editorconfig", ".gitattributes", ".git-blame-ignore-revs",
            ".gitignore", ".ci",
            ".github", ".git", ".local", "node_modules",
        ];
        Assert.Empty(Directory.GetFileSystemEntries(Root).Select(e => Path.GetFileName(e)!).Except(allowed));
    }

    [Fact]
    public void No_type_hides_behind_a_word_without_meaning()
    {
        var found = CodeFiles("functions", "infra/local")
            .SelectMany(f => TypeName().Matches(File.ReadAllText(f)).Select(m => m.Groups["name"].Value))
            .Where(n => Meaningless().IsMatch(n)).ToList();
        Assert.Equal([], found);
    }

    [Fact]
    public void A_file_fits_on_three_screens()
    {
        List<string> longer = [.. CodeFiles("functions", "infra/local", "tests").Where(f => File.ReadAllLines(f).Length > 300)];
        Assert.Equal([], longer);
    }

    [Fact]
    public void A_namespace_is_its_folder()
    {
        foreach (var file in CodeFiles("functions"))
        {
            var folder = Path.GetRelativePath(Path.Combine(Root, "functions"), Path.GetDirectoryName(file)!);
            if (folder == "." && Path.GetFileName(file) == "Program.cs") continue;
            var expected = folder == "." ? "Serverless" : $"Serverless.{folder.Replace('/', '.')}";
            Assert.Contains($"namespace {expected};", File.ReadAllText(file), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_type_of_the_app_says_what_it_is_for()
    {
        var silent = CodeFiles("functions").SelectMany(file =>
        {
            var lines = File.ReadAllLines(file);
            return Enumerable.Range(0, lines.Length)
                .Where(i => PublicType().IsMatch(lines[i]))
                .Where(i => !Before(lines, i).Any(l => l.TrimStart().StartsWith("///", StringComparison.Ordinal)))
                .Select(i => $"{Path.GetRelativePath(Root, file)}:{i + 1} {lines[i].Trim()}");
        });
        Assert.Equal([], silent.ToList());
    }

    [Fact]
    public void Exceptions_of_every_kind_are_caught_in_three_places_only()
    {
        string[] places = ["Notifications/NotificationSender.cs", "Platform/Worker/FailedInvocations.cs",
            "Processing/DeliveryProcessor.cs"];
        var found = CodeFiles("functions").Where(f => CatchAll().IsMatch(File.ReadAllText(f)))
            .Select(f => Path.GetRelativePath(Path.Combine(Root, "functions"), f));
        Assert.Equal(places, found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Queues_and_topics_are_named_alike_everywhere()
    {
        using var messaging = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, "infra", "messaging.json")));
        var queues = messaging.RootElement.GetProperty("queues").EnumerateObject()
            .SelectMany(q => new[] { q.Name, q.Value.GetProperty("poison").GetString()! }).ToHashSet();
        var drained = messaging.RootElement.GetProperty("queues").EnumerateObject()
            .Where(q => q.Value.TryGetProperty("drainedBy", out _)).Select(q => q.Value.GetProperty("poison").GetString()!).ToHashSet();
        // What has no trigger, Tick drains.
        Assert.Equal(
            queues.Except(drained).Order(StringComparer.Ordinal),
            AppFunctions.All.Where(f => f.Queue is not null).Select(f => f.Queue!).Order(StringComparer.Ordinal));
        Assert.Contains(Serverless.Intake.DeliveryMessage.Queue, queues);
        Assert.Equal([Serverless.Outbox.TopicRelay.Topic], messaging.RootElement.GetProperty("topics").EnumerateObject()
            .Select(t => t.Name));
    }

    [Fact]
    public void Only_triggers_the_start_and_the_worker_folder_know_the_worker()
    {
        var found = CodeFiles("functions")
            .Where(f => File.ReadAllText(f).Contains("Microsoft.Azure.Functions.Worker", StringComparison.Ordinal))
            .Select(f => Path.GetRelativePath(Path.Combine(Root, "functions"), f))
            .Where(f => !f.EndsWith("Functions.cs", StringComparison.Ordinal) && f != "Program.cs"
                && !f.StartsWith("Platform/Worker/", StringComparison.Ordinal));
        Assert.Equal([], found.ToList());
    }

    [Fact]
    public void Parts_are_handed_in_and_not_asked_for()
    {
        var found = CodeFiles("functions").Where(f => ServiceLocation().IsMatch(File.ReadAllText(f)))
            .Select(f => Path.GetRelativePath(Path.Combine(Root, "functions"), f))
            .Where(f => f != "Program.cs" && !f.EndsWith("Services.cs", StringComparison.Ordinal)
                && !f.EndsWith("Registration.cs", StringComparison.Ordinal));
        Assert.Equal([], found.ToList());
    }

    [Fact]
    public void A_class_of_functions_takes_seven_parts_at_most() => Assert.All(
        typeof(Serverless.Intake.IntakeFunctions).Assembly.GetTypes()
        .Where(t => t.Name.EndsWith("Functions", StringComparison.Ordinal) && t.IsPublic),
        t => Assert.InRange(t.GetConstructors().Single().GetParameters().Length, 1, 7));

    [Fact]
    public void Every_setting_is_in_SETTINGS_or_in_the_README_of_its_folder()
    {
        var options = typeof(Serverless.Intake.ReceiveOptions).Assembly.GetTypes()
            .Where(t => t.Name.EndsWith("Options", StringComparison.Ordinal) && t is { IsClass: true, IsPublic: true });
        var missing = options.SelectMany(t => t.GetProperties()
            .Where(p => p.CanWrite && !ReadmeOf(t).Contains(p.Name, StringComparison.Ordinal)).Select(p => $"{t.Name}.{p.Name}"));
        Assert.Equal([], missing.ToList());
    }

    private static string ReadmeOf(Type options)
    {
        var folders = options.Namespace!["Serverless.".Length..].Split('.');
        var own = folders.Select((_, depth) => Path.Combine([Root, "functions", .. folders[..(depth + 1)], "README.md"]))
            .Where(File.Exists);
        return string.Concat(own.Prepend(Path.Combine(Root, "functions", "SETTINGS.md")).Select(File.ReadAllText));
    }

    private static IEnumerable<string> Before(string[] lines, int at)
    {
        for (var i = at - 1; i >= 0 && lines[i].Trim() is { Length: > 0 } line
            && (line[0] == '[' || line.StartsWith("///", StringComparison.Ordinal)); i--) yield return line;
    }

    [GeneratedRegex(@"\b(class|record|struct|interface|enum)\s+(?:struct\s+|class\s+)?(?<name>[A-Z]\w+)", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex TypeName();

    [GeneratedRegex("(Manager|Helper|Util|Utils|Common|Shared|Base|Impl|Models|Interfaces|Misc|Service)$", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex Meaningless();

    [GeneratedRegex(@"^(public|internal)\s+(sealed |static |abstract |partial |readonly )*(class|record|struct|interface|enum)\b(?!.*(JsonSerializerContext|IValidateOptions<))", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex PublicType();

    [GeneratedRegex(@"GetRequiredService|GetService<|RequestServices|IServiceProvider", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ServiceLocation();

    [GeneratedRegex(@"catch\s*(\(Exception( \w+)?\)(?!\s*when \(\w+ is (?!not)))", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex CatchAll();
}
