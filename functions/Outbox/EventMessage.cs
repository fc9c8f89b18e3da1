using Serverless.Platform.Json;

namespace Serverless.Outbox;

/// <summary>A message of a route's queue: the event as published, whom it is for, and counters; never a list of targets, which would not
/// fit.</summary>
public static class EventMessage
{
    /// <summary>Writes a message. Null and 0 are left out.</summary>
    /// <param name="json">The whole CloudEvent.</param>
    /// <param name="target">Null for all targets of the route.</param>
    /// <param name="attempt">Counts tries.</param>
    /// <param name="resend">Number of manual resends.</param>
    /// <param name="postponed">Counts how often it was put back because storage was down.</param>
    /// <param name="notBefore">A message that comes earlier is put back.</param>
    /// <param name="incident">Key of the incident that a retry sends; null for a notification by itself.</param>
    public static byte[] Write(
        ReadOnlyMemory<byte> json, string? target = null, int attempt = 0, int resend = 0, int postponed = 0,
        DateTimeOffset? notBefore = null, string? incident = null)
    {
        using var buffer = new MemoryStream(json.Length + 128);
        using (var writer = PlainJson.Writer(buffer))
        {
            writer.WriteStartObject();
            if (target is not null) writer.WriteString("target", target);
            if (attempt > 0) writer.WriteNumber("attempt", attempt);
            if (resend > 0) writer.WriteNumber("resend", resend);
            if (postponed > 0) writer.WriteNumber("postponed", postponed);
            if (notBefore is { } at) writer.WriteString("notBefore", at);
            if (incident is not null) writer.WriteString("incident", incident);
            writer.WritePropertyName("event");
            writer.WriteRawValue(json.Span);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
