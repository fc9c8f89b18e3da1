using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Serverless.Platform.Telemetry;

/// <summary>
/// The app's metrics, under the meter <c>Serverless</c>. Without a listener a count costs one field read and allocates nothing.
/// </summary>
/// <remarks>Tags are channels, routes and fixed words: no ids, no personal data, so that the number of series stays small.</remarks>
public static class Measures
{
    /// <summary>Name of the meter and of the source of spans.</summary>
    public const string Name = "Serverless";

    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Calls = Meter.CreateCounter<long>("serverless.deliveries.received", "{delivery}",
        "Calls of providers by channel and what the door did with them.");
    private static readonly Counter<long> Ends = Meter.CreateCounter<long>("serverless.elements.ended", "{element}",
        "Elements of deliveries by channel and end word.");
    private static readonly Counter<long> Told = Meter.CreateCounter<long>("serverless.notices", "{try}",
        "Tries to tell somebody by route and outcome.");
    private static readonly Counter<long> Answers = Meter.CreateCounter<long>("serverless.replies", "{try}",
        "Tries to send a reply by outcome.");
    private static readonly Gauge<int> Poisoned = Meter.CreateGauge<int>("serverless.poison_messages", "{message}",
        "Queue messages that could not be worked, by queue, as of the last tick.");
    private static readonly Gauge<int> Open = Meter.CreateGauge<int>("serverless.cases", "{case}",
        "Open cases, and of these the overdue and ownerless ones, as of the last tick.");
    private static readonly Gauge<int> Held = Meter.CreateGauge<int>("serverless.deliveries.quarantined", "{delivery}",
        "Calls of the last 24 hours in quarantine, by channel, as of the last tick.");
    private static readonly Gauge<int> Caseless = Meter.CreateGauge<int>("serverless.deliveries.kept", "{delivery}",
        "Deliveries kept of which something has neither case nor placeholder, by channel, as of the last tick.");
    private static readonly Gauge<int> Standing = Meter.CreateGauge<int>("serverless.notices.standing", "{notice}",
        "Notices of the last seven days that wait or were given up, by route, as of the last tick.");
    private static readonly Gauge<int> Days = Meter.CreateGauge<int>("serverless.expires", "d",
        "Whole days until the next credential or registration of a channel ends; negative once it is over.");
    private static readonly Gauge<int> Lost = Meter.CreateGauge<int>("serverless.deliveries.unaccounted", "{delivery}",
        "Deliveries that nobody works, by channel, as of the last tick.");

    /// <summary>A call of a provider.</summary>
    /// <param name="channel">Channel name.</param>
    /// <param name="outcome"><c>accepted</c>, <c>quarantined</c>, <c>refused</c>, <c>unstored</c>, <c>shut</c> or <c>handshake</c>.</param>
    public static void Received(string channel, string outcome) =>
        Calls.Add(1, new KeyValuePair<string, object?>("channel", channel), new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>Elements that came to their end; the reason behind the word is left out.</summary>
    public static void Ended(string channel, string end, int elements = 1)
    {
        if (Ends.Enabled)
            Ends.Add(elements, new KeyValuePair<string, object?>("channel", channel),
                new KeyValuePair<string, object?>("end", end.Split(':')[0]));
    }

    /// <summary>Notification attempts: the number of notifications sent or collected together.</summary>
    public static void Notice(string route, string outcome, int notices = 1) =>
        Told.Add(notices, new KeyValuePair<string, object?>("route", route), new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>A try to send a reply.</summary>
    public static void Reply(string outcome) => Answers.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>Number of overdue deliveries of a channel.</summary>
    public static void Unaccounted(string channel, int count) => Lost.Record(count, new KeyValuePair<string, object?>("channel", channel));

    /// <summary>Messages of a queue that could not be worked.</summary>
    public static void Poison(string queue, int count) => Poisoned.Record(count, new KeyValuePair<string, object?>("queue", queue));

    /// <summary>Open cases: all, and two kinds of these.</summary>
    public static void Cases(int total, int overdue, int ownerless)
    {
        Open.Record(total, new KeyValuePair<string, object?>("which", "all"));
        Open.Record(overdue, new KeyValuePair<string, object?>("which", "overdue"));
        Open.Record(ownerless, new KeyValuePair<string, object?>("which", "ownerless"));
    }

    /// <summary>Calls of a channel in quarantine.</summary>
    public static void Quarantined(string channel, int count) => Held.Record(count, new KeyValuePair<string, object?>("channel", channel));

    /// <summary>Deliveries of a channel stored without a case.</summary>
    public static void Kept(string channel, int count) => Caseless.Record(count, new KeyValuePair<string, object?>("channel", channel));

    /// <summary>Notices of a route in one state.</summary>
    public static void NoticesStanding(string route, string state, int count) =>
        Standing.Record(count, new KeyValuePair<string, object?>("route", route), new KeyValuePair<string, object?>("state", state));

    /// <summary>Days to the next end of a channel's credentials and registrations.</summary>
    public static void DaysLeft(string channel, int days) => Days.Record(days, new KeyValuePair<string, object?>("channel", channel));

    /// <summary>Shows the requests to storage and bus. Once a process: an observed counter stays.</summary>
    internal static void Watch(CallCount calls)
    {
        Meter.CreateObservableCounter("serverless.storage.calls", () =>
            calls.Storage, "{call}", "Requests to tables, blobs and queues, retries included.");
        Meter.CreateObservableCounter("serverless.bus.calls", () => calls.Bus, "{call}", "Requests to the bus, retries included.");
    }
}

/// <summary>
/// Spans of a contact from delivery over case to notification, in one trace: messages and rows in between carry its <c>traceparent</c>.
/// Without a listener there are none.
/// </summary>
public static class Spans
{
    private static readonly ActivitySource Source = new(Measures.Name);

    /// <summary>
    /// The <c>traceparent</c> for messages and rows written now; null without a listener. Source:
    /// https://www.w3.org/TR/trace-context/#traceparent-header
    /// </summary>
    public static string? Carried => Activity.Current is { } current && ReferenceEquals(current.Source, Source) ? current.Id : null;

    /// <summary>
    /// A span that continues the trace of a message, or begins a new one. The framework's span of the request is no parent: it is not
    /// recorded, so a sampler would drop its children.
    /// </summary>
    /// <param name="name">Name of the operation.</param>
    /// <param name="kind">As OpenTelemetry defines it.</param>
    /// <param name="carried">Trace of the message; null without one.</param>
    public static Activity? Start(string name, ActivityKind kind, string? carried = null)
    {
        if (!Source.HasListeners()) return null;
        Activity.Current = null;
        return ActivityContext.TryParse(carried, null, isRemote: true, out var parent)
            ? Source.StartActivity(name, kind, parent) : Source.StartActivity(name, kind);
    }

    /// <summary>A step of the span that runs; null when none does.</summary>
    public static Activity? Step(string name) => Carried is null ? null : Source.StartActivity(name);
}
