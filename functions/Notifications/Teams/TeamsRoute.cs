using System.Net.Http.Headers;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Notifications.Teams;

/// <summary>Notifies people by an Adaptive Card, posted to the address of a Teams workflow.</summary>
/// <remarks>Source:
/// https://support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498.
/// The workflow answers 202; it knows no id by which it would recognise a repetition.</remarks>
public sealed class TeamsRoute(Recipients recipients, NotificationWording wording, HttpDelivery posting, GuardedHttp http) : IDigestRoute
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public string Name => "teams";

    public Task<IReadOnlyList<NotificationTarget>> TargetsAsync(Notification notice, CancellationToken ct) =>
        recipients.TargetsAsync(notice, r => r.TeamsUrl, ct);

    public Task<NotificationTarget?> FindAsync(string name, CancellationToken ct) => recipients.FindAsync(name, r => r.TeamsUrl, null, ct);

    public async Task<AttemptOutcome> TryAsync(Notification notice, NotificationTarget target, Func<Task<Contact?>> readContact,
        CancellationToken ct)
    {
        if (await recipients.FindAsync(target.Name, ct) is not { } recipient)
            return new AttemptOutcome(AttemptOutcomeKind.Refused, "not-configured-any-more");
        if (await wording.TellAsync(notice, target.Name, recipient, readContact, ct) is not { } told)
            return new AttemptOutcome(AttemptOutcomeKind.Void, "erased");
        return await PostAsync(target.Address, AdaptiveCard.Of(told), notice.EventId, ct);
    }

    public async Task<AttemptOutcome> TryDigestAsync(IReadOnlyList<Notification> notices, NotificationTarget target, CancellationToken ct)
    {
        if (await recipients.FindAsync(target.Name, ct) is not { } recipient)
            return new AttemptOutcome(AttemptOutcomeKind.Refused, "not-configured-any-more");
        var told = wording.TellTogether(notices, target.Name, recipient);
        return await PostAsync(target.Address, AdaptiveCard.Of(told), $"digest-{notices[^1].EventId}", ct);
    }

    // Problems of recipients that concern no single route are reported here, once: this route is always registered.
    public IEnumerable<string> Problems() => recipients.Problems().Concat(AddressProblems());

    private IEnumerable<string> AddressProblems() => recipients.AddressProblems("TeamsUrl", r => r.TeamsUrl, address =>
        Uri.TryCreate(address, UriKind.Absolute, out var url) && GuardedClient.MayCall(url, http.LoopbackToo)
        ? null : "must be the https address that the workflow shows");

    private async Task<AttemptOutcome> PostAsync(string address, byte[] card, string id, CancellationToken ct)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || !GuardedClient.MayCall(url, http.LoopbackToo))
            return new AttemptOutcome(AttemptOutcomeKind.Later, "settings-incomplete");
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(card) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        // The workflow may store it to distinguish a repeated card from a second notification.
        request.Headers.TryAddWithoutValidation("x-event-id", id);
        return await posting.SendAsync(request, Patience, ct);
    }
}
