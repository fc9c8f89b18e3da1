using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using Serverless.Contacts;
using Serverless.Notifications.Subscriptions;
using Serverless.Platform.OutboundHttp;
using Serverless.Platform.Signatures;

namespace Serverless.Notifications.Webhook;

/// <summary>Notifies subscribers by a POST of the CloudEvent, signed as in Standard Webhooks.</summary>
/// <remarks>
/// <c>webhook-id</c> is the event's id on every attempt, so a subscriber can detect duplicates. A redirect is a failure: it is never
/// followed. Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
/// </remarks>
public sealed class WebhookRoute(SubscriptionStore subscriptions, IOptionsMonitor<WebhookOptions> options, HttpDelivery posting,
    GuardedHttp http, TimeProvider time) : INotificationRoute
{
    public string Name => "webhook";

    public async Task<IReadOnlyList<NotificationTarget>> TargetsAsync(Notification notice, CancellationToken ct) =>
        [.. (await subscriptions.AllAsync(ct)).Values.Where(s => s.Wants(notice)).Select(TargetOf)];

    public async Task<NotificationTarget?> FindAsync(string name, CancellationToken ct) =>
        (await subscriptions.AllAsync(ct)).GetValueOrDefault(name) is { } subscriber ? TargetOf(subscriber) : null;

    public async Task<AttemptOutcome> TryAsync(Notification notice, NotificationTarget target, Func<Task<Contact?>> readContact,
        CancellationToken ct)
    {
        if ((await subscriptions.AllAsync(ct)).GetValueOrDefault(target.Name) is not { } subscriber)
            return new AttemptOutcome(AttemptOutcomeKind.Refused, "not-configured-any-more");
        // A wrong setting is usually corrected within hours: events of that time are sent then.
        if (!IsUsable(subscriber)) return new AttemptOutcome(AttemptOutcomeKind.Later, "settings-incomplete");
        var fields = subscriber.Fields;
        var contact = fields.Length > 0 && notice.ContactId is not null ? await readContact() : null;
        if (fields.Length > 0 && notice.ContactId is not null && contact is null)
            return new AttemptOutcome(AttemptOutcomeKind.Void, "erased");

        var body = WebhookBody.Write(notice.Event, contact, fields);
        var now = time.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, subscriber.Url) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/cloudevents+json") { CharSet = "utf-8" };
        request.Headers.TryAddWithoutValidation("webhook-id", notice.EventId);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", now.ToUnixTimeSeconds()
            .ToString(System.Globalization.CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("webhook-signature",
            StandardWebhook.Sign(subscriber.SecretsAt(now), notice.EventId, now, body.Span));
        request.Headers.UserAgent.ParseAdd("serverless-contact/1");
        return await posting.SendAsync(request, TimeSpan.FromSeconds(options.CurrentValue.TimeoutSeconds), ct);
    }

    private bool IsUsable(Subscription subscriber) =>
        Uri.TryCreate(subscriber.Url, UriKind.Absolute, out var url) && GuardedClient.MayCall(url, http.LoopbackToo)
        && StandardWebhook.IsSecret(subscriber.Secret);

    private static NotificationTarget TargetOf(Subscription subscriber) =>
        new(subscriber.Name, subscriber.Url ?? "") { IsPaused = subscriber.PausedAt is not null };

    /// <summary>Sentences for subscribers that cannot be notified, each naming the setting to change.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (name, subscriber) in options.CurrentValue.Subscribers)
        {
            var section = $"Webhook__Subscribers__{name}";
            if (!NotificationTarget.IsName(name))
                yield return $"{section}: a subscriber's name has letters, digits, - and _, at most 50; {name} receives no events.";
            if (!Uri.TryCreate(subscriber.Url, UriKind.Absolute, out var url))
                yield return $"{section}__Url is missing or no absolute address: the notices of {name} wait.";
            else if (!GuardedClient.MayCall(url, http.LoopbackToo))
                yield return $"{section}__Url must begin with https:// and name no user: the notices of {name} wait.";
            if (!StandardWebhook.IsSecret(subscriber.Secret))
                yield return $"{section}__Secret must be whsec_ and base64 of 24 to 64 bytes: the notices of {name} wait.";
            if (!string.IsNullOrEmpty(subscriber.PreviousSecret) && !StandardWebhook.IsSecret(subscriber.PreviousSecret))
                yield return $"{section}__PreviousSecret must be empty, or whsec_ and base64 of 24 to 64 bytes: it signs nothing.";
            foreach (var field in Subscription.Parts(subscriber.Include))
                if (!WebhookBody.Fields.Contains(field, StringComparer.Ordinal))
                    yield return $"{section}__Include names {field}; known: {string.Join(", ", WebhookBody.Fields)}.";
        }
    }
}
