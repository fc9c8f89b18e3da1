using System.Globalization;
using Microsoft.Extensions.Options;
using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Intake;
using Serverless.Notifications;
using Serverless.Notifications.Subscriptions;
using Serverless.Operations.Rules;
using Serverless.Outbox;
using Serverless.Platform.Storage;
using Serverless.Reconciliation;
using Serverless.Registrations;
using Serverless.Replies;
using Serverless.ServiceLevels;

namespace Serverless.Operations;

/// <summary>Health of each part: <c>green</c>, <c>yellow</c> (works, needs attention) or <c>red</c> (work is not done).</summary>
/// <param name="Status">The worst of the parts.</param>
/// <param name="Parts">Each part by name.</param>
/// <param name="State">
/// <c>up</c>; <c>degraded</c>: it works, and a part is red (answered 200); <c>down</c>: nothing can be stored (answered 503).
/// </param>
public sealed record HealthReport(string Status, IReadOnlyDictionary<string, HealthPart> Parts, string State)
{
    public const string Up = "up";
    public const string Degraded = "degraded";
    public const string Down = "down";
}

/// <summary>One part.</summary>
/// <param name="Status"><c>green</c>, <c>yellow</c>, <c>red</c>, or <c>off</c> for a channel that is not enabled.</param>
/// <param name="Says">Sentences, each naming the setting to change where one helps.</param>
public sealed record HealthPart(string Status, IReadOnlyList<string> Says);

/// <summary>Checks every part in parallel. A part whose check fails is red and does not affect the others.</summary>
public sealed class HealthCheck(
    ChannelDirectory channels, SourceTrust trust, TableStore tables, OutboxRelay outbox, OpenDeliveries open, Backlog arrears,
    ReconciliationStates looks, AttemptStore notices, ReplyIndex replies, UpkeepReader upkeep, SubscriptionStore subscriptions,
    IEnumerable<INotificationRoute> routes,
    TopicRelay topic, RouteSwitches switches, Calendars calendars, OwnRules rules, TimeProvider time, IOptionsMonitor<OwnersOptions> owners,
    IOptionsMonitor<HealthOptions> options)
{
    private const int MostOpen = 1_000;
    private const string Storage = "storage";

    public async Task<HealthReport> LookAsync(CancellationToken ct)
    {
        // In parallel: while storage is unavailable, each part takes its full time limit.
        var parallel = new Dictionary<string, Task<HealthPart>>(StringComparer.Ordinal)
        {
            [Storage] = GuardedAsync(StorageAsync, ct),
            ["topic"] = GuardedAsync(TopicAsync, ct),
            ["poison-messages"] = GuardedAsync(PoisonAsync, ct),
            ["deliveries"] = GuardedAsync(DeliveriesAsync, ct),
            ["quarantine"] = GuardedAsync(QuarantineAsync, ct),
            ["owners"] = GuardedAsync(OwnersAsync, ct),
            ["cases"] = GuardedAsync(CasesAsync, ct),
            ["calendars"] = GuardedAsync(_ => Task.FromResult(CalendarsPart()), ct),
            ["rules"] = GuardedAsync(RulesAsync, ct),
            ["notices"] = GuardedAsync(NoticesAsync, ct),
            ["subscriptions"] = GuardedAsync(SubscriptionsAsync, ct),
            ["upkeep"] = GuardedAsync(UpkeepAsync, ct),
            ["replies"] = GuardedAsync(RepliesAsync, ct),
        };
        foreach (var route in routes) parallel[$"route:{route.Name}"] = GuardedAsync(token => RouteAsync(route, token), ct);
        foreach (var channel in channels.All) parallel[$"channel:{channel.Name}"] = GuardedAsync(token => ChannelAsync(channel, token), ct);
        await Task.WhenAll(parallel.Values);
        var parts = new SortedDictionary<string, HealthPart>(parallel.ToDictionary(l => l.Key, l => l.Value.Result, StringComparer.Ordinal),
            StringComparer.Ordinal);
        var worst = parts.Values.Any(p => p.Status == "red") ? "red" : parts.Values.Any(p => p.Status == "yellow") ? "yellow" : "green";
        var state = parts[Storage].Status == "red" ? HealthReport.Down : worst == "red" ? HealthReport.Degraded : HealthReport.Up;
        return new HealthReport(worst, parts, state);
    }

    private async Task<HealthPart> GuardedAsync(Func<CancellationToken, Task<HealthPart>> look, CancellationToken ct)
    {
        var longest = TimeSpan.FromSeconds(options.CurrentValue.PartSeconds);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(longest);
        var looking = look(patience.Token);
        try
        {
            // A shared read of another call is not cancelled by this token.
            return await looking.WaitAsync(patience.Token);
        }
        catch (StorageUnavailableException error)
        {
            return new HealthPart("red", [error.Message]);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            var seconds = longest.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            return new HealthPart("red",
                [$"No result within {seconds} seconds: storage is slow or unavailable, or there is too much to count."]);
        }
    }

    private async Task<HealthPart> StorageAsync(CancellationToken ct)
    {
        await tables.GetAsync("sources", "health", "probe", ct);
        return new HealthPart("green", ["Table storage is available."]);
    }

    // For other systems only: the app's own routes do not need the topic. Unpublished events stay in the outbox.
    private async Task<HealthPart> TopicAsync(CancellationToken ct)
    {
        var waiting = await outbox.CountPendingAsync(ct);
        var state = topic.State;
        List<string> says = topic.IsOn
            ? [$"Topic {TopicRelay.Topic}: {(state.LastSent is { } at ? $"last event sent by this instance at {at:O}" : "no event sent by this instance yet")}."]
            : ["No Service Bus is configured (ServiceBusConnection): events go to the app's own routes only."];
        if (waiting.Rows > 0)
            says.Add($"Cases with unpublished events: {waiting}. The function Tick publishes them. Check that it runs, ServiceBusConnection, "
                + "and the role Azure Service Bus Data Sender.");
        if (state.Problem is { } problem) says.Add(problem);
        return new HealthPart(waiting.Rows > 0 ? "red" : state.Problem is null ? "green" : "yellow", says);
    }

    private async Task<HealthPart> PoisonAsync(CancellationToken ct)
    {
        var found = await arrears.PoisonAsync(ct);
        if (found.Count == 0) return new HealthPart("green", ["There are no poison messages."]);
        var total = found.Values.Aggregate(default(RowCount), (sum, c) => sum + c);
        var queues = string.Join(", ", found.OrderBy(k => k.Key, StringComparer.Ordinal).Select(k => $"{k.Key}: {k.Value}"));
        return new HealthPart("yellow",
            [$"Poison messages: {total} ({queues}). GET api/operations/poison-messages?queue={found.Keys.Min(StringComparer.Ordinal)} lists "
                + "them with the reason, POST .../resubmit processes them again, .../discard deletes them."]);
    }

    private async Task<HealthPart> DeliveriesAsync(CancellationToken ct)
    {
        var counts = await Task.WhenAll(channels.All.Select(c => OpenOfAsync(c.Name, ct)));
        var (waiting, lost) = (counts.Aggregate(default(RowCount), (sum, c) => sum + c.Waiting), counts.Sum(c => c.Lost));
        List<string> says = [$"Deliveries without an outcome: {waiting}."];
        if (lost > 0) says.Add($"Overdue among them: {lost}. Check that the function Tick runs.");
        var kept = await arrears.KeptAsync(ct);
        if (kept.Rows > 0)
            says.Add($"Deliveries with items that could not be added to a case: {kept}. GET api/operations/kept-deliveries lists them with the "
                + "reason, POST .../resubmit processes them again, .../dismiss removes them from the list.");
        return new HealthPart(lost > 0 || kept.Rows > 0 ? "red" : "green", says);
    }

    private async Task<(RowCount Waiting, int Lost)> OpenOfAsync(string channel, CancellationToken ct)
    {
        var (waiting, lost) = (0, 0);
        await foreach (var one in open.OpenOfAsync(channel, ct))
        {
            waiting++;
            if (open.IsUnaccounted(one)) lost++;
            if (waiting == MostOpen) return (new RowCount(waiting, More: true), lost);
        }

        return (new RowCount(waiting, More: false), lost);
    }

    private async Task<HealthPart> QuarantineAsync(CancellationToken ct)
    {
        var held = (await arrears.QuarantinedAsync(ct)).OrderBy(q => q.Key, StringComparer.Ordinal)
            .Select(q => $"{q.Key}: {q.Value} calls failed verification in the last 24 hours. GET api/operations/quarantine?channel={q.Key} "
                + "lists them with the reason; after the setting is corrected, POST .../release releases those that pass verification, "
                + ".../discard deletes them.").ToList();
        return held.Count == 0
            ? new HealthPart("green", ["No calls of the last 24 hours are in quarantine."]) : new HealthPart("yellow", held);
    }

    private async Task<HealthPart> OwnersAsync(CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(owners.CurrentValue.Default))
            return new HealthPart("red", ["Owners__Default is missing: cases that match no other owner rule have no owner."]);
        var ownerless = (await arrears.CasesAsync(ct)).Ownerless;
        return ownerless == 0
            ? new HealthPart("green", ["Every case has an owner."])
            : new HealthPart("red", [$"Open cases without an owner: {ownerless}. GET api/cases?owner={CaseViews.Nobody} lists them, POST "
                + "api/cases/<id>/hand-over offers a case to an owner. New cases go to Owners__Default."]);
    }

    private HealthPart CalendarsPart()
    {
        var problems = calendars.Problems(time.GetUtcNow()).ToList();
        return problems.Count == 0 ? new HealthPart("green", ["Every calendar has working time."]) : new HealthPart("red", problems);
    }

    // Red: contacts are read by rules that somebody meant to replace.
    private async Task<HealthPart> RulesAsync(CancellationToken ct)
    {
        var current = await rules.InForceAsync(ct);
        return current.Problem is { } problem
            ? new HealthPart("red", [$"{problem} PUT api/rules replaces the file."])
            : new HealthPart("green",
                [current.Rules.OwnCount == 0 ? "There are no own rules." : $"{current.Rules.OwnCount} own rules are in force."]);
    }

    private async Task<HealthPart> CasesAsync(CancellationToken ct)
    {
        var cases = await arrears.CasesAsync(ct);
        var total = new RowCount(cases.Total, cases.More);
        return cases.Overdue == 0
            ? new HealthPart("green", [$"Open cases: {total}; overdue: 0."])
            : new HealthPart("yellow", [$"Open cases: {total}; overdue: {new RowCount(cases.Overdue, cases.More)}. GET "
                + $"api/cases?dueBefore={time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ} lists the overdue ones. ServiceLevels__DefaultMinutes sets the "
                + "response time."]);
    }

    private async Task<HealthPart> NoticesAsync(CancellationToken ct)
    {
        var (failed, waiting) = (await arrears.FailedNoticesAsync(ct), await arrears.WaitingNoticesAsync(ct));
        List<string> says = [.. failed.OrderBy(f => f.Key, StringComparer.Ordinal)
            .Select(f => $"{f.Key}: {f.Value} failed notifications in the "
            + "last seven days. GET api/operations/notices?state=failed lists them with the reason, POST api/operations/notices/resend sends "
            + "them again.")];
        if (says.Count == 0) says.Add("No failed notifications in the last seven days.");
        says.AddRange(waiting.OrderBy(w => w.Key, StringComparer.Ordinal)
            .Select(w => $"{w.Key}: {w.Value} notifications wait for a retry."));
        return new HealthPart(failed.Count == 0 ? "green" : "yellow", says);
    }

    private async Task<HealthPart> SubscriptionsAsync(CancellationToken ct)
    {
        var problems = await subscriptions.ProblemsAsync(ct);
        return new HealthPart(problems.Count == 0 ? "green" : "yellow", problems);
    }

    private async Task<HealthPart> UpkeepAsync(CancellationToken ct)
    {
        List<string> says = [];
        var (red, yellow) = (false, false);
        var report = await upkeep.ReadAsync(ct);
        foreach (var (channel, registration) in report.Channels.Where(c => c.Enabled)
            .SelectMany(c => c.Registrations.Select(r => (c.Name, r))))
        {
            var left = registration.ExpiresAt - time.GetUtcNow();
            var urgent = registration.Status == nameof(RegistrationState.Drifted) || left <= TimeSpan.FromDays(1);
            if (!urgent && registration.Status is not (nameof(RegistrationState.Foreign) or nameof(RegistrationState.Unknown))
                && !(registration.Step is not null && left <= TimeSpan.FromDays(7))) continue;
            (red, yellow) = (red || urgent, true);
            var ends = left <= TimeSpan.FromDays(7) ? $" It expires at {registration.ExpiresAt:O}." : "";
            says.Add($"{channel}, {registration.Name}: {registration.Status}. {registration.Detail}{ends} {registration.Step}".Replace("  ",
                " ", StringComparison.Ordinal).TrimEnd());
        }

        if (report.Expires is [var next, ..])
            says.Add($"Next to expire: {next.Channel}, {next.Name}, in {next.Days} days. GET api/operations/channels lists all dates.");
        return new HealthPart(red ? "red" : yellow ? "yellow" : "green", says);
    }

    private async Task<HealthPart> RepliesAsync(CancellationToken ct)
    {
        var (waiting, lost) = await replies.CountAsync(ct);
        return lost == 0
            ? new HealthPart("green", [$"Replies being sent: {waiting}."])
            : new HealthPart("red", [$"Replies being sent: {waiting}; stuck: {lost}. Check that the functions SendReplies and Tick run."]);
    }

    private async Task<HealthPart> RouteAsync(INotificationRoute route, CancellationToken ct)
    {
        var problems = route.Problems().ToList();
        foreach (var (name, address) in await notices.SwitchedOffAsync(route.Name, ct))
            if ((await route.FindAsync(name, ct))?.Address == address)
                problems.Add($"{name} answered 410 and is switched off. Change its address to switch it on again.");
        if (!switches.IsOn(route.Name))
        {
            var left = (await arrears.LeftOverAsync(ct)).GetValueOrDefault(route.Name);
            List<string> says = [$"Switched off by {switches.SettingOf(route.Name)}: events during this time are not sent later."];
            if (left > 0)
                says.Add($"Older messages in queue {NotificationQueues.Of(route.Name)}: {left}. They are sent if the route is switched on within "
                    + $"four days; POST api/operations/routes/{route.Name}/discard deletes them.");
            return new HealthPart(left > 0 ? "yellow" : "off", says);
        }

        return problems.Count == 0 ? new HealthPart("green", []) : new HealthPart("yellow", problems);
    }

    private async Task<HealthPart> ChannelAsync(IChannel channel, CancellationToken ct)
    {
        if (ChannelDirectory.SettingsOf(channel, out var unreadable) is not { } settings) return new HealthPart("red", [unreadable!]);
        if (!settings.Enabled) return new HealthPart("off", []);
        var problems = channel.Problems().ToList();
        if (problems.Count > 0) return new HealthPart("red", problems);
        if (settings.Paused) return new HealthPart("yellow", ["Paused: calls are stored and processed later."]);
        var report = await ReconciliationReport.OfAsync(channel, looks, ct);
        var says = report?.Says() ?? [];
        return await trust.VerifiedAtAsync(channel.Name, ct) is { } at
            ? new HealthPart(report?.IsTroubled is true ? "yellow" : "green", [$"Signature last verified at {at:O}.", .. says])
            : new HealthPart("yellow", ["No call has passed verification yet; until then, calls that fail are quarantined.", .. says]);
    }
}
