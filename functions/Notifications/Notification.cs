using System.Text.Json;
using Serverless.Outbox;

namespace Serverless.Notifications;

/// <summary>An event to be sent to the targets of one route; a retry names its target and counts attempts (D2).</summary>
public sealed record Notification
{
    public required string EventId { get; init; }

    /// <summary>CloudEvents type.</summary>
    public required string Type { get; init; }

    /// <summary>Facts of the event about its case and contact.</summary>
    public required NotificationFacts Facts { get; init; }

    /// <summary>The case; null when the event is about none (a channel, a credential).</summary>
    public string? CaseId => Facts.CaseId;

    /// <summary>The contact the event is about; null when it is about the case alone.</summary>
    public string? ContactId => Facts.ContactId;

    /// <summary>When the event became true.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The whole CloudEvent, as published.</summary>
    public required ReadOnlyMemory<byte> Event { get; init; }

    /// <summary>The trace that the event became true in; null when nobody listened.</summary>
    public string? Trace { get; init; }

    /// <summary>The one target of a later try; null at first.</summary>
    public string? Target { get; init; }

    /// <summary>0 at first.</summary>
    public int Attempt { get; init; }

    /// <summary>Number of manual resends; 0 for the original. Attempts are counted anew each time.</summary>
    public int Resend { get; init; }

    /// <summary>Number of cases it represents; 0 when it is a notification by itself.</summary>
    public int Alike { get; init; }

    /// <summary>
    /// Key of its incident (<see cref="IncidentGrouping"/>); null for a notification by itself. A retry keeps it.
    /// </summary>
    public string? Incident { get; init; }

    /// <summary>Number of times this attempt was put back because storage was unavailable; 0 at first.</summary>
    public int Postponed { get; init; }

    /// <summary>Not to be worked before; null: at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Reads a message of a route's queue: a CloudEvent, alone or with target and counters (<see cref="EventMessage"/>). Throws
    /// <see cref="JsonException"/> when it is neither.</summary>
    public static Notification Parse(string message)
    {
        using var json = JsonDocument.Parse(message);
        try
        {
            return Read(json.RootElement);
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new JsonException("A message of a route holds an event with id, type, time and data.", error);
        }
    }

    private static Notification Read(JsonElement root)
    {
        var wrapped = root.TryGetProperty("event", out var e);
        if (!wrapped) e = root;
        var data = e.GetProperty("data");
        return new Notification
        {
            EventId = e.GetProperty("id").GetString() ?? throw new JsonException("The event has no id."),
            Type = e.GetProperty("type").GetString() ?? throw new JsonException("The event has no type."),
            Facts = data.Deserialize(NotificationJson.Default.NotificationFacts) ?? throw new JsonException("The event has no data."),
            At = e.GetProperty("time").GetDateTimeOffset(),
            Event = JsonSerializer.SerializeToUtf8Bytes(e, NotificationJson.Default.JsonElement),
            Trace = e.TryGetProperty("traceparent", out var trace) ? trace.GetString() : null,
            Target = wrapped && root.TryGetProperty("target", out var target) ? target.GetString() : null,
            Attempt = Count("attempt"),
            Resend = Count("resend"),
            Postponed = Count("postponed"),
            Incident = wrapped && root.TryGetProperty("incident", out var incident) ? incident.GetString() : null,
            NotBefore = wrapped && root.TryGetProperty("notBefore", out var at) ? at.GetDateTimeOffset() : null,
        };

        int Count(string name) => wrapped && root.TryGetProperty(name, out var count) ? count.GetInt32() : 0;
    }

    /// <summary>Its state for a target after this attempt.</summary>
    internal NotificationState StateAt(string route, string target, string state, string reason, DateTimeOffset? next) => new()
    {
        EventId = EventId,
        Type = Type,
        CaseId = CaseId,
        Route = route,
        Target = target,
        State = state,
        Attempt = Attempt,
        Resend = Resend,
        Reason = reason,
        NextAt = next,
    };

    /// <summary>The message of a later try.</summary>
    /// <param name="target">Null for all targets.</param>
    /// <param name="attempt">Counts tries.</param>
    /// <param name="postponed">Counts how often this try was put back.</param>
    /// <param name="notBefore">A message that comes earlier is put back.</param>
    public byte[] Wrap(string? target, int attempt, int postponed = 0, DateTimeOffset? notBefore = null) =>
        EventMessage.Write(Event, target, attempt, Resend, postponed, notBefore, Incident);
}

/// <summary>
/// Facts of an event that a route may need to choose targets and write its text without reading the case. Absent facts are null.
/// </summary>
public sealed record NotificationFacts
{
    public string? CaseId { get; init; }

    /// <summary>The case number, as people say it.</summary>
    public string? Number { get; init; }

    /// <summary><c>open</c> or <c>closed</c>.</summary>
    public string? State { get; init; }

    public string? Owner { get; init; }

    /// <summary>Why the customer came.</summary>
    public string? Need { get; init; }

    /// <summary>What we do next.</summary>
    public string? Owes { get; init; }

    /// <summary><c>at-once</c>, <c>high</c>, <c>normal</c> or <c>low</c>.</summary>
    public string? Urgency { get; init; }

    public DateTimeOffset? DueAt { get; init; }

    public string? ContactId { get; init; }

    /// <summary><c>received</c>, <c>edited</c>, <c>removed</c>, <c>restored</c>, <c>progressed</c>.</summary>
    public string? Change { get; init; }

    public string? Channel { get; init; }

    public string? Network { get; init; }

    public string? Kind { get; init; }

    /// <summary><c>private</c> or <c>public</c>.</summary>
    public string? Place { get; init; }

    /// <summary><c>inbound</c> or <c>outbound</c>.</summary>
    public string? Direction { get; init; }

    /// <summary>Whom the case is offered to, while they have not accepted.</summary>
    public string? HandOverTo { get; init; }

    public string? AcceptedBy { get; init; }

    /// <summary>Number of overdue notifications of this wait.</summary>
    public int Overdue { get; init; }

    /// <summary>True when the contact did not reach us by itself but was found, imported or replayed: no automatic text follows from it
    /// (P9).</summary>
    public bool Recovered { get; init; }

    /// <summary>Set when a machine wrote the contact: <c>receipt</c> (ours), <c>auto-reply</c>, <c>bounce</c>, <c>list</c>,
    /// <c>generated</c>.</summary>
    public string? Automatic { get; init; }

    /// <summary>The promise that the event is about, or that was made or kept with its contact.</summary>
    public NoticePromise? Promise { get; init; }

    /// <summary>The reply that an event is about; null for all others.</summary>
    public NotificationReply? Reply { get; init; }
}

/// <summary>What an event says of a promise.</summary>
/// <param name="Id">Names it within the case.</param>
/// <param name="Kind"><c>answer</c>, <c>public-answer</c>, <c>call-back</c>, <c>solution</c>, <c>named</c>.</param>
/// <param name="Due">By when.</param>
public sealed record NoticePromise(string Id, string Kind, DateTimeOffset Due)
{
    /// <summary>Whether the customer waits for a word of ours by it: when it breaks, people hear that the case is overdue.</summary>
    public bool IsAnswer => Kind is "answer" or "public-answer" or "call-back";
}

/// <summary>A reply, as an event names it.</summary>
/// <param name="Reason">Why it failed: a short code; null when there is none.</param>
public sealed record NotificationReply(string? Reason);
