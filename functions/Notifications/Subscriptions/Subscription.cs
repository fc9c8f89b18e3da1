using System.Text.Json.Serialization;
using Serverless.Cases;
using Serverless.Outbox;
using Serverless.Platform.Json;
using Serverless.Platform.Signatures;

namespace Serverless.Notifications.Subscriptions;

/// <summary>
/// A webhook subscription and its filters. Lists are texts with commas; <c>*</c> matches everything, at the end of an entry any ending.
/// </summary>
public sealed record Subscription
{
    /// <summary>Personal fields a subscription may ask for (P12).</summary>
    public static readonly IReadOnlyList<string> PersonalFields = ["text", "parties", "attachments", "reply", "entry"];

    public required string Name { get; init; }

    /// <summary>Address of its webhook; null when a setting lacks it.</summary>
    public string? Url { get; init; }

    public string Types { get; init; } = "*";

    public string Channels { get; init; } = "*";

    public string Needs { get; init; } = "*";

    /// <summary>What we do next.</summary>
    public string Owes { get; init; } = "*";

    public string Owners { get; init; } = "*";

    public string Networks { get; init; } = "*";

    /// <summary>Names of <see cref="PersonalFields"/>; none by default.</summary>
    public string Include { get; init; } = "";

    /// <summary>Signs; null when it is missing in the settings, or its master secret is not in force any more.</summary>
    public string? Secret { get; init; }

    /// <summary>Signs beside <see cref="Secret"/> while it is rotated.</summary>
    public string? PreviousSecret { get; init; }

    /// <summary>Seed of <see cref="Secret"/>; null for one from settings.</summary>
    public SubscriptionSecret? Seed { get; init; }

    /// <summary>Seed of <see cref="PreviousSecret"/>.</summary>
    public SubscriptionSecret? PreviousSeed { get; init; }

    /// <summary>End of <see cref="PreviousSecret"/>; null: until it is taken away.</summary>
    public DateTimeOffset? PreviousUntil { get; init; }

    /// <summary>Start of the pause; null while active.</summary>
    public DateTimeOffset? PausedAt { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Counts changes; 0 for one from the settings, which the API does not change.</summary>
    public int Version { get; init; }

    /// <summary><see cref="Include"/> as a list.</summary>
    public string[] Fields => Parts(Include);

    /// <summary>The secrets that sign now.</summary>
    public SecretPair SecretsAt(DateTimeOffset now) =>
        // A previous secret that is none must not stop the one in force.
        new(Secret, StandardWebhook.IsSecret(PreviousSecret) && !(PreviousUntil <= now) ? PreviousSecret : null);

    /// <summary>Whether it wants this notice. What an event does not say (a channel's trouble has no owner) passes the filters for
    /// it.</summary>
    public bool Wants(Notification notice)
    {
        var facts = notice.Facts;
        // It may have heard of the case while that had another owner or need.
        if (notice.Type == CaseEvent.Erased) return NameList.Holds(Types, notice.Type);
        return NameList.Holds(Types, notice.Type) && Passes(Channels, facts.Channel) && Passes(Needs, facts.Need)
            && Passes(Owes, facts.Owes) && Passes(Networks, facts.Network)
            && (facts.CaseId is null || NameList.Holds(Owners, facts.Owner ?? ""));
    }

    /// <summary>A list as text, taken apart.</summary>
    public static string[] Parts(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static bool Passes(string list, string? value) => value is null || NameList.Holds(list, value);
}

/// <summary>A subscription as returned by the API: without its secret.</summary>
public sealed record SubscriptionView
{
    public required string Name { get; init; }

    public string? Url { get; init; }

    public required string[] Types { get; init; }

    public required string[] Channels { get; init; }

    public required string[] Needs { get; init; }

    public required string[] Owes { get; init; }

    public required string[] Owners { get; init; }

    public required string[] Networks { get; init; }

    public required string[] Include { get; init; }

    /// <summary><c>active</c>, <c>paused</c>, or <c>off</c>: its address answered 410.</summary>
    public required string State { get; init; }

    /// <summary><c>api</c>, or <c>settings</c>: then it is changed there.</summary>
    public required string From { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? PausedAt { get; init; }

    /// <summary>Until then the secret before the present one signs too.</summary>
    public DateTimeOffset? PreviousSecretUntil { get; init; }

    /// <summary>Only in the answer that made it; nobody can read it again.</summary>
    public string? Secret { get; init; }
}

/// <summary>Outcome of a test event.</summary>
/// <param name="EventId">Value of <c>webhook-id</c>.</param>
/// <param name="Delivered">True for an answer of 2xx.</param>
/// <param name="Reason">Status code, or a short code such as <c>timeout</c>.</param>
/// <param name="Milliseconds">Its duration.</param>
public sealed record PingResult(string EventId, bool Delivered, string Reason, int Milliseconds);

/// <summary>Progress of a redelivery request.</summary>
/// <param name="Queued">Number of events sent again.</param>
/// <param name="Unknown">Number of events that cannot be sent: they were not stored.</param>
/// <param name="Continuation">Of the next step; null at the end.</param>
public sealed record RedeliveryResult(int Queued, int Unknown, string? Continuation);

/// <summary>A page of the delivery log.</summary>
public sealed record NotificationPage(IReadOnlyList<NotificationState> Notices, string? Continuation);

/// <summary>JSON form of subscriptions.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SubscriptionView))]
[JsonSerializable(typeof(IReadOnlyList<SubscriptionView>))]
[JsonSerializable(typeof(PingResult))]
[JsonSerializable(typeof(RedeliveryResult))]
[JsonSerializable(typeof(NotificationPage))]
[JsonSerializable(typeof(CloudEvent<PingFacts>))]
public sealed partial class SubscriptionJson : JsonSerializerContext
{
    static SubscriptionJson() => Default = new(PlainJson.Of(Default));
}
