using System.Text.Json;
using Serverless.Intake;
using Serverless.Notifications;

namespace Serverless.Operations;

/// <summary>Notifications to send again: those of one event, or all of a period in one state.</summary>
public sealed record ResendRequest
{
    public const string HowTo = """
        Send {"event":"<id>"}, with route and target if only one is meant, or {"day":"2026-11-20"} (or hour, or from and to, UTC, at most 31 days) with state failed (the default) or waiting, and route and target if not all are meant; by says who asks (at most 100 characters).
        """;

    private const int LongestText = 100;
    private const int DaysBack = 7;

    public required NotificationSelection Selection { get; init; }

    /// <summary>An event's id; null for all of a time.</summary>
    public string? Event { get; init; }

    /// <summary>Continuation of the previous step; null for the first.</summary>
    public string? Continuation { get; init; }

    /// <summary>Name of the person, as given.</summary>
    public string? By { get; init; }

    /// <summary>The selection, for the audit log.</summary>
    public string On =>
        $"{Event ?? new HourRange(Selection.From, Selection.To).ToString()}/{Selection.Route ?? "*"}/{Selection.Target ?? "*"}";

    /// <summary>The selection in a request's body; null when it is none.</summary>
    public static ResendRequest? Parse(ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            string? Text(string name) =>
                json.RootElement.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;
            var (id, state) = (Text("event"), Text("state"));
            var hours = HourRange.Parse(Text("hour"), Text("day"), Text("from"), Text("to"));
            if (hours is null && (id is null || (Text("hour") ?? Text("day") ?? Text("from") ?? Text("to")) is not null)) return null;
            if (id is { Length: 0 or > LongestText }
                || (state is not null && (id is not null || state is not (NotificationState.Failed or NotificationState.Waiting))))
                    return null;
            if (new[] { Text("route"), Text("target"), Text("by") }.Any(t => t is { Length: 0 or > LongestText }
                || t?.Any(char.IsControl) == true)) return null;
            // Whole days: an event is filed under its own.
            var last = hours ?? new HourRange(now.AddDays(-DaysBack), now.AddDays(1));
            return new ResendRequest
            {
                Selection = new NotificationSelection { From = last.From, To = last.To, State = state
                    ?? NotificationState.Failed, Route = Text("route"), Target = Text("target") },
                Event = id,
                Continuation = Text("continuation"),
                By = Text("by"),
            };
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>Result of a step.</summary>
/// <param name="Sent">Put on the bus again.</param>
/// <param name="Void">Left alone, since what they were about is erased.</param>
/// <param name="Forgotten">Skipped, since their event was not stored with them.</param>
/// <param name="More">True: repeat with the continuation.</param>
/// <param name="Continuation">Continuation for the next step.</param>
public sealed record ResendStep(int Sent, int Void, int Forgotten, bool More, string? Continuation);
