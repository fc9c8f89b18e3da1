using System.Globalization;
using System.Text.Json;
using Serverless.Notifications.Subscriptions;
using Serverless.Platform.Storage;

namespace Serverless.Notifications;

/// <summary>
/// State of each notification, one row per event, route and target; partitioned by day, so that lists and retention stay bounded.
/// </summary>
public sealed class AttemptStore(TableStore tables)
{
    public const string Table = "notices";
    public const int Shards = 16;
    private const int AttemptsKept = 40;

    /// <summary>Property of the event as published.</summary>
    private const string EventProperty = "Event";

    private static readonly string[] Facts = ["EventId", "Type", "CaseId", "Route", "Target", "State", "Attempt", "Resend", "Reason",
        "NextAt", "ClaimedUntil", "Tries"];

    /// <summary>State of the notifications of an event, by target.</summary>
    public async Task<IReadOnlyDictionary<string, NotificationState>> ReadAsync(Notification notice, string route, CancellationToken ct)
    {
        Dictionary<string, NotificationState> states = new(StringComparer.Ordinal);
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition(PartitionOf(notice))
            .RowPrefix($"{notice.EventId}|{route}|"), ct))
        {
            if (NotificationState.From(row) is { } state) states[state.Target] = state;
        }

        return states;
    }

    /// <summary>
    /// Records an attempt: every attempt is listed; a delivered notification stays delivered until it is resent, and a late record of an
    /// earlier attempt changes no state unless it delivered.
    /// </summary>
    /// <param name="notice">The notification.</param>
    /// <param name="state">Its new state.</param>
    /// <param name="attempt">The try.</param>
    /// <param name="claim">The row as it was claimed or read: it is replaced if nobody wrote meanwhile. Null: the row is looked for
    /// first.</param>
    /// <param name="ct">Cancels.</param>
    public async Task WriteAsync(Notification notice, NotificationState state, NotificationAttempt attempt, TableRow? claim,
        CancellationToken ct)
    {
        for (var there = claim ?? await FindAsync(notice, state, ct); ; there = await FindAsync(notice, state, ct))
        {
            var known = there is null ? null : NotificationState.From(there);
            if (known?.State == NotificationState.Delivered && known.Resend >= state.Resend) return;
            if (known is not null && known.Resend > state.Resend)
                state = state.State == NotificationState.Delivered ? state with { Resend = known.Resend } : known;
            else if (known is not null && known.Resend == state.Resend && state.State != NotificationState.Delivered
                && known.Attempt > state.Attempt) state = known;
            var row = RowOf(notice, state, [.. Tries(there).TakeLast(AttemptsKept - 1), attempt], attempt.At);
            var written = there is null ? await tables.InsertAsync(Table, row, ct) : await tables.ReplaceAsync(Table, row, there.ETag, ct);
            if (written.State == WriteState.Written) return;
        }
    }

    /// <summary>The row of a notice.</summary>
    internal static TableRow RowOf(Notification notice, NotificationState state, List<NotificationAttempt> tries, DateTimeOffset at)
    {
        var row = new TableRow(PartitionOf(notice), KeyOf(notice.EventId, state.Route, state.Target))
        {
            ["EventId"] = notice.EventId,
            ["Type"] = notice.Type,
            ["CaseId"] = notice.CaseId,
            ["Route"] = state.Route,
            ["Target"] = state.Target,
            ["State"] = state.State,
            ["Attempt"] = state.Attempt,
            ["Resend"] = state.Resend,
            ["At"] = notice.At,
            ["Reason"] = state.Reason,
            ["NextAt"] = state.NextAt,
            ["ClaimedUntil"] = state.ClaimedUntil,
            ["ClaimedBy"] = state.ClaimedBy,
            ["UpdatedAt"] = at,
            ["Tries"] = JsonSerializer.Serialize(tries, NotificationJson.Default.ListNotificationAttempt),
        };
        // What was published: ids and facts of the case, so that it can be sent again once the outbox has forgotten it.
        row.SetBytes(EventProperty, notice.Event);
        return row;
    }

    /// <summary>A stored notification; null when there is none.</summary>
    public async Task<FailedNotification?> OfTargetAsync(Notification notice, string route, string target, CancellationToken ct) =>
        await tables.GetAsync(Table, PartitionOf(notice), KeyOf(notice.EventId, route, target), ct) is { } row ? Kept(row) : null;

    private Task<TableRow?> FindAsync(Notification notice, NotificationState state, CancellationToken ct) =>
        tables.GetAsync(Table, PartitionOf(notice), KeyOf(notice.EventId, state.Route, state.Target), ct);

    /// <summary>Notices of the days from one to another, both included, optionally of one state; by day.</summary>
    public async IAsyncEnumerable<NotificationState> OfDaysAsync(DateTimeOffset from, DateTimeOffset to, string? state,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var query = Days(from, to);
        if (state is not null) query = query.Where($"State eq {TableQuery.Literal(state)}");
        await foreach (var row in tables.QueryAllAsync(Table, query.Select(Facts), ct))
            if (NotificationState.From(row) is { } found) yield return found;
    }

    /// <summary>Number of notifications of some days in one state, by route, counted up to a bound in all.</summary>
    public async Task<IReadOnlyDictionary<string, RowCount>> CountAsync(DateTimeOffset from, DateTimeOffset to, string state, int most,
        CancellationToken ct)
    {
        var (counts, left) = (new Dictionary<string, int>(StringComparer.Ordinal), most);
        await foreach (var row in tables.QueryAllAsync(Table, Days(from, to).Where($"State eq {TableQuery.Literal(state)}").Select("Route"),
            ct))
        {
            counts[row.Text("Route") ?? ""] = counts.GetValueOrDefault(row.Text("Route") ?? "") + 1;
            if (--left == 0) break;
        }

        return counts.ToDictionary(c => c.Key, c => new RowCount(c.Value, left == 0), StringComparer.Ordinal);
    }

    /// <summary>A page of the notices of one target whose events are of a day; at most a hundred. Throws <see cref="ArgumentException"/>
    /// for a continuation that is not of this query.</summary>
    public async Task<NotificationPage> OfTargetAsync(string route, string target, DateTimeOffset day, string? state, string? continuation,
        CancellationToken ct)
    {
        var filter = $"Route eq {TableQuery.Literal(route)} and Target eq {TableQuery.Literal(target)}";
        if (state is not null) filter += $" and State eq {TableQuery.Literal(state)}";
        var page = await tables.QueryAsync(Table, Days(day, day).Where(filter).Select(Facts).Top(100), ct, continuation);
        return new NotificationPage([.. page.Rows.Select(NotificationState.From).OfType<NotificationState>()], page.Continuation);
    }

    /// <summary>All partitions from one day to another, both included.</summary>
    private static TableQuery Days(DateTimeOffset from, DateTimeOffset to) =>
        TableQuery.Partitions(PartitionOf(from, 0), PartitionOf(to.AddDays(1), 0));

    /// <summary>A page of the notices of some time in one state, to be sent again.</summary>
    /// <exception cref="ArgumentException">The continuation is none of this query.</exception>
    public async Task<(IReadOnlyList<FailedNotification> Notices, string? Continuation)> PageAsync(NotificationSelection selection,
        string? continuation, int top, CancellationToken ct)
    {
        var query = Narrowed(Days(selection.From, selection.To.AddTicks(-1)), selection)
            .Where($"At ge {TableQuery.Literal(selection.From)} and At lt {TableQuery.Literal(selection.To)}");
        if (selection.State is { } state) query = query.Where($"State eq {TableQuery.Literal(state)}");
        var page = await tables.QueryAsync(Table, query.Top(top), ct, continuation);
        return ([.. page.Rows.Select(Kept).OfType<FailedNotification>()], page.Continuation);
    }

    /// <summary>The notifications of one event, in any state.</summary>
    public async Task<IReadOnlyList<FailedNotification>> OfEventAsync(string eventId, NotificationSelection selection, CancellationToken ct)
    {
        List<FailedNotification> found = [];
        // An event is filed under its day, which its id does not contain: search the latest days first.
        for (var day = selection.To.AddTicks(-1); day >= selection.From && found.Count == 0; day = day.AddDays(-1))
        {
            var query = Narrowed(TableQuery.Partition(PartitionOf(day, ShardOf(eventId))).RowPrefix($"{eventId}|"), selection);
            await foreach (var row in tables.QueryAllAsync(Table, query, ct)) if (Kept(row) is { } kept) found.Add(kept);
        }

        return found;
    }

    /// <summary>Starts a new round for a resend. False when another run wrote meanwhile.</summary>
    public async Task<bool> BeginRoundAsync(FailedNotification kept, int round, DateTimeOffset at, CancellationToken ct)
    {
        var change = new TableRow(kept.Row.PartitionKey, kept.Row.RowKey)
        {
            ["State"] = NotificationState.Waiting,
            ["Attempt"] = -1,
            ["Resend"] = round,
            ["Reason"] = "resend",
            ["NextAt"] = at,
            ["UpdatedAt"] = at,
        };
        return (await tables.MergeAsync(Table, change, kept.Row.ETag, ct)).State == WriteState.Written;
    }

    /// <summary>The addresses of targets that asked never to be called again, by target.</summary>
    public async Task<IReadOnlyDictionary<string, string>> SwitchedOffAsync(string route, CancellationToken ct)
    {
        Dictionary<string, string> off = new(StringComparer.Ordinal);
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition($"off|{route}"), ct))
            off[row.Text("Target") ?? ""] = row.Text("Address") ?? "";
        return off;
    }

    /// <summary>Switches a target off until its address changes.</summary>
    public Task SwitchOffAsync(string route, string target, string address, DateTimeOffset at, CancellationToken ct) =>
        tables.UpsertAsync(Table,
            new TableRow($"off|{route}", CaseSafe(target)) { ["Target"] = target, ["Address"] = address, ["Since"] = at }, ct);

    /// <summary>Re-enables a target.</summary>
    public Task SwitchOnAsync(string route, string target, CancellationToken ct) =>
        tables.DeleteAsync(Table, $"off|{route}", CaseSafe(target), Azure.ETag.All, ct);

    internal static List<NotificationAttempt> Tries(TableRow? row) =>
        row?.Text("Tries") is { } json ? JsonSerializer.Deserialize(json, NotificationJson.Default.ListNotificationAttempt) ?? [] : [];

    private static TableQuery Narrowed(TableQuery query, NotificationSelection selection)
    {
        if (selection.Route is { } route) query = query.Where($"Route eq {TableQuery.Literal(route)}");
        return selection.Target is { } target ? query.Where($"Target eq {TableQuery.Literal(target)}") : query;
    }

    private static FailedNotification? Kept(TableRow row) =>
        NotificationState.From(row) is { } state ? new FailedNotification(state, row.Bytes(EventProperty), row) : null;

    private static string PartitionOf(Notification notice) => PartitionOf(notice.At, ShardOf(notice.EventId));

    private static int ShardOf(string eventId) => eventId[0] & (Shards - 1);

    private static string PartitionOf(DateTimeOffset day, int shard) =>
        string.Create(CultureInfo.InvariantCulture, $"{day.UtcDateTime:yyyyMMdd}|{shard:x1}");

    private static string KeyOf(string eventId, string route, string target) => $"{eventId}|{route}|{CaseSafe(target)}";

    // A target's name is a setting's key: it may hold any character, a table key may not.
    internal static string CaseSafe(string name) => Uri.EscapeDataString(name).Replace('%', '=');
}
