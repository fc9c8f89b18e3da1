using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Serverless.Intake;
using Serverless.Platform.Json;
using Serverless.Platform.Storage;

namespace Serverless.Operations.Diagnostics;

/// <summary>Results of a sender's last calls: without content, personal data or ids.</summary>
/// <param name="Channel">Channel name.</param>
/// <param name="At">When this was read (UTC).</param>
/// <param name="Calls">The last calls, the latest first; at most <see cref="SenderReports.Most"/>.</param>
/// <param name="Source">Not null: only calls that failed their check and name this source; those of strangers do not cover them.</param>
public sealed record SenderReport(string Channel, DateTimeOffset At, IReadOnlyList<SentCall> Calls, string? Source = null);

/// <summary>One call.</summary>
/// <param name="At">When it arrived (UTC).</param>
/// <param name="State"><c>stored</c> (not processed yet), <c>worked</c>, <c>kept</c> (valid, parts could not be read), <c>quarantined</c>
/// or <c>refused</c> (failed verification).</param>
/// <param name="Reason">Why it failed its check: a code.</param>
/// <param name="Check">Advice, in a sentence.</param>
/// <param name="ClockSeconds">By how many seconds the sender's signed time is ahead of ours (behind: negative); null where the call is not
/// dated or the proof does not hold.</param>
/// <param name="Bytes">Length of the body.</param>
/// <param name="Sha256">Of the body, in hex: whether what arrived is what was sent.</param>
/// <param name="StandsFor">Number of similar calls this one represents, where only a sample was stored; null for itself alone.</param>
public sealed record SentCall(
    DateTimeOffset At, string State, string? Reason, string? Check, long? ClockSeconds, int Bytes, string? Sha256, int? StandsFor = null);

/// <summary>Reads the last calls of a channel.</summary>
public sealed class SenderReports(DeliveryWalk walk, FailureAdvice advice, TimeProvider time)
{
    /// <summary>Most calls of a report.</summary>
    public const int Most = 50;

    /// <summary>The last calls within 30 days.</summary>
    /// <param name="channel">Channel name.</param>
    /// <param name="source">A source of the channel's settings, to see its failing calls alone; null for all calls.</param>
    /// <param name="language">BCP 47 tag of the sentences.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<SenderReport> ReadAsync(string channel, string? source, string language, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        // Contacts found by reconciliation are no calls of the sender.
        var which = source is null
            ? "Method ne 'LOOK'"
            : $"(End eq '{DeliveryEnd.Quarantined}' or End eq '{DeliveryEnd.Refused}') and Source eq {TableQuery.Literal(source)}";
        var rows = await walk.LatestAsync(
            channel, Most, now, which, ct, "End", "Reason", "ReceivedAt", "SentAt", "BodyLength", "BodyHash", "StandsFor");
        return new SenderReport(channel, now, [.. rows.Select(row => Call(channel, row, language))], source);
    }

    private SentCall Call(string channel, TableRow row, string language)
    {
        var at = row.Time("ReceivedAt") ?? new DeliveryKey(channel, row.RowKey).At;
        var state = row.Text("End") switch
        {
            DeliveryEnd.Quarantined => "quarantined",
            DeliveryEnd.Refused => "refused",
            DeliveryEnd.Kept => "kept",
            DeliveryEnd.Ended or DeliveryEnd.Erased => "worked",
            _ => "stored",
        };
        var reason = state is "quarantined" or "refused" ? row.Text("Reason") : null;
        return new SentCall(
            at, state, reason, reason is null ? null : advice.For(reason, language),
            row.Time("SentAt") is { } sent ? (long)Math.Round((sent - at).TotalSeconds) : null,
            row.Int("BodyLength") ?? 0,
            row["BodyHash"] is ReadOnlyMemory<byte> { Length: SHA256.HashSizeInBytes } hash ? Convert.ToHexStringLower(hash.Span) : null,
            row.Int("StandsFor"));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SenderReport))]
[JsonSerializable(typeof(DiagnosticsLinks.Link))]
internal sealed partial class DiagnosticsJson : JsonSerializerContext
{
    static DiagnosticsJson() => Default = new(PlainJson.Of(Default));
}
