using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Serverless.Platform.Messaging;
using Serverless.Notices;
using Serverless.Outbox;
using Serverless.Receipts;

namespace Serverless.Operations;

/// <summary>What the subscriptions gave up: listed, sent to its own route again, or discarded; every step leaves an audit row.</summary>
public sealed partial class DeadLetterDesk(DeadLetters letters, TopicClient topic, IEnumerable<INoticeRoute> routes, ActionLog actions, TimeProvider time)
{
    /// <summary>Most that one list or one step looks at.</summary>
    public const int MostAtOnce = 100;

    // Looking for one has to pass all before it.
    private const int MostPassed = 500;
    private const int LongestId = 128;
    private const string Prefix = "notify-";

    /// <summary>The subscription of each route.</summary>
    public IReadOnlyList<string> Subscriptions { get; } = [.. routes.Select(r => Prefix + r.Name).Order(StringComparer.Ordinal)];

    /// <summary>The route of a subscription.</summary>
    internal static string RouteOf(string subscription) => subscription[Prefix.Length..];

    /// <summary>The oldest of one subscription. They are locked for as long as it takes to read them, so a step that runs meanwhile does not see them.</summary>
    public async Task<IReadOnlyList<DeadLetterReport>> ListAsync(string subscription, int top, CancellationToken ct)
    {
        List<DeadLetter> seen = [];
        while (seen.Count < top && await letters.LockAsync(OutboxRelay.Topic, subscription, ct) is { } one) seen.Add(one);
        foreach (var one in seen) await letters.UnlockAsync(OutboxRelay.Topic, one, ct);
        return [.. seen.Select(Report)];
    }

    /// <summary>One step. What died again since the first step is left alone, or a cause that persists would keep the caller busy for ever.</summary>
    public async Task<DeadLetterStep> StepAsync(DeadLetterRequest request, bool resubmit, CancellationToken ct)
    {
        var before = request.Before ?? time.GetUtcNow();
        var begun = await actions.BeginAsync(resubmit ? "resubmit" : "discard", request.Subscription, request.Id ?? $"before {before:O}", request.By, ct);
        List<DeadLetter> passed = [];
        var (done, more) = (0, false);
        while (true)
        {
            if (passed.Count + done == (request.Id is null ? MostAtOnce : MostPassed))
            {
                more = done > 0 && request.Id is null;
                break;
            }

            if (await letters.LockAsync(OutboxRelay.Topic, request.Subscription, ct) is not { } letter) break;
            if (request.Id is { } id ? letter.MessageId != id : letter.EnqueuedAt > before)
            {
                passed.Add(letter);
                continue;
            }

            // Sent before it is taken away: a crash in between sends the same id again, which the topic swallows.
            if (resubmit) await topic.SendAsync(OutboxRelay.Topic, Again(letter), ct);
            await letters.RemoveAsync(OutboxRelay.Topic, letter, ct);
            done++;
            if (request.Id is not null) break;
        }

        foreach (var one in passed) await letters.UnlockAsync(OutboxRelay.Topic, one, ct);
        await actions.EndAsync(begun, new Dictionary<string, int>(StringComparer.Ordinal) { ["done"] = done }, ct);
        return new DeadLetterStep(done, more, before);
    }

    private static BusMessage Again(DeadLetter letter)
    {
        var route = RouteOf(letter.Subscription);
        Dictionary<string, string> properties = new(StringComparer.Ordinal) { [OutboxRelay.RouteProperty] = route };
        if (letter.Type is { } type) properties["type"] = type;
        return new BusMessage(AgainId(letter.MessageId, route), letter.Body) { ContentType = letter.ContentType, Properties = properties };
    }

    // The same letter gives the same id, and one that died again the next. A star is no target's name, so no notice's own id looks like it.
    internal static string AgainId(string id, string route)
    {
        var (stem, round) = Sent().Match(id) is { Success: true } sent
            ? (id[..sent.Index], int.Parse(sent.Groups["n"].ValueSpan, CultureInfo.InvariantCulture) + 1)
            : (id, 1);
        var tail = string.Create(CultureInfo.InvariantCulture, $"/{route}/*/resend/{round}");
        return stem.Length + tail.Length <= LongestId ? stem + tail : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(stem)).AsSpan(0, 16)) + tail;
    }

    // Ids and words only: whatever else the body holds stays there.
    private static DeadLetterReport Report(DeadLetter letter)
    {
        Notice? notice = null;
        try
        {
            notice = Notice.Parse(Encoding.UTF8.GetString(letter.Body.Span));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            // That it cannot be read may be why it died.
        }

        return new DeadLetterReport
        {
            Subscription = letter.Subscription,
            Id = letter.MessageId,
            Reason = letter.Reason,
            Description = letter.Description,
            Deliveries = letter.Deliveries,
            EnqueuedAt = letter.EnqueuedAt,
            Type = letter.Type,
            Event = notice?.EventId,
            CaseId = notice?.CaseId,
            Target = notice?.Target,
            Bytes = letter.Body.Length,
        };
    }

    [GeneratedRegex(@"/[A-Za-z0-9_-]+/\*/resend/(?<n>[0-9]{1,6})$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sent();
}

/// <summary>One dead letter, as people see it.</summary>
public sealed record DeadLetterReport
{
    public required string Subscription { get; init; }

    /// <summary>Message id: what resubmit and discard take as <c>id</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The bus's word.</summary>
    public string? Reason { get; init; }

    /// <summary>The bus's sentence.</summary>
    public string? Description { get; init; }

    /// <summary>How often it was handed out; each look at this list counts too.</summary>
    public required int Deliveries { get; init; }

    public required DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>CloudEvents type, or <c>digest</c>.</summary>
    public string? Type { get; init; }

    /// <summary>The event's id; null when the message cannot be read.</summary>
    public string? Event { get; init; }

    public string? CaseId { get; init; }

    /// <summary>The one target of a later try; null for all.</summary>
    public string? Target { get; init; }

    /// <summary>Length of the body.</summary>
    public required int Bytes { get; init; }
}

/// <summary>What a step did.</summary>
/// <param name="Done">Sent again, or discarded.</param>
/// <param name="More">True: repeat with <paramref name="Before"/>.</param>
/// <param name="Before">What the subscription got later is left alone.</param>
public sealed record DeadLetterStep(int Done, bool More, DateTimeOffset Before);

/// <summary>Which dead letters somebody means: one by its id, or all of a subscription up to a time.</summary>
public sealed record DeadLetterRequest
{
    public const string HowTo = """Send {"subscription":"notify-webhook","id":"<message id>"} or {"subscription":"notify-webhook","all":true}, and in further steps before as the step answered it; by says who asks (at most 100 characters).""";

    private const int LongestText = 128;

    public required string Subscription { get; init; }

    /// <summary>Null for all.</summary>
    public string? Id { get; init; }

    /// <summary>Null for now.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Who asks, in their own words.</summary>
    public string? By { get; init; }

    /// <summary>The request in a body; null when it is none.</summary>
    public static DeadLetterRequest? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            string? Text(string name) => json.RootElement.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;
            var all = json.RootElement.TryGetProperty("all", out var every) && every.GetBoolean();
            var (subscription, id, by) = (Text("subscription"), Text("id"), Text("by"));
            if (subscription is null || all == id is not null || id is { Length: 0 or > LongestText } || by is { Length: > 100 } || by?.Any(char.IsControl) == true) return null;
            DateTimeOffset? before = json.RootElement.TryGetProperty("before", out var at) && at.ValueKind != JsonValueKind.Null ? at.GetDateTimeOffset() : null;
            return new DeadLetterRequest { Subscription = subscription, Id = id, Before = before, By = by };
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
