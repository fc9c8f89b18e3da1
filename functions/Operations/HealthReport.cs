using Microsoft.Extensions.Options;
using Serverless.Bus;
using Serverless.Cases;
using Serverless.Channels;
using Serverless.Notices;
using Serverless.Outbox;
using Serverless.Receipts;
using Serverless.Registrations;
using Serverless.Replies;
using Serverless.Storage;

namespace Serverless.Operations;

/// <summary>Whether all is well, part by part: <c>green</c>, <c>yellow</c> (works, somebody should look) or <c>red</c> (something is not done).</summary>
/// <param name="Status">The worst of the parts.</param>
/// <param name="Parts">Each part by name.</param>
public sealed record HealthReport(string Status, IReadOnlyDictionary<string, HealthPart> Parts);

/// <summary>One part.</summary>
/// <param name="Status"><c>green</c>, <c>yellow</c>, <c>red</c>, or <c>off</c> for a channel that is not enabled.</param>
/// <param name="Says">Sentences, each naming the setting to change where one helps.</param>
public sealed record HealthPart(string Status, IReadOnlyList<string> Says);

/// <summary>Looks at every part. One that cannot be looked at is red and stops no other.</summary>
public sealed class HealthCheck(
    ChannelDirectory channels, SourceTrust trust, TableStore tables, OutboxRelay outbox, OpenDeliveries open, KeptMessages kept, LookStates looks, NoticeLog notices, ReplyIndex replies, UpkeepReader upkeep, Subscriptions subscriptions, IEnumerable<INoticeRoute> routes,
    BusNamespace bus, TimeProvider time, IOptionsMonitor<OwnersOptions> owners)
{
    public async Task<HealthReport> LookAsync(CancellationToken ct)
    {
        // Side by side: with storage down each part takes as long as its retries.
        var parallel = new Dictionary<string, Task<HealthPart>>(StringComparer.Ordinal)
        {
            ["storage"] = GuardedAsync(StorageAsync, ct),
            ["bus"] = GuardedAsync(BusAsync, ct),
            ["deliveries"] = GuardedAsync(DeliveriesAsync, ct),
            ["owners"] = Task.FromResult(Owners()),
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
        return new HealthReport(worst, parts);
    }

    private static async Task<HealthPart> GuardedAsync(Func<CancellationToken, Task<HealthPart>> look, CancellationToken ct)
    {
        try
        {
            return await look(ct);
        }
        catch (StorageUnavailableException error)
        {
            return new HealthPart("red", [error.Message]);
        }
    }

    private async Task<HealthPart> StorageAsync(CancellationToken ct)
    {
        await tables.GetAsync("sources", "health", "probe", ct);
        return new HealthPart("green", ["Tables answer."]);
    }

    // The bus has no cheap read by REST; what it owes us is what waits in pending.
    private async Task<HealthPart> BusAsync(CancellationToken ct)
    {
        var waiting = await outbox.CountPendingAsync(ct);
        return waiting == 0
            ? new HealthPart("green", [$"Nothing waits for {bus.Endpoint.Host}."])
            : new HealthPart("red", [$"{waiting} cases wait until the bus takes their events. Check ServiceBusConnection and the role Azure Service Bus Data Sender."]);
    }

    private async Task<HealthPart> DeliveriesAsync(CancellationToken ct)
    {
        var (waiting, lost) = (0, 0);
        foreach (var channel in channels.All)
        {
            await foreach (var one in open.OpenOfAsync(channel.Name, ct))
            {
                waiting++;
                if (open.IsUnaccounted(one)) lost++;
            }
        }

        var poison = await kept.CountAsync(ct);
        List<string> says = [$"{waiting} deliveries have no end yet."];
        if (lost > 0) says.Add($"{lost} of them are unaccounted: nobody works them. Does the function Tick run?");
        if (poison > 0) says.Add($"{poison} queue messages are kept: see api/operations/kept.");
        return new HealthPart(lost > 0 ? "red" : poison > 0 ? "yellow" : "green", says);
    }

    private HealthPart Owners() => string.IsNullOrWhiteSpace(owners.CurrentValue.Default)
        ? new HealthPart("red", ["Owners__Default is missing: cases that no other rule gives an owner have none."])
        : new HealthPart("green", ["Every case has an owner."]);

    private async Task<HealthPart> NoticesAsync(CancellationToken ct)
    {
        var failed = 0;
        var now = time.GetUtcNow();
        await foreach (var _ in notices.OfDaysAsync(now.AddDays(-7), now, NoticeState.Failed, ct)) failed++;
        return failed == 0
            ? new HealthPart("green", ["Every notice of the last seven days is told or on its way."])
            : new HealthPart("yellow", [$"{failed} notices of the last seven days were given up: see api/operations/notices?state=failed."]);
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
        foreach (var (channel, registration) in (await upkeep.ReadAsync(ct)).Channels.Where(c => c.Enabled).SelectMany(c => c.Registrations.Select(r => (c.Name, r))))
        {
            var left = registration.ExpiresAt - time.GetUtcNow();
            var urgent = registration.Status == nameof(RegistrationState.Drifted) || left <= TimeSpan.FromDays(1);
            if (!urgent && registration.Status is not (nameof(RegistrationState.Foreign) or nameof(RegistrationState.Unknown)) && !(registration.Step is not null && left <= TimeSpan.FromDays(7))) continue;
            (red, yellow) = (red || urgent, true);
            var ends = left <= TimeSpan.FromDays(7) ? $" It ends at {registration.ExpiresAt:O}." : "";
            says.Add($"{channel}, {registration.Name}: {registration.Status}. {registration.Detail}{ends} {registration.Step}".Replace("  ", " ", StringComparison.Ordinal).TrimEnd());
        }

        return new HealthPart(red ? "red" : yellow ? "yellow" : "green", says);
    }

    private async Task<HealthPart> RepliesAsync(CancellationToken ct)
    {
        var (waiting, lost) = await replies.CountAsync(ct);
        return lost == 0
            ? new HealthPart("green", [$"{waiting} replies are on their way."])
            : new HealthPart("red", [$"{waiting} replies are on their way, and nobody works {lost} of them. Do the functions SendReplies and Tick run?"]);
    }

    private async Task<HealthPart> RouteAsync(INoticeRoute route, CancellationToken ct)
    {
        var problems = route.Problems().ToList();
        foreach (var (name, address) in await notices.SwitchedOffAsync(route.Name, ct))
            if ((await route.FindAsync(name, ct))?.Address == address) problems.Add($"{name} answered 410 and is not called any more: change its address to call it again.");
        return problems.Count == 0 ? new HealthPart("green", []) : new HealthPart("yellow", problems);
    }

    private async Task<HealthPart> ChannelAsync(IChannel channel, CancellationToken ct)
    {
        if (ChannelDirectory.SettingsOf(channel, out var unreadable) is not { } settings) return new HealthPart("red", [unreadable!]);
        if (!settings.Enabled) return new HealthPart("off", []);
        var problems = channel.Problems().ToList();
        if (problems.Count > 0) return new HealthPart("red", problems);
        if (settings.Paused) return new HealthPart("yellow", ["Paused: calls are stored and worked later."]);
        var report = await LookReport.OfAsync(channel, looks, ct);
        var says = report?.Says() ?? [];
        return await trust.VerifiedAtAsync(channel.Name, ct) is { } at
            ? new HealthPart(report?.IsTroubled is true ? "yellow" : "green", [$"Its secret was proven at {at:O}.", .. says])
            : new HealthPart("yellow", ["No call has verified yet; until then calls that fail are kept in quarantine.", .. says]);
    }
}
