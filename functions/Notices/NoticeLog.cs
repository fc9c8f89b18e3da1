using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Platform.Storage;

namespace Serverless.Notices;

/// <summary>Where each notice stands, one row for event, route and target; kept by day, so that lists and retention stay bounded.</summary>
public sealed class NoticeLog(TableStore tables)
{
    public const string Table = "notices";
    public const int Shards = 16;
    private const int AttemptsKept = 40;

    /// <summary>Property of the event as published.</summary>
    private const string EventProperty = "Event";

    private static readonly string[] Facts = ["EventId", "Type", "CaseId", "Route", "Target", "State", "Attempt", "Resend", "Reason", "NextAt", "Tries"];

    /// <summary>Where the notices of an event stand, by target.</summary>
    public async Task<IReadOnlyDictionary<string, NoticeState>> ReadAsync(Notice notice, string route, CancellationToken ct)
    {
        Dictionary<string, NoticeState> states = new(StringComparer.Ordinal);
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition(PartitionOf(notice)).RowPrefix($"{notice.EventId}|{route}|"), ct))
        {
            if (NoticeState.From(row) is { } state) states[state.Target] = state;
        }

        return states;
    }

    /// <summary>Notes how a try went: every try is listed; a delivered notice stays delivered until it is sent again by hand, and a late note of an earlier attempt changes no state unless it delivered.</summary>
    /// <param name="notice">What was told.</param>
    /// <param name="state">Where it stands now.</param>
    /// <param name="attempt">The try.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="isFirst">There was no note of it a moment ago: it is not looked for before it is written.</param>
    public async Task WriteAsync(Notice notice, NoticeState state, NoticeTry attempt, CancellationToken ct, bool isFirst = false)
    {
        var key = $"{notice.EventId}|{state.Route}|{CaseSafe(state.Target)}";
        for (var look = !isFirst; ; look = true)
        {
            var there = look ? await tables.GetAsync(Table, PartitionOf(notice), key, ct) : null;
            var known = there is null ? null : NoticeState.From(there);
            if (known?.State == NoticeState.Delivered && known.Resend >= state.Resend) return;
            var tries = Tries(there);
            if (known is not null && known.Resend > state.Resend) state = state.State == NoticeState.Delivered ? state with { Resend = known.Resend } : known;
            else if (known is not null && known.Resend == state.Resend && state.State != NoticeState.Delivered && known.Attempt > state.Attempt) state = known;
            var row = new TableRow(PartitionOf(notice), key)
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
                ["UpdatedAt"] = attempt.At,
                ["Tries"] = JsonSerializer.Serialize([.. tries.TakeLast(AttemptsKept - 1), attempt], NoticeJson.Default.ListNoticeTry),
            };
            // What was published: ids and facts of the case, so that it can be sent again once the outbox has forgotten it.
            row.SetBytes(EventProperty, notice.Event);
            var written = there is null ? await tables.InsertAsync(Table, row, ct) : await tables.ReplaceAsync(Table, row, there.ETag, ct);
            if (written.State == WriteState.Written) return;
        }
    }

    /// <summary>Notices of the days from one to another, both included, optionally of one state; by day.</summary>
    public async IAsyncEnumerable<NoticeState> OfDaysAsync(DateTimeOffset from, DateTimeOffset to, string? state, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var query = Days(from, to);
        if (state is not null) query = query.Where($"State eq {TableQuery.Literal(state)}");
        await foreach (var row in tables.QueryAllAsync(Table, query.Select(Facts), ct))
            if (NoticeState.From(row) is { } found) yield return found;
    }

    /// <summary>How many notices of some days are in one state, by route, counted up to a bound in all.</summary>
    public async Task<IReadOnlyDictionary<string, RowCount>> CountAsync(DateTimeOffset from, DateTimeOffset to, string state, int most, CancellationToken ct)
    {
        var (counts, left) = (new Dictionary<string, int>(StringComparer.Ordinal), most);
        await foreach (var row in tables.QueryAllAsync(Table, Days(from, to).Where($"State eq {TableQuery.Literal(state)}").Select("Route"), ct))
        {
            counts[row.Text("Route") ?? ""] = counts.GetValueOrDefault(row.Text("Route") ?? "") + 1;
            if (--left == 0) break;
        }

        return counts.ToDictionary(c => c.Key, c => new RowCount(c.Value, left == 0), StringComparer.Ordinal);
    }

    /// <summary>A page of the notices of one target whose events are of a day; at most a hundred. Throws <see cref="ArgumentException"/> for a continuation that is not of this query.</summary>
    public async Task<NoticePage> OfTargetAsync(string route, string target, DateTimeOffset day, string? state, string? continuation, CancellationToken ct)
    {
        var filter = $"Route eq {TableQuery.Literal(route)} and Target eq {TableQuery.Literal(target)}";
        if (state is not null) filter += $" and State eq {TableQuery.Literal(state)}";
        var page = await tables.QueryAsync(Table, Days(day, day).Where(filter).Select(Facts).Top(100), ct, continuation);
        return new NoticePage([.. page.Rows.Select(NoticeState.From).OfType<NoticeState>()], page.Continuation);
    }

    /// <summary>All partitions from one day to another, both included.</summary>
    private static TableQuery Days(DateTimeOffset from, DateTimeOffset to) => TableQuery.Partitions(PartitionOf(from, 0), PartitionOf(to.AddDays(1), 0));

    /// <summary>A page of the notices of some time in one state, to be sent again.</summary>
    /// <exception cref="ArgumentException">The continuation is none of this query.</exception>
    public async Task<(IReadOnlyList<KeptNotice> Notices, string? Continuation)> PageAsync(NoticeSelection selection, string? continuation, int top, CancellationToken ct)
    {
        var query = Narrowed(Days(selection.From, selection.To.AddTicks(-1)), selection).Where($"At ge {TableQuery.Literal(selection.From)} and At lt {TableQuery.Literal(selection.To)}");
        if (selection.State is { } state) query = query.Where($"State eq {TableQuery.Literal(state)}");
        var page = await tables.QueryAsync(Table, query.Top(top), ct, continuation);
        return ([.. page.Rows.Select(Kept).OfType<KeptNotice>()], page.Continuation);
    }

    /// <summary>The notices of one event, in whatever state.</summary>
    public async Task<IReadOnlyList<KeptNotice>> OfEventAsync(string eventId, NoticeSelection selection, CancellationToken ct)
    {
        List<KeptNotice> found = [];
        // An event is filed under its day, and its id does not tell which: the latest first.
        for (var day = selection.To.AddTicks(-1); day >= selection.From && found.Count == 0; day = day.AddDays(-1))
        {
            var query = Narrowed(TableQuery.Partition(PartitionOf(day, ShardOf(eventId))).RowPrefix($"{eventId}|"), selection);
            await foreach (var row in tables.QueryAllAsync(Table, query, ct)) if (Kept(row) is { } kept) found.Add(kept);
        }

        return found;
    }

    /// <summary>Notes that it was sent again. False when somebody wrote meanwhile: then its state is told by that.</summary>
    public async Task<bool> NoteResendAsync(KeptNotice kept, int round, DateTimeOffset at, CancellationToken ct)
    {
        var change = new TableRow(kept.Row.PartitionKey, kept.Row.RowKey)
        {
            ["State"] = NoticeState.Waiting,
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
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition($"off|{route}"), ct)) off[row.Text("Target") ?? ""] = row.Text("Address") ?? "";
        return off;
    }

    /// <summary>Switches a target off until its address changes.</summary>
    public Task SwitchOffAsync(string route, string target, string address, DateTimeOffset at, CancellationToken ct) =>
        tables.UpsertAsync(Table, new TableRow($"off|{route}", CaseSafe(target)) { ["Target"] = target, ["Address"] = address, ["Since"] = at }, ct);

    /// <summary>Lets a target be called again.</summary>
    public Task SwitchOnAsync(string route, string target, CancellationToken ct) => tables.DeleteAsync(Table, $"off|{route}", CaseSafe(target), Azure.ETag.All, ct);

    private static List<NoticeTry> Tries(TableRow? row) =>
        row?.Text("Tries") is { } json ? JsonSerializer.Deserialize(json, NoticeJson.Default.ListNoticeTry) ?? [] : [];

    private static TableQuery Narrowed(TableQuery query, NoticeSelection selection)
    {
        if (selection.Route is { } route) query = query.Where($"Route eq {TableQuery.Literal(route)}");
        return selection.Target is { } target ? query.Where($"Target eq {TableQuery.Literal(target)}") : query;
    }

    private static KeptNotice? Kept(TableRow row) => NoticeState.From(row) is { } state ? new KeptNotice(state, row.Bytes(EventProperty), row) : null;

    private static string PartitionOf(Notice notice) => PartitionOf(notice.At, ShardOf(notice.EventId));

    private static int ShardOf(string eventId) => eventId[0] & (Shards - 1);

    private static string PartitionOf(DateTimeOffset day, int shard) => string.Create(CultureInfo.InvariantCulture, $"{day.UtcDateTime:yyyyMMdd}|{shard:x1}");

    // A target's name is a setting's key: it may hold any character, a table key may not.
    private static string CaseSafe(string name) => Uri.EscapeDataString(name).Replace('%', '=');
}

/// <summary>Where one notice stands.</summary>
public sealed record NoticeState
{
    public const string Delivered = "delivered";
    public const string Waiting = "waiting";
    public const string Failed = "failed";
    public const string Void = "void";

    public required string EventId { get; init; }

    public required string Type { get; init; }

    /// <summary>Null for an event that is about no case.</summary>
    public string? CaseId { get; init; }

    public required string Route { get; init; }

    public required string Target { get; init; }

    /// <summary><c>delivered</c>, <c>waiting</c> for the next try, <c>failed</c> for good, or <c>void</c>: what it was about is erased.</summary>
    public required string State { get; init; }

    /// <summary>Number of the last try, 0 for the first; -1 when it was sent again by hand and not tried yet.</summary>
    public required int Attempt { get; init; }

    /// <summary>How often it was sent again by hand; tries are counted anew each time.</summary>
    public int Resend { get; init; }

    /// <summary>How the last try went.</summary>
    public required string Reason { get; init; }

    public DateTimeOffset? NextAt { get; init; }

    /// <summary>The last tries, oldest first.</summary>
    public IReadOnlyList<NoticeTry> Tries { get; init; } = [];

    internal static NoticeState? From(TableRow row) => row.Text("State") is not { } state ? null : new NoticeState
    {
        EventId = row.Text("EventId") ?? "",
        Type = row.Text("Type") ?? "",
        CaseId = row.Text("CaseId"),
        Route = row.Text("Route") ?? "",
        Target = row.Text("Target") ?? "",
        State = state,
        Attempt = row.Int("Attempt") ?? 0,
        Resend = row.Int("Resend") ?? 0,
        Reason = row.Text("Reason") ?? "",
        NextAt = row.Time("NextAt"),
        Tries = row.Text("Tries") is { } json ? JsonSerializer.Deserialize(json, NoticeJson.Default.ListNoticeTry) ?? [] : [],
    };
}

/// <summary>Which notices are meant: all of some time, of one route and target if they are named.</summary>
public sealed record NoticeSelection
{
    /// <summary>No event before this is looked at.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The end, not included.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>One of the words of <see cref="NoticeState"/>; null for all.</summary>
    public string? State { get; init; } = NoticeState.Failed;

    /// <summary>Null for all.</summary>
    public string? Route { get; init; }

    /// <summary>Null for all.</summary>
    public string? Target { get; init; }
}

/// <summary>A notice as it is kept.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Event">The whole CloudEvent; null when it was noted before events were kept with it.</param>
/// <param name="Row">Its row.</param>
public sealed record KeptNotice(NoticeState State, ReadOnlyMemory<byte>? Event, TableRow Row);

/// <summary>One try.</summary>
/// <param name="At">When it began.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="Reason">Status code or short code.</param>
public sealed record NoticeTry(DateTimeOffset At, int Milliseconds, string Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<NoticeTry>))]
[JsonSerializable(typeof(List<NoticeState>))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(NoticeFacts))]
internal sealed partial class NoticeJson : JsonSerializerContext;
