using System.Globalization;
using Microsoft.Extensions.Options;
using Serverless.Cases;
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

/// <summary>Whether all is well, part by part: <c>green</c>, <c>yellow</c> (works, somebody should look) or <c>red</c> (something is not done).</summary>
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

/// <summary>Looks at every part. One that cannot be looked at is red and stops no other.</summary>
public sealed class HealthCheck(
    ChannelDirectory channels, SourceTrust trust, TableStore tables, OutboxRelay outbox, OpenDeliveries open, Backlog arrears, ReconciliationStates looks, AttemptStore notices, ReplyIndex replies, UpkeepReader upkeep, SubscriptionStore subscriptions, IEnumerable<INotificationRoute> routes,
    TopicRelay topic, RouteSwitches switches, Calendars calendars, OwnRules rules, TimeProvider time, IOptionsMonitor<OwnersOptions> owners,
    IOptionsMonitor<HealthOptions> options)
{
    private const int MostOpen = 1_000;
    private const string Storage = "storage";

    public async Task<HealthReport> LookAsync(CancellationToken ct)
    {
        // Side by side: with storage down each part takes as long as it may.
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
        var parts = new SortedDictionary<string, HealthPart>(parallel.ToDictionary(l => l.Key, l => l.Value.Result, StringComparer.Ordinal), StringComparer.Ordinal);
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
            // Some wait for what another call reads, which does not end with this one.
            return await looking.WaitAsync(patience.Token);
        }
        catch (StorageUnavailableException error)
        {
            return new HealthPart("red", [error.Message]);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            var seconds = longest.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            return new HealthPart("red", [$"No answer within {seconds} seconds: storage is slow or down, or there is much to count."]);
        }
    }

    private async Task<HealthPart> StorageAsync(CancellationToken ct)
    {
        await tables.GetAsync("sources", "health", "probe", ct);
        return new HealthPart("green", ["Tables answer."]);
    }

    // It is for other systems: our own routes do not need it. What it is owed waits in pending.
    private async Task<HealthPart> TopicAsync(CancellationToken ct)
    {
        var waiting = await outbox.CountPendingAsync(ct);
        var state = topic.State;
        List<string> says = topic.IsOn
            ? [$"Topic {TopicRelay.Topic}: {(state.LastSent is { } at ? $"this instance sent the last event at {at:O}" : "this instance has sent no event yet")}."]
            : ["There is no bus (no ServiceBusConnection): events are told to our own routes only."];
        if (waiting.Rows > 0)
            says.Add($"{waiting} cases have events that wait for the topic, or were left by a process that died; Tick publishes them. Does it run? Check ServiceBusConnection and the role Azure Service Bus Data Sender.");
        if (state.Problem is { } problem) says.Add(problem);
        return new HealthPart(waiting.Rows > 0 ? "red" : state.Problem is null ? "green" : "yellow", says);
    }

    private async Task<HealthPart> PoisonAsync(CancellationToken ct)
    {
        var found = await arrears.PoisonAsync(ct);
        if (found.Count == 0) return new HealthPart("green", ["Every queue message could be worked."]);
        var total = found.Values.Aggregate(default(RowCount), (sum, c) => sum + c);
        var queues = string.Join(", ", found.OrderBy(k => k.Key, StringComparer.Ordinal).Select(k => $"{k.Key}: {k.Value}"));
        return new HealthPart("yellow",
            [$"{total} queue messages could not be worked ({queues}): GET api/operations/poison-messages?queue={found.Keys.Min(StringComparer.Ordinal)} says why, POST .../resubmit puts them back, .../discard takes them away."]);
    }

    private async Task<HealthPart> DeliveriesAsync(CancellationToken ct)
    {
        var counts = await Task.WhenAll(channels.All.Select(c => OpenOfAsync(c.Name, ct)));
        var (waiting, lost) = (counts.Aggregate(default(RowCount), (sum, c) => sum + c.Waiting), counts.Sum(c => c.Lost));
        List<string> says = [$"{waiting} deliveries have no end yet."];
        if (lost > 0) says.Add($"{lost} of them are unaccounted: nobody works them. Does the function Tick run?");
        var kept = await arrears.KeptAsync(ct);
        if (kept.Rows > 0)
            says.Add($"{kept} deliveries were kept and something of them has no case: GET api/operations/kept-deliveries says why, POST .../resubmit has them worked again, .../dismiss takes them off the list.");
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
            .Select(q => $"{q.Value} calls of {q.Key} within the last 24 hours failed their check: GET api/operations/quarantine?channel={q.Key} says why, POST .../release lets out what verifies once the setting is mended, .../discard takes them away.").ToList();
        return held.Count == 0 ? new HealthPart("green", ["No call of the last 24 hours is in quarantine."]) : new HealthPart("yellow", held);
    }

    private async Task<HealthPart> OwnersAsync(CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(owners.CurrentValue.Default)) return new HealthPart("red", ["Owners__Default is missing: cases that no other rule gives an owner have none."]);
        var ownerless = (await arrears.CasesAsync(ct)).Ownerless;
        return ownerless == 0
            ? new HealthPart("green", ["Every case has an owner."])
            : new HealthPart("red", [$"{ownerless} open cases have no owner: GET api/cases?owner={CaseViews.Nobody} lists them, POST api/cases/<id>/hand-over offers each to one. New cases go to Owners__Default."]);
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
            : new HealthPart("green", [current.Rules.OwnCount == 0 ? "There are no own rules." : $"{current.Rules.OwnCount} own rules are in force."]);
    }

    private async Task<HealthPart> CasesAsync(CancellationToken ct)
    {
        var cases = await arrears.CasesAsync(ct);
        var total = new RowCount(cases.Total, cases.More);
        return cases.Overdue == 0
            ? new HealthPart("green", [$"{total} cases are open, none is overdue."])
            : new HealthPart("yellow", [$"{total} cases are open, and {new RowCount(cases.Overdue, cases.More)} of them are overdue: GET api/cases?dueBefore={time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ} lists them. If the promise is too short, see ServiceLevels__DefaultMinutes."]);
    }

    private async Task<HealthPart> NoticesAsync(CancellationToken ct)
    {
        var (failed, waiting) = (await arrears.FailedNoticesAsync(ct), await arrears.WaitingNoticesAsync(ct));
        List<string> says = [.. failed.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Value} notices of {f.Key} of the last seven days were given up: GET api/operations/notices?state=failed says why, POST api/operations/notices/resend sends them again.")];
        if (says.Count == 0) says.Add("Every notice of the last seven days is told or on its way.");
        says.AddRange(waiting.OrderBy(w => w.Key, StringComparer.Ordinal).Select(w => $"{w.Value} notices of {w.Key} wait for a later try."));
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
        foreach (var (channel, registration) in report.Channels.Where(c => c.Enabled).SelectMany(c => c.Registrations.Select(r => (c.Name, r))))
        {
            var left = registration.ExpiresAt - time.GetUtcNow();
            var urgent = registration.Status == nameof(RegistrationState.Drifted) || left <= TimeSpan.FromDays(1);
            if (!urgent && registration.Status is not (nameof(RegistrationState.Foreign) or nameof(RegistrationState.Unknown)) && !(registration.Step is not null && left <= TimeSpan.FromDays(7))) continue;
            (red, yellow) = (red || urgent, true);
            var ends = left <= TimeSpan.FromDays(7) ? $" It ends at {registration.ExpiresAt:O}." : "";
            says.Add($"{channel}, {registration.Name}: {registration.Status}. {registration.Detail}{ends} {registration.Step}".Replace("  ", " ", StringComparison.Ordinal).TrimEnd());
        }

        if (report.Expires is [var next, ..]) says.Add($"Next to end: {next.Channel}, {next.Name}, in {next.Days} days; GET api/operations/channels has the calendar.");
        return new HealthPart(red ? "red" : yellow ? "yellow" : "green", says);
    }

    private async Task<HealthPart> RepliesAsync(CancellationToken ct)
    {
        var (waiting, lost) = await replies.CountAsync(ct);
        return lost == 0
            ? new HealthPart("green", [$"{waiting} replies are on their way."])
            : new HealthPart("red", [$"{waiting} replies are on their way, and nobody works {lost} of them. Do the functions SendReplies and Tick run?"]);
    }

    private async Task<HealthPart> RouteAsync(INotificationRoute route, CancellationToken ct)
    {
        var problems = route.Problems().ToList();
        foreach (var (name, address) in await notices.SwitchedOffAsync(route.Name, ct))
            if ((await route.FindAsync(name, ct))?.Address == address) problems.Add($"{name} answered 410 and is not called any more: change its address to call it again.");
        if (!switches.IsOn(route.Name))
        {
            var left = (await arrears.LeftOverAsync(ct)).GetValueOrDefault(route.Name);
            List<string> says = [$"Switched off by {switches.SettingOf(route.Name)}: what happens meanwhile is not told later."];
            if (left > 0) says.Add($"{left} messages from before lie in queue {NotificationQueues.Of(route.Name)}: they are told if the route is on again within four days; POST api/operations/routes/{route.Name}/discard takes them away.");
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
        if (settings.Paused) return new HealthPart("yellow", ["Paused: calls are stored and worked later."]);
        var report = await ReconciliationReport.OfAsync(channel, looks, ct);
        var says = report?.Says() ?? [];
        return await trust.VerifiedAtAsync(channel.Name, ct) is { } at
            ? new HealthPart(report?.IsTroubled is true ? "yellow" : "green", [$"Its secret was proven at {at:O}.", .. says])
            : new HealthPart("yellow", ["No call has verified yet; until then calls that fail are kept in quarantine.", .. says]);
    }
}
