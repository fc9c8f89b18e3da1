using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Platform.Json;
using Serverless.Platform.Storage;

namespace Serverless.Notifications;

/// <summary>State of one notification.</summary>
public sealed record NotificationState
{
    public const string Sending = "sending";
    public const string Delivered = "delivered";
    public const string Waiting = "waiting";
    public const string Failed = "failed";
    public const string Void = "void";

    /// <summary>Every state there is.</summary>
    public static IReadOnlyList<string> All { get; } = [Sending, Delivered, Waiting, Failed, Void];

    public required string EventId { get; init; }

    public required string Type { get; init; }

    /// <summary>Null for an event that is about no case.</summary>
    public string? CaseId { get; init; }

    public required string Route { get; init; }

    public required string Target { get; init; }

    /// <summary>
    /// <c>sending</c> during an attempt, <c>delivered</c>, <c>waiting</c> for a retry, <c>failed</c> for good, or <c>void</c>: its
    /// subject was erased.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Number of the last try, 0 for the first; -1 when it was sent again by hand and not tried yet.</summary>
    public required int Attempt { get; init; }

    /// <summary>Number of manual resends; attempts are counted anew each time.</summary>
    public int Resend { get; init; }

    /// <summary>Outcome of the last attempt.</summary>
    public required string Reason { get; init; }

    public DateTimeOffset? NextAt { get; init; }

    /// <summary>End of the claim of the current attempt; afterwards another run may take over.</summary>
    public DateTimeOffset? ClaimedUntil { get; init; }

    /// <summary>Which run claimed it: a write whose answer was lost is known by it.</summary>
    internal string? ClaimedBy { get; init; }

    /// <summary>As it was read.</summary>
    internal TableRow? Row { get; init; }

    /// <summary>The last tries, oldest first.</summary>
    public IReadOnlyList<NotificationAttempt> Tries { get; init; } = [];

    internal static NotificationState? From(TableRow row) => row.Text("State") is not { } state ? null : new NotificationState
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
        ClaimedUntil = row.Time("ClaimedUntil"),
        ClaimedBy = row.Text("ClaimedBy"),
        Row = row,
        Tries = row.Text("Tries") is { } json
        ? JsonSerializer.Deserialize(json, NotificationJson.Default.ListNotificationAttempt) ?? [] : [],
    };
}

/// <summary>Selected notifications: all of a period, narrowed by route and target.</summary>
public sealed record NotificationSelection
{
    /// <summary>Earlier events are left out.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The end, not included.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>One of the words of <see cref="NotificationState"/>; null for all.</summary>
    public string? State { get; init; } = NotificationState.Failed;

    /// <summary>Null for all.</summary>
    public string? Route { get; init; }

    /// <summary>Null for all.</summary>
    public string? Target { get; init; }
}

/// <summary>A stored notification.</summary>
/// <param name="State">Its state.</param>
/// <param name="Event">The complete CloudEvent; null when it was written before events were stored with it.</param>
/// <param name="Row">Its row.</param>
public sealed record FailedNotification(NotificationState State, ReadOnlyMemory<byte>? Event, TableRow Row);

/// <summary>One attempt.</summary>
/// <param name="At">When it began.</param>
/// <param name="Milliseconds">Its duration.</param>
/// <param name="Reason">Status code or short code.</param>
public sealed record NotificationAttempt(DateTimeOffset At, int Milliseconds, string Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<NotificationAttempt>))]
[JsonSerializable(typeof(List<NotificationState>))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(NotificationFacts))]
internal sealed partial class NotificationJson : JsonSerializerContext
{
    static NotificationJson() => Default = new(PlainJson.Of(Default));
}
