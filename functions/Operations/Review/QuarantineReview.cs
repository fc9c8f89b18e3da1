using System.Security.Cryptography;
using Serverless.Channels;
using Serverless.Intake;
using Serverless.Operations.Diagnostics;
using Serverless.Platform.Audit;
using Serverless.Platform.Storage;
using Serverless.Reconciliation;

namespace Serverless.Operations.Review;

/// <summary>
/// Calls that failed verification, for operators: list, inspect, release, discard. Only calls that pass verification leave quarantine for
/// a case (P6).
/// </summary>
public sealed class QuarantineReview(
    DeliveryWalk walk, DeliveryStore deliveries, OpenDeliveries open, ChannelDirectory channels, AuditLog actions, FailureAdvice advice,
    TimeProvider time)
{
    /// <summary>Most deliveries of one page, and of one step of a release.</summary>
    public const int LargestPage = 100;

    /// <summary>Marks a released delivery, which has to pass verification once more in Normalise.</summary>
    private const string Released = "released";

    private const string IsQuarantined = $"End eq '{DeliveryEnd.Quarantined}'";

    /// <summary>One page of quarantined calls.</summary>
    /// <exception cref="ArgumentException">The continuation is none of this query.</exception>
    public async Task<QuarantinePage> ListAsync(string channel, HourRange hours, int top, string? continuation, CancellationToken ct)
    {
        var page = await walk.PageAsync(channel, hours, IsQuarantined, top, continuation, ct, "Reason", "Method", "ReceivedAt",
            "BodyLength");
        return new QuarantinePage([.. page.Rows.Select(row => Listed(new DeliveryKey(channel, row.RowKey), row))], page.Continuation);
    }

    /// <summary>
    /// Number of calls of a channel that arrived within the last 24 hours and are in quarantine, counted up to a hundred.
    /// </summary>
    public async Task<RowCount> CountAsync(string channel, CancellationToken ct)
    {
        var page = await walk.PageAsync(channel, HourRange.Last(24, time.GetUtcNow()), IsQuarantined, LargestPage, null, ct, "End");
        return new RowCount(page.Rows.Count, page.Continuation is not null);
    }

    /// <summary>One of them with all that helps to find the cause; null when it is unknown, erased, or not in quarantine.</summary>
    public async Task<QuarantinedFile?> FindAsync(DeliveryKey key, CancellationToken ct)
    {
        if (channels.Find(key.Channel) is not { } channel) return null;
        if (await deliveries.FindAsync(key, ct) is not { } row || row.Text("End") != DeliveryEnd.Quarantined) return null;
        var delivery = await deliveries.LoadAsync(key, row, ct);
        var query = delivery.PathAndQuery.IndexOf('?', StringComparison.Ordinal);
        return new QuarantinedFile
        {
            Delivery = Listed(key, row),
            Path = query < 0 ? delivery.PathAndQuery : delivery.PathAndQuery[..query],
            Headers = delivery.Headers.ToDictionary(h => h.Key, h => IsSecret(h.Key)
                ? $"({h.Value.Length} characters)" : h.Value, StringComparer.Ordinal),
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(delivery.Body.Span)),
            SentAt = row.Time("SentAt"),
            Today = StaysFor(channel, delivery) is { } reason
                ? $"{reason}: {advice.For(reason)}"
                : "Verification passes with the current settings: the delivery can be released.",
            Hints = channel is IExplainsFailures explains ? [.. explains.Explain(delivery)] : [],
        };
    }

    /// <summary>
    /// Releases deliveries that pass verification with the current settings, as of their arrival; others stay, with the current reason.
    /// Safe to repeat and to race: each is released once.
    /// </summary>
    /// <param name="selection">One, or all of some hours: then a step of at most <see cref="LargestPage"/>, and a continuation.</param>
    /// <param name="ct">Cancels.</param>
    public Task<ReviewStep> ReleaseAsync(ReviewSelection selection, CancellationToken ct) =>
        StepAsync("release", selection, (channel, key, row) => ReleaseAsync(channel, key, row, ct), ct);

    /// <summary>Keeps metadata only: body, headers and query are deleted for good.</summary>
    public Task<ReviewStep> DiscardAsync(ReviewSelection selection, CancellationToken ct) =>
        StepAsync("discard", selection, async (_, key, row) =>
        await deliveries.DiscardAsync(key, row, time.GetUtcNow(), ct) ? ReviewStep.DoneWord : ReviewStep.AlreadyWord, ct);

    private async Task<ReviewStep> StepAsync(string what, ReviewSelection selection,
        Func<IChannel, DeliveryKey, TableRow, Task<string>> review, CancellationToken ct)
    {
        var channel = channels.Find(selection.Channel) ?? throw new ArgumentException("There is no such channel.", nameof(selection));
        var (keys, continuation) = await KeysAsync(channel.Name, selection, ct);
        var begun = await actions.BeginAsync(what, channel.Name, selection.On, selection.By, ct);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var key in keys)
        {
            // Read again: the page may be older than another request's change.
            var became = await deliveries.FindAsync(key, ct) is not { } row ? "unknown"
                : row.Text("End") != DeliveryEnd.Quarantined ? ReviewStep.AlreadyWord
                : await review(channel, key, row);
            counts[became] = counts.GetValueOrDefault(became) + 1;
        }

        await actions.EndAsync(begun, counts, ct);
        return ReviewStep.Of(counts, continuation, advice);
    }

    private async Task<(IReadOnlyList<DeliveryKey> Keys, string? Continuation)> KeysAsync(string channel, ReviewSelection selection,
        CancellationToken ct)
    {
        if (selection.Delivery is { } id) return ([new DeliveryKey(channel, id)], null);
        var page = await walk.PageAsync(channel, selection.Hours, IsQuarantined, LargestPage, selection.Continuation, ct, "End");
        return ([.. page.Rows.Select(row => new DeliveryKey(channel, row.RowKey))], page.Continuation);
    }

    private async Task<string> ReleaseAsync(IChannel channel, DeliveryKey key, TableRow row, CancellationToken ct)
    {
        var delivery = await deliveries.LoadAsync(key, row, ct);
        if (StaysFor(channel, delivery) is { } reason)
        {
            if (reason != row.Text("Reason"))
                await deliveries.EndAsync(key, DeliveryEnd.Quarantined, null, reason, time.GetUtcNow(), ct, row.ETag);
            return reason;
        }

        await open.ReachBackAsync(key.Channel, key.At, ct);
        return await deliveries.ReopenAsync(key, row.ETag, DeliveryEntity.ReleasedAt, Released, time.GetUtcNow(), ct)
            ? ReviewStep.DoneWord : ReviewStep.AlreadyWord;
    }

    // Pending is released: Normalise loads the key, verifies, and puts back what is invalid.
    private static string? StaysFor(IChannel channel, Delivery delivery) => channel.Verify(delivery) switch
    {
        VerificationResult.Valid or VerificationResult.Pending => null,
        VerificationResult.Invalid forged => forged.Reason,
        _ => VerificationReasons.SignatureMissing,
    };

    private QuarantinedDelivery Listed(DeliveryKey key, TableRow row)
    {
        var reason = row.Text("Reason") ?? "";
        return new QuarantinedDelivery(
            key.Id, key.Channel, row.Time("ReceivedAt") ?? key.At, reason, advice.For(reason), row.Text("Method") ?? "",
            row.Int("BodyLength") ?? 0);
    }

    // A signature may be seen; a secret or a bearer token that was sent as it is may not.
    private static bool IsSecret(string header) =>
        Array.Exists(["authorization", "token", "secret", "password", "key", "cookie"], word =>
            header.Contains(word, StringComparison.Ordinal));
}

/// <summary>A quarantined call in a list.</summary>
/// <param name="Id">Delivery id.</param>
/// <param name="Channel">Channel name.</param>
/// <param name="ReceivedAt">When it arrived (UTC).</param>
/// <param name="Reason">Reason code.</param>
/// <param name="Check">Advice, in a sentence.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="BodyLength">Bytes.</param>
public sealed record QuarantinedDelivery(string Id, string Channel, DateTimeOffset ReceivedAt, string Reason, string Check, string Method,
    int BodyLength);

/// <summary>A page of quarantine; sorted by arrival within the page.</summary>
public sealed record QuarantinePage(IReadOnlyList<QuarantinedDelivery> Deliveries, string? Continuation);

/// <summary>A quarantined call with details to find the cause; without its body and query.</summary>
public sealed record QuarantinedFile
{
    public required QuarantinedDelivery Delivery { get; init; }

    /// <summary>Path without the query.</summary>
    public required string Path { get; init; }

    /// <summary>The stored headers; of those that may carry a secret only the length.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>Of the body, in hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The sender's signed time, where only that was wrong.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>Result of verification with the current settings.</summary>
    public required string Today { get; init; }

    /// <summary>Findings of the channel beyond the reason.</summary>
    public required IReadOnlyList<FailureHint> Hints { get; init; }
}

/// <summary>Result of one step of a release or a discard.</summary>
/// <param name="Done">Released or discarded.</param>
/// <param name="Stay">Numbers that stay in quarantine, by current reason.</param>
/// <param name="Already">Handled by another request, or not in quarantine.</param>
/// <param name="Unknown">No such delivery, or erased.</param>
/// <param name="More">True: give <paramref name="Continuation"/> with the next step.</param>
/// <param name="Continuation">Continuation for the next step.</param>
public sealed record ReviewStep(int Done, IReadOnlyList<ReviewStep.Staying> Stay, int Already, int Unknown, bool More, string? Continuation)
{
    internal const string DoneWord = "done";
    internal const string AlreadyWord = "already";
    private const string UnknownWord = "unknown";

    /// <summary>Deliveries that stay for one reason.</summary>
    public sealed record Staying(string Reason, int Count, string Check);

    internal static ReviewStep Of(Dictionary<string, int> counts, string? continuation, FailureAdvice advice) => new(
        counts.GetValueOrDefault(DoneWord),
        [.. counts.Where(c => c.Key is not (DoneWord or AlreadyWord or UnknownWord))
            .Select(c => new Staying(c.Key, c.Value, advice.For(c.Key)))],
        counts.GetValueOrDefault(AlreadyWord), counts.GetValueOrDefault(UnknownWord), continuation is not null, continuation);
}
