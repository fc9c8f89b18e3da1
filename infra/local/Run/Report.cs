using System.Globalization;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Serverless.Local.Outside;
using Spectre.Console;

namespace Serverless.Local.Run;

/// <summary>Shows what came of a run: tables for a person, or one JSON object.</summary>
internal static class Report
{
    public static void Tables(Screen screen, Outcome outcome)
    {
        if (outcome.Summary is { } summary)
        {
            var ends = Table("Deliveries by end", "end", "elements");
            foreach (var (end, count) in summary.Ends.OrderByDescending(e => e.Value).ThenBy(e => e.Key, StringComparer.Ordinal)) ends.AddRow(Text(end), Text($"{count}"));
            ends.AddRow(Text("unaccounted"), Text($"{summary.Unaccounted}"));
            screen.Console.Write(ends);
        }

        var cases = Table("Cases", "number", "state", "channels", "owner", "need", "due (UTC)", "contacts");
        foreach (var one in outcome.Cases) cases.AddRow(Text(one.Number), Text(one.State), Text(one.Channels), Text(one.Owner), Text(one.Need), Text(Minute(one.DueAt)), Text($"{one.Contacts}"));
        screen.Console.Write(cases);

        var notices = Table("Notifications", "route", "outcome", "count");
        foreach (var (route, outcomes) in outcome.Summary?.Notices ?? new Dictionary<string, IReadOnlyDictionary<string, long>>(StringComparer.Ordinal))
        {
            foreach (var (word, count) in outcomes) notices.AddRow(Text(route), Text(word), Text($"{count}"));
        }
        screen.Console.Write(notices);

        var replies = Table("Texts to customers", "case", "channel", "written by", "state");
        foreach (var one in outcome.Replies) replies.AddRow(Text(one.Number), Text(one.Channel), Text(one.Automatic ? "receipt" : "a colleague"), Text(one.State));
        screen.Console.Write(replies);
        Outside(screen, outcome.Outside);
    }

    /// <summary>How many of each kind left the app, where they are, and what the newest says.</summary>
    public static void Outside(Screen screen, IReadOnlyList<OutsideKind> kinds)
    {
        var table = Table("Left the app", "what", "count", "kept in");
        foreach (var kind in kinds) table.AddRow(Text(kind.Name), Text($"{kind.Count}"), Text(kind.Folder));
        screen.Console.Write(table);
        foreach (var kind in kinds.Where(k => k.Newest is not null))
        {
            screen.Say($"The newest of {kind.Name}, {Path.GetFileName(kind.Newest)}:");
            foreach (var line in kind.Lines) screen.Say("  | " + line);
        }
    }

    public static void Differences(Screen screen, Outcome outcome)
    {
        screen.Say(outcome.Differences.Count == 0 ? $"Each of the {outcome.Seeds} seeds got the answer and the ends it expects." : $"{outcome.Differences.Count} differences:");
        foreach (var difference in outcome.Differences) screen.Say("  " + difference);
    }

    /// <summary>Where to look next.</summary>
    public static void Addresses(Screen screen, Uri frontDoor, string functionKey, IEnumerable<string> channels, string outsideFolder)
    {
        screen.Say("Open, or call:");
        foreach (var channel in channels) screen.Say($"  POST {frontDoor}api/hooks/{channel}");
        screen.Say($"  {frontDoor}api/cases?code={functionKey}");
        screen.Say($"  {frontDoor}api/health?code={functionKey}");
        screen.Say($"  {frontDoor}api/schema");
        screen.Say($"  {outsideFolder} (what left the app: webhooks, cards, mails, replies; a mail's .html opens in a browser)");
    }

    public static JsonObject Json(Outcome outcome, TimeSpan elapsed)
    {
        var summary = outcome.Summary;
        return new JsonObject
        {
            ["deliveries"] = Counts(summary?.Deliveries),
            ["ends"] = Counts(summary?.Ends),
            ["unaccounted"] = summary?.Unaccounted,
            ["cases"] = summary?.Cases,
            ["contacts"] = summary?.Contacts,
            ["duplicates"] = summary?.Duplicates,
            ["notices"] = new JsonObject((summary?.Notices ?? new Dictionary<string, IReadOnlyDictionary<string, long>>(StringComparer.Ordinal)).Select(n => KeyValuePair.Create(n.Key, (JsonNode?)Counts(n.Value)))),
            ["replies"] = new JsonObject(outcome.Replies.GroupBy(r => r.State, StringComparer.Ordinal).Select(r => KeyValuePair.Create(r.Key, (JsonNode?)JsonValue.Create(r.Count())))),
            ["receipts"] = outcome.Replies.Count(r => r.Automatic),
            ["outside"] = new JsonObject(outcome.Outside.Select(k => KeyValuePair.Create(k.Name, (JsonNode?)JsonValue.Create(k.Count)))),
            ["storageCalls"] = summary?.StorageCalls,
            ["busCalls"] = summary?.BusCalls,
            ["seeds"] = outcome.Seeds,
            ["differences"] = outcome.Differences.Count,
            ["elapsedSeconds"] = Math.Round(elapsed.TotalSeconds, 1),
        };
    }

    private static JsonObject Counts(IReadOnlyDictionary<string, long>? counts) =>
        new((counts ?? new Dictionary<string, long>(StringComparer.Ordinal)).Select(c => KeyValuePair.Create(c.Key, (JsonNode?)JsonValue.Create(c.Value))));

    private static Table Table(string title, params string[] columns)
    {
        var table = new Table().Title(title).Border(TableBorder.Rounded);
        foreach (var column in columns) table.AddColumn(column);
        return table;
    }

    private static string Minute(string time) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, out var at) ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : time;

    /// <summary>No markup: brackets in data are brackets.</summary>
    private static Text Text(string text) => new(text);
}
