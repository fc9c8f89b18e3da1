using System.Text.Json;
using Azure;
using Serverless.Platform.Storage;

namespace Serverless.Notifications.Subscriptions;

/// <summary>Result of a request about a subscription.</summary>
/// <param name="Status">As an HTTP status code.</param>
/// <param name="View">The subscription as it is now; null with a problem, and when it is gone.</param>
/// <param name="Problem">A sentence that says what to do.</param>
/// <param name="Version">For the ETag.</param>
public sealed record SubscriptionResult(int Status, SubscriptionView? View = null, string? Problem = null, int Version = 0);

/// <summary>
/// Creates, updates, tests and deletes subscriptions. Those from settings can be read and tested here, and are changed in the settings.
/// </summary>
public sealed class SubscriptionRequests(SubscriptionStore subscriptions, AttemptStore notices, IEnumerable<INotificationRoute> routes,
    SubscriptionForm form, TimeProvider time)
{
    /// <summary>The route of subscriptions.</summary>
    public const string Route = "webhook";

    /// <summary>Longest time, in hours, for which the secret before signs too.</summary>
    public const int MostHours = 30 * 24;

    private const string ByName = "A name has letters, digits, - and _, at most 50 characters.";
    private static readonly SubscriptionResult Unknown = new(404, Problem: "There is no subscription of that name.");
    private static readonly SubscriptionResult OfSettings = new(409,
        Problem: "This subscription comes from the settings (Webhook__Subscribers__...) and is changed there.");
    private static readonly SubscriptionResult NoMaster = new(409,
        Problem: "Webhook__MasterSecret is missing: set it to 32 random characters or more; the secrets of subscriptions are derived from it.");
    private static readonly SubscriptionResult ChangedMeanwhile = new(412,
        Problem: "The subscription was changed by another request: read it again and send its ETag.");

    /// <summary>All, by name.</summary>
    public async Task<IReadOnlyList<SubscriptionView>> ListAsync(CancellationToken ct)
    {
        var off = await notices.SwitchedOffAsync(Route, ct);
        return [.. (await subscriptions.FreshAsync(ct)).Values.OrderBy(s => s.Name, StringComparer.OrdinalIgnoreCase)
            .Select(s => ViewOf(s, off))];
    }

    /// <summary>One of them.</summary>
    public async Task<SubscriptionResult> ShowAsync(string name, CancellationToken ct) =>
        await subscriptions.FindAsync(name, ct) is { } found ? await AnswerAsync(200, found.Subscription, ct) : Unknown;

    /// <summary>Creates a subscription with a new secret, which is returned only here.</summary>
    public async Task<SubscriptionResult> MakeAsync(JsonElement body, CancellationToken ct)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String
            || !NotificationTarget.IsName(name.GetString()!)) return new(400, Problem: $"name is missing. {ByName}");
        var (wanted, problem) = form.Fill(new Subscription { Name = name.GetString()!, CreatedAt = time.GetUtcNow(), Version = 1 }, body);
        if (wanted is null) return new(400, Problem: problem);
        if (subscriptions.Renewed(wanted, null) is not { } made) return NoMaster;
        var all = await subscriptions.FreshAsync(ct);
        if (all.Values.Count(s => s.Version > 0) >= SubscriptionStore.Most)
            return new(409, Problem: $"The limit of {SubscriptionStore.Most} subscriptions is reached: delete one that is not needed.");
        if (all.ContainsKey(made.Name) || await subscriptions.AddAsync(made, ct) != WriteState.Written)
            return new(409, Problem: "A subscription of that name already exists: choose another name, or change the existing one.");
        await notices.SwitchOnAsync(Route, made.Name, ct);
        return await AnswerAsync(201, made, ct, made.Secret);
    }

    /// <summary>Changes the fields named, if it still is of the version named.</summary>
    /// <param name="name">Which.</param>
    /// <param name="version">As shown; null for any.</param>
    /// <param name="body">Fields.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<SubscriptionResult> ChangeAsync(string name, int? version, JsonElement body, CancellationToken ct)
    {
        if (await subscriptions.FindAsync(name, ct) is not { } found) return Unknown;
        if (found.Subscription.Version == 0) return OfSettings;
        if (version is { } asShown && asShown != found.Subscription.Version) return ChangedMeanwhile;
        var (wanted, problem) = form.Fill(found.Subscription, body);
        return wanted is null ? new(400, Problem: problem) : await KeepAsync(wanted, found.ETag, null, ct);
    }

    /// <summary>Deletes a subscription and discards its pending notifications.</summary>
    public async Task<SubscriptionResult> RemoveAsync(string name, CancellationToken ct)
    {
        if (await subscriptions.FindAsync(name, ct) is not { } found) return Unknown;
        if (found.Subscription.Version == 0) return OfSettings;
        await subscriptions.RemoveAsync(name, ct);
        await notices.SwitchOnAsync(Route, found.Subscription.Name, ct);
        return new(204);
    }

    /// <summary>Creates a new secret, returned only here; the current one also signs for the given number of hours, 0 for none.</summary>
    public async Task<SubscriptionResult> RotateAsync(string name, int hours, CancellationToken ct)
    {
        if (hours is < 0 or > MostHours)
            return new(400, Problem: $"hours is how long the current secret stays valid: a number from 0 to {MostHours}; 24 by default.");
        if (await subscriptions.FindAsync(name, ct) is not { } found) return Unknown;
        if (found.Subscription.Version == 0) return OfSettings;
        if (subscriptions.Renewed(found.Subscription, hours > 0 ? time.GetUtcNow().AddHours(hours) : null) is not { } wanted)
            return NoMaster;
        return await KeepAsync(wanted, found.ETag, wanted.Secret, ct);
    }

    /// <summary>Pauses or resumes; resuming also re-enables an address that was switched off by 410.</summary>
    public async Task<SubscriptionResult> PauseAsync(string name, bool pause, CancellationToken ct)
    {
        if (await subscriptions.FindAsync(name, ct) is not { } found) return Unknown;
        if (found.Subscription.Version == 0) return OfSettings;
        if (!pause) await notices.SwitchOnAsync(Route, found.Subscription.Name, ct);
        if (pause == found.Subscription.PausedAt is not null) return await AnswerAsync(200, found.Subscription, ct);
        return await KeepAsync(found.Subscription with { PausedAt = pause ? time.GetUtcNow() : null }, found.ETag, null, ct);
    }

    /// <summary>Sends a signed test event at once, even to one that is paused or switched off. Null when there is no such
    /// subscription.</summary>
    public async Task<PingResult?> PingAsync(string name, CancellationToken ct)
    {
        // The route reads the same cached list, which an instance may have read seconds ago.
        await subscriptions.FreshAsync(ct);
        var route = routes.Single(r => r.Name == Route);
        if (await route.FindAsync(name, ct) is not { } target) return null;
        var ping = SubscriptionEvent.PingOf(target.Name, time.GetUtcNow());
        var began = time.GetTimestamp();
        var outcome = await route.TryAsync(ping, target, () => Task.FromResult<Serverless.Contacts.Contact?>(null), ct);
        return new PingResult(ping.EventId, outcome.Kind == AttemptOutcomeKind.Delivered, outcome.Reason,
            (int)time.GetElapsedTime(began).TotalMilliseconds);
    }

    private async Task<SubscriptionResult> KeepAsync(Subscription wanted, ETag asRead, string? secret, CancellationToken ct)
    {
        wanted = wanted with { Version = wanted.Version + 1 };
        return await subscriptions.ReplaceAsync(wanted, asRead, ct) switch
        {
            WriteState.Written => await AnswerAsync(200, wanted, ct, secret),
            WriteState.Missing => Unknown,
            _ => ChangedMeanwhile,
        };
    }

    private async Task<SubscriptionResult> AnswerAsync(int status, Subscription one, CancellationToken ct, string? secret = null) =>
        new(status, ViewOf(one, await notices.SwitchedOffAsync(Route, ct)) with { Secret = secret }, Version: one.Version);

    private SubscriptionView ViewOf(Subscription one, IReadOnlyDictionary<string, string> off) => new()
    {
        Name = one.Name,
        Url = one.Url,
        Types = Subscription.Parts(one.Types),
        Channels = Subscription.Parts(one.Channels),
        Needs = Subscription.Parts(one.Needs),
        Owes = Subscription.Parts(one.Owes),
        Owners = Subscription.Parts(one.Owners),
        Networks = Subscription.Parts(one.Networks),
        Include = one.Fields,
        State = off.GetValueOrDefault(one.Name) is { } address && address == one.Url ? "off" : one.PausedAt is null ? "active" : "paused",
        From = one.Version == 0 ? "settings" : "api",
        CreatedAt = one.CreatedAt,
        PausedAt = one.PausedAt,
        PreviousSecretUntil = one.PreviousUntil > time.GetUtcNow() ? one.PreviousUntil : null,
    };
}
