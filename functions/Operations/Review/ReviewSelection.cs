using System.Text.Json;
using Serverless.Intake;

namespace Serverless.Operations.Review;

/// <summary>Deliveries to release, discard or replay: one, or all of a channel within a period.</summary>
public sealed record ReviewSelection
{
    public const string HowTo =
        """Send {"channel":"meta","delivery":"<32 hex digits>"} or {"channel":"meta","hour":"2026-11-20T09"}; day, or from and to, can replace hour; by is the name of the person (at most 100 characters).""";

    private const int LongestBy = 100;

    public required string Channel { get; init; }

    /// <summary>One delivery; null for all of <see cref="Hours"/>.</summary>
    public string? Delivery { get; init; }

    public HourRange Hours { get; init; }

    /// <summary>Continuation of the previous step; null for the first.</summary>
    public string? Continuation { get; init; }

    /// <summary>Name of the person, as given.</summary>
    public string? By { get; init; }

    /// <summary>Dry run; for replays.</summary>
    public bool DryRun { get; init; } = true;

    /// <summary>The selection, for the audit log.</summary>
    public string On => Delivery ?? Hours.ToString();

    /// <summary>The selection in a request's body; null when it is none.</summary>
    public static ReviewSelection? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            string? Text(string name) =>
                root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;
            var (delivery, by) = (Text("delivery"), Text("by")?.Trim());
            var hours = HourRange.Parse(Text("hour"), Text("day"), Text("from"), Text("to"));
            if (Text("channel") is not { Length: > 0 } channel || (delivery is null) == (hours is null)) return null;
            if (delivery is not null && !DeliveryKey.IsId(delivery)) return null;
            if (by?.Length > LongestBy || by?.Any(char.IsControl) == true) return null;
            return new ReviewSelection
            {
                Channel = channel,
                Delivery = delivery,
                Hours = hours ?? default,
                Continuation = Text("continuation"),
                By = by,
                DryRun = !root.TryGetProperty("dryRun", out var dryRun) || dryRun.GetBoolean(),
            };
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
