using System.Globalization;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Spectre.Console;

namespace Serverless.Local.Run;

/// <summary>Shows the outcome of a run: one screen for a person, all rows on request, or one JSON object.</summary>
internal static class Report
{
    /// <summary>What came in, what became of it, what was sent.</summary>
    public static void OneScreen(Screen screen, SeedOutcome outcome)
    {
        var channels = Table("What came in, and what became of it", "channel", "calls", "new case", "of a case", "our own words",
            "known already", "ignored", "refused");
        foreach (var one in outcome.Channels)
            channels.AddRow([Text(one.Channel),
                .. new[] { one.Calls, one.Cases, one.Joined, one.Outbound, one.Duplicates, one.Ignored, one.Refused }.Select(n =>
                Text(n == 0 ? "" : $"{n}"))]);
        screen.Console.Write(channels);

        var sent = Table("What the app sent", "what", "count", "the newest");
        foreach (var kind in outcome.Outside)
            sent.AddRow(Text(kind.Name), Text($"{kind.Count}"), Text(kind.Lines.Count == 0 ? "" : Short(kind.Lines[0])));
        screen.Console.Write(sent);
        if (outcome.Summary is { } summary)
            screen.Say($"Cases: {summary.Cases}; contacts: {summary.Contacts}; overdue deliveries: {summary.Unaccounted};"
                + $" unpublished events: {summary.OutboxPending}; waiting notifications: {summary.NoticesWaiting}.");
        Health(screen, outcome.Health);
    }

    /// <summary>Every row of cases, notifications and replies.</summary>
    public static void Tables(Screen screen, SeedOutcome outcome)
    {
        if (outcome.Summary is { } summary)
        {
            var ends = Table("Deliveries by outcome", "outcome", "elements");
            foreach (var (end, count) in summary.Ends.OrderByDescending(e => e.Value).ThenBy(e => e.Key, StringComparer.Ordinal))
                ends.AddRow(Text(end), Text($"{count}"));
            screen.Console.Write(ends);
        }

        var cases = Table("Cases", "number", "state", "channels", "owner", "need", "due (UTC)", "contacts");
        foreach (var one in outcome.Cases)
            cases.AddRow(Text(one.Number), Text(one.State), Text(one.Channels), Text(one.Owner), Text(one.Need), Text(Minute(one.DueAt)),
                Text($"{one.Contacts}"));
        screen.Console.Write(cases);

        var notices = Table("Notifications", "route", "outcome", "count");
        foreach (var (route, outcomes) in outcome.Summary?.Notices
            ?? new Dictionary<string, IReadOnlyDictionary<string, long>>(StringComparer.Ordinal))
        {
            foreach (var (word, count) in outcomes) notices.AddRow(Text(route), Text(word), Text($"{count}"));
        }
        screen.Console.Write(notices);

        var replies = Table("Replies to customers", "case", "channel", "author", "state");
        foreach (var one in outcome.Replies)
            replies.AddRow(Text(one.Number), Text(one.Channel), Text(one.Automatic ? "acknowledgement" : "colleague"), Text(one.State));
        screen.Console.Write(replies);
    }

    public static void Differences(Screen screen, SeedOutcome outcome)
    {
        screen.Say(outcome.Differences.Count == 0 ? $"All {outcome.Seeds} seeds have the expected response and outcome."
            : $"{outcome.Differences.Count} differences:");
        foreach (var difference in outcome.Differences) screen.Say("  " + difference);
    }

    /// <summary>Links and files of this run.</summary>
    public static void Addresses(Screen screen, RunPlaces places)
    {
        screen.Say("Links and files:");
        screen.Say($"  cards and mails as people see them   {places.Pages}/");
        screen.Say($"  cases                                {places.App}api/cases?code={places.FunctionKey}");
        screen.Say($"  health                               {places.App}api/health?code={places.FunctionKey}");
        screen.Say($"  files: what was sent, logs           {places.Folder}/outside, {places.Folder}/handler.log");
        screen.Say("Send your first event (functions/Channels/Generic/README.md): paste this line, then run one of the three programs there:");
        screen.Say($"  export CONTACT_URL={places.App}api/hooks/generic CONTACT_SECRET={places.Secret}");
    }

    /// <summary>Overall state, and for each unhealthy part the reason and the action to take.</summary>
    public static void Health(Screen screen, Health? health)
    {
        if (health is null)
        {
            screen.Say("Health: no response from api/health; see handler.log.");
            return;
        }

        screen.Say($"Health: {health.Status}{(health.Troubled.Count == 0 ? "" : ", because")}");
        foreach (var (part, status, says) in health.Troubled)
            foreach (var sentence in says) screen.Say($"  {part} ({status}): {sentence}");
        if (health.Troubled.Any(t => t.Part == "upkeep"))
            screen.Say("  upkeep is expected here: some seeds report revoked accounts and lost subscriptions, and no real provider can be asked.");
    }

    public static JsonObject Json(SeedOutcome outcome, TimeSpan elapsed)
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
            ["notices"] =
            new JsonObject((summary?.Notices
                ?? new Dictionary<string, IReadOnlyDictionary<string, long>>(StringComparer.Ordinal)).Select(n =>
                KeyValuePair.Create(n.Key, (JsonNode?)Counts(n.Value)))),
            ["replies"] = new JsonObject(outcome.Replies.GroupBy(r => r.State, StringComparer.Ordinal)
                .Select(r => KeyValuePair.Create(r.Key, (JsonNode?)JsonValue.Create(r.Count())))),
            ["receipts"] = outcome.Replies.Count(r => r.Automatic),
            ["outside"] = new JsonObject(outcome.Outside.Select(k => KeyValuePair.Create(k.Name, (JsonNode?)JsonValue.Create(k.Count)))),
            ["storageCalls"] = summary?.StorageCalls,
            ["busCalls"] = summary?.BusCalls,
            ["seeds"] = outcome.Seeds,
            ["differences"] = outcome.Differences.Count,
            ["health"] = outcome.Health?.Status,
            ["elapsedSeconds"] = Math.Round(elapsed.TotalSeconds, 1),
        };
    }

    private static JsonObject Counts(IReadOnlyDictionary<string, long>? counts) =>
        new((counts ?? new Dictionary<string, long>(StringComparer.Ordinal)).Select(c =>
            KeyValuePair.Create(c.Key, (JsonNode?)JsonValue.Create(c.Value))));

    private static Table Table(string title, params string[] columns)
    {
        var table = new Table().Title(title).Border(TableBorder.Rounded);
        foreach (var column in columns) table.AddColumn(column);
        return table;
    }

    private static string Minute(string time) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, out var at)
        ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : time;

    private static string Short(string text) => text.Length <= 60 ? text : text[..60] + " ...";

    /// <summary>No markup: brackets in data are brackets.</summary>
    private static Text Text(string text) => new(text);
}

/// <summary>Where a run can be looked at.</summary>
/// <param name="App">With a slash at the end.</param>
/// <param name="Pages">What was sent, as pages.</param>
/// <param name="Secret">Of the generic channel in this run.</param>
/// <param name="Folder">Data of the run.</param>
internal sealed record RunPlaces(Uri App, string FunctionKey, string Pages, string Secret, string Folder);
