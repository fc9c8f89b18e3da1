using System.Text.Json;
using Azure;
using Serverless.Channels;
using Serverless.Outbox;
using Serverless.Platform.Storage;

namespace Serverless.Registrations;

/// <summary>A registration as of the last check, with its unpublished events: the row is its own outbox.</summary>
public sealed record KnownRegistration
{
    public required Registration Registration { get; init; }

    public required DateTimeOffset CheckedAt { get; init; }

    /// <summary>Start of its state.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The expiry last published, and at how many days.</summary>
    public DateTimeOffset? ToldEnd { get; init; }

    public int? ToldDays { get; init; }

    public IReadOnlyList<CloudEvent<ChannelFacts>> Untold { get; init; } = [];

    /// <summary>Ids of those events in <see cref="Untold"/> that are owed to the topic alone.</summary>
    public IReadOnlyList<string> Left { get; init; } = [];

    public ETag ETag { get; init; }

    private const int MostUntold = 20;

    // A registration that renews itself is reported only if that has not happened by the last day.
    private static readonly int[] Calls = [30, 7, 1];

    /// <summary>The result of a new check, with the events that follow.</summary>
    /// <param name="known">The stored registration; null at the first check.</param>
    /// <param name="channel">Name of the channel.</param>
    /// <param name="found">Result of the check.</param>
    /// <param name="now">Now.</param>
    public static KnownRegistration After(KnownRegistration? known, string channel, Registration found, DateTimeOffset now)
    {
        var same = known?.Registration.State == found.State;
        List<CloudEvent<ChannelFacts>> untold = [.. known?.Untold ?? []];
        var type = found.State switch
        {
            RegistrationState.Repaired => ChannelEvent.Repaired,
            RegistrationState.Drifted when !same => ChannelEvent.Drifted,
            RegistrationState.Foreign when !same => ChannelEvent.Foreign,
            _ => null,
        };
        if (type is not null) untold.Add(ChannelEvent.Of(type, channel, found, now.UtcTicks.ToString(), now));
        var next = new KnownRegistration
        {
            Registration = found,
            CheckedAt = now,
            Since = same ? known!.Since : now,
            ToldEnd = known?.ToldEnd,
            ToldDays = known?.ToldDays,
            Left = known?.Left ?? [],
            ETag = known?.ETag ?? default,
        };
        if (DueCall(next, now) is { } days)
        {
            untold.Add(ChannelEvent.Of(ChannelEvent.Expiring, channel, found, $"{found.ExpiresAt:O} {days}", now, days));
            next = next with { ToldEnd = found.ExpiresAt, ToldDays = days };
        }

        return next with { Untold = [.. untold.TakeLast(MostUntold)] };
    }

    /// <summary>The row of table <c>sources</c>.</summary>
    public TableRow Write(string channel, string rowKey)
    {
        var row = new TableRow(channel, rowKey)
        {
            ["Name"] = Registration.Name,
            ["State"] = Registration.State.ToString(),
            ["Detail"] = Registration.Detail,
            ["Step"] = Registration.Step,
            ["ExpiresAt"] = Registration.ExpiresAt,
            ["CheckedAt"] = CheckedAt,
            ["Since"] = Since,
            ["ToldEnd"] = ToldEnd,
            ["ToldDays"] = ToldDays,
        };
        if (Left.Count > 0) row["Left"] = string.Join(',', Left);
        if (Untold.Count > 0)
            row.SetBytes("Untold", JsonSerializer.SerializeToUtf8Bytes([.. Untold], ChannelEventJson.Default.CloudEventChannelFactsArray));
        return row;
    }

    public static KnownRegistration Read(TableRow row) => new()
    {
        Registration = new Registration(
            row.Text("Name") ?? "", Enum.TryParse<RegistrationState>(row.Text("State"), out var state)
            ? state : RegistrationState.Unknown, row.Text("Detail"), row.Text("Step"), row.Time("ExpiresAt")),
        CheckedAt = row.Time("CheckedAt") ?? default,
        Since = row.Time("Since") ?? default,
        ToldEnd = row.Time("ToldEnd"),
        ToldDays = row.Int("ToldDays"),
        Untold = row.Bytes("Untold") is { } untold
        ? JsonSerializer.Deserialize(untold.Span, ChannelEventJson.Default.CloudEventChannelFactsArray) ?? [] : [],
        Left = row.Text("Left")?.Split(',') ?? [],
        ETag = row.ETag,
    };

    /// <summary>
    /// Whole days until expiry, negative once expired, when it is near enough to act: a week, or a day where it renews itself. Null
    /// otherwise.
    /// </summary>
    public int? EndsSoon(DateTimeOffset now) =>
        Registration.ExpiresAt - now is { } left && left <= TimeSpan.FromDays(RenewsItself ? 1 : 7)
        ? (int)Math.Floor(left.TotalDays) : null;

    /// <summary>Whether it ends before a time unless it is renewed by us, or could not be seen at the last check.</summary>
    public bool WantsRenewal(DateTimeOffset before) =>
        Registration.State == RegistrationState.Unknown || (RenewsItself && Registration.ExpiresAt < before);

    private bool RenewsItself => Registration is { Step: null, State: RegistrationState.Right or RegistrationState.Repaired };

    private static int? DueCall(KnownRegistration known, DateTimeOffset now)
    {
        if (known.Registration.ExpiresAt is not { } end) return null;
        var told = known.ToldEnd == end ? known.ToldDays ?? int.MaxValue : int.MaxValue;
        var calls = known.RenewsItself ? Calls.AsSpan(2) : Calls;
        int? due = null;
        foreach (var days in calls)
            if (end - now <= TimeSpan.FromDays(days) && days < told) due = days;
        return due;
    }
}
