using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Serverless.Local.Machine;
using Serverless.Local.Run;

namespace Serverless.Local.Demo;

/// <summary>What left the app, kept for reading: a folder for each kind, names that sort by time and say the case number.</summary>
internal sealed partial class DemoFolder
{
    public const string Webhooks = "webhooks";
    public const string Cards = "cards";
    public const string Mails = "mails";
    public const string Replies = "replies";
    public const string Events = "events";
    private static readonly (string Kind, string Ending)[] Kinds = [(Webhooks, ".json"), (Cards, ".json"), (Mails, ".html"),
        (Replies, ".json"), (Events, ".json")];
    private readonly TimeProvider _time;
    private int _count;

    /// <summary>Names of the kinds, which are the names of their folders.</summary>
    public static IEnumerable<string> Names => Kinds.Select(k => k.Kind);

    /// <param name="path">Made if need be; what was kept before stays there.</param>
    public DemoFolder(string path, TimeProvider time)
    {
        (Path, _time) = (path, time);
        foreach (var (kind, _) in Kinds) Directory.CreateDirectory(FolderOf(kind));
    }

    public string Path { get; }

    public string FolderOf(string kind) => System.IO.Path.Combine(Path, kind);

    /// <summary>Keeps one thing as a JSON document.</summary>
    /// <param name="about">Who got it: a subscriber, a person, a channel.</param>
    public void Keep(string kind, string about, JsonNode document) =>
        Keep(kind, about, document.ToJsonString(LocalSettings.Readable),
            [(".json", Encoding.UTF8.GetBytes(document.ToJsonString(LocalSettings.Readable) + "\n"))]);

    /// <summary>Keeps one thing in several forms, whose names differ by their ending.</summary>
    /// <param name="words">Where the case number is looked for.</param>
    public void Keep(string kind, string about, string words, IEnumerable<(string Ending, byte[] Content)> forms)
    {
        var number = CaseNumber().Match(words) is { Success: true } match ? match.Value : "none";
        // The count keeps two of one millisecond apart.
        var name = string.Create(CultureInfo.InvariantCulture,
            $"{_time.GetUtcNow():yyyyMMdd'T'HHmmss'.'fff}-{number}-{NotForNames().Replace(about, "-")}-{Interlocked.Increment(ref _count):d6}");
        foreach (var (ending, content) in forms) RunFolder.Write(System.IO.Path.Combine(FolderOf(kind), name + ending), content);
    }

    /// <summary>How many there are of each kind, and a few lines of the newest; earlier runs into the folder count.</summary>
    public IReadOnlyList<DemoFileKind> Look() => [.. Kinds.Select(k =>
    {
        var files = Directory.EnumerateFiles(FolderOf(k.Kind), "*" + k.Ending).Order(StringComparer.Ordinal).ToList();
        return new DemoFileKind(k.Kind, files.Count, FolderOf(k.Kind), files.LastOrDefault(), files.Count == 0 ? [] : Glance.At(files[^1]));
    })];

    /// <summary>Files of a kind that a person opens, newest first.</summary>
    public IEnumerable<string> Newest(string kind, int most) =>
        Directory.EnumerateFiles(FolderOf(kind), "*" + Kinds.First(k => k.Kind == kind).Ending).OrderDescending(StringComparer.Ordinal)
            .Take(most);

    // The alphabet of case numbers, as functions/Cases writes them.
    [GeneratedRegex(@"(?<![0-9A-Za-z])[34679ACDEFGHJKMNPRTVWXY]{8}(?![0-9A-Za-z])", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CaseNumber();

    [GeneratedRegex("[^A-Za-z0-9_]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NotForNames();
}

/// <summary>One kind of what left the app.</summary>
/// <param name="Newest">The file to open; null when there is none.</param>
/// <param name="Lines">Of the newest, as a person would read it.</param>
internal sealed record DemoFileKind(string Name, int Count, string Folder, string? Newest, IReadOnlyList<string> Lines);
