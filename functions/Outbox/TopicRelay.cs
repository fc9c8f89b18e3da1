using System.Text.Json;
using Serverless.Platform.Messaging;

namespace Serverless.Outbox;

/// <summary>
/// Sends events to topic <c>case-events</c>, for other systems. After a failure this instance pauses for half a minute, and events of
/// that time are marked as missing at once, so that an outage delays no contact. Without <c>ServiceBusConnection</c> there is no topic,
/// and nothing is marked.
/// </summary>
public sealed partial class TopicRelay(TopicClient topic, TimeProvider time, ILogger<TopicRelay> log)
{
    /// <summary>Name of the topic.</summary>
    public const string Topic = "case-events";

    /// <summary>Pause of this instance after a failure of the topic.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    // What subscribers may filter by: words of the event's data, beside its type. None is personal. infra/types.bicep names them for
    // subscribers.
    internal static readonly string[] Filterable = ["channel", "network", "need", "owes", "urgency", "language", "owner", "state", "kind",
        "place", "direction", "change"];

    private readonly Lock _gate = new();
    private DateTimeOffset _restsUntil;
    private TopicState _state = new(null, null);

    /// <summary>False without a bus.</summary>
    public bool IsOn => topic.IsOn;

    /// <summary>Last results of this instance.</summary>
    public TopicState State
    {
        get
        {
            lock (_gate) return _state;
        }
    }

    /// <summary>Sends in order, up to the first that the topic does not take.</summary>
    /// <returns>Number of events that need no further sending.</returns>
    public async Task<int> SendAsync(string subject, IReadOnlyList<OutboxEntry> entries, CancellationToken ct)
    {
        if (!topic.IsOn) return entries.Count;
        for (var sent = 0; sent < entries.Count; sent++)
            if (Rests() || !await TrySendAsync(subject, entries[sent], ct)) return sent;
        return entries.Count;
    }

    private bool Rests()
    {
        lock (_gate) return time.GetUtcNow() < _restsUntil;
    }

    private async Task<bool> TrySendAsync(string subject, OutboxEntry entry, CancellationToken ct)
    {
        try
        {
            await topic.SendAsync(Topic, MessageOf(entry), ct);
            lock (_gate) _state = new TopicState(time.GetUtcNow(), null);
            return true;
        }
        catch (BusUnavailableException error)
        {
            LogBusDown(subject, entry.Id, error.Status);
            lock (_gate)
            {
                _restsUntil = time.GetUtcNow() + Rest;
                _state = _state with { Problem = error.Message };
            }

            return false;
        }
    }

    private static BusMessage MessageOf(OutboxEntry entry)
    {
        Dictionary<string, string> properties = new(StringComparer.Ordinal) { ["type"] = entry.Type };
        using var json = JsonDocument.Parse(entry.Json);
        if (json.RootElement.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object)
            foreach (var name in Filterable)
                if (data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
                    && value.GetString() is { Length: > 0 } word) properties[name] = word;
        return new BusMessage(entry.Id, entry.Json) { ContentType = "application/cloudevents+json", Properties = properties };
    }

    [LoggerMessage(40, LogLevel.Warning, "bus down: {Subject} owes the topic event {EventId}, status={Status}; Tick sends it")]
    private partial void LogBusDown(string subject, string eventId, int status);
}

/// <summary>State of the topic as seen by one instance.</summary>
/// <param name="LastSent">When it took an event last; null if it did not yet.</param>
/// <param name="Problem">Why it took none since; null when all is well.</param>
public sealed record TopicState(DateTimeOffset? LastSent, string? Problem);
