using Microsoft.Graph.Models;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Email;

/// <content>Keeps one subscription for each watched folder: made, renewed, made anew, removed.</content>
public sealed partial class EmailChannel : IRegistersWebhooks
{
    // Graph allows just under seven days without and one day with resource data.
    // https://learn.microsoft.com/en-us/graph/api/resources/subscription#subscription-lifetime
    private static readonly TimeSpan Basic = TimeSpan.FromMinutes(10_020);
    private static readonly TimeSpan WithData = TimeSpan.FromMinutes(1_430);

    /// <summary>State of one subscription in Graph's list.</summary>
    private sealed record Standing(string Id, string Resource, string Url, bool HasLifecycle, string? CertificateId,
        DateTimeOffset? ExpiresAt);

    public async Task<IReadOnlyList<Registration>> CheckAsync(RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        var now = options.CurrentValue;
        List<Registration> found = [];
        if (RichContent.EndOf(now.Certificate) is { } end)
            found.Add(new("encryption certificate", RegistrationState.Right, ExpiresAt: end, Step: null));
        var wanted = now.Mailboxes.SelectMany(m =>
            m.Value.Watched.Select(f =>
                (Name: $"subscription {m.Key.ToLowerInvariant()} {f}", Mailbox: m.Key, Folder: new Watched(m.Value.Address, f)))).ToList();
        var (listed, problem) = await ListAsync(ct);
        if (listed is null)
        {
            found.AddRange(wanted.Select(w => new Registration(w.Name, RegistrationState.Unknown, problem)));
            return found;
        }

        var ours = upkeep.PublicBaseUrl is { } address ? $"{address.TrimEnd('/')}/api/hooks/{ChannelName}" : null;
        foreach (var (name, mailbox, folder) in wanted)
        {
            var same = listed.Where(s => SameResource(s.Resource, folder)).ToList();
            found.Add(await CheckAsync(name, mailbox, folder, same, ours, upkeep.Repair, ct));
        }

        // Our own subscriptions that are no longer wanted.
        foreach (var stray in listed.Where(s => LeadsTo(s.Url, ours) && !wanted.Exists(w => SameResource(s.Resource, w.Folder))))
        {
            var removed = upkeep.Repair && await DeleteAsync(stray.Id, ct);
            found.Add(new($"subscription {stray.Id}", removed
                ? RegistrationState.Repaired : RegistrationState.Drifted, "The settings ask for it no more.", removed
                ? null : "Allow repair, or delete this subscription at Graph."));
        }

        return found;
    }

    private async Task<Registration> CheckAsync(string name, string mailbox, Watched folder, List<Standing> same, string? ours, bool repair,
        CancellationToken ct)
    {
        var now = options.CurrentValue;
        var url = $"{ours}?{Mark(now)}";
        var mine = same.Where(s => LeadsTo(s.Url, ours)).OrderByDescending(s => s.ExpiresAt).ToList();
        if (mine.Count == 0 && same.Count > 0)
            return new(name, RegistrationState.Foreign, "Another address is subscribed to this folder with the same identity.",
                "If it is no longer wanted, delete that subscription at Graph; ours is then made.", same[0].ExpiresAt);
        if (ours is null)
            return new(name, RegistrationState.Drifted, "It is not known where the world reaches this app.",
                "Set Hooks__PublicBaseUrl to the https address of this app.");

        var good = mine.FirstOrDefault(s => s.Url == url && s.HasLifecycle && (s.CertificateId is not null) == now.Rich);
        var difference = mine.Count == 0 ? "There is no subscription." : good is null
            ? "The subscription was made with other settings." : mine.Count > 1 ? "There is more than one subscription." : null;
        if (difference is not null && !repair)
            return new(name, RegistrationState.Drifted, difference, "Allow repair: the subscription is then created again.",
                mine.FirstOrDefault()?.ExpiresAt);

        // Graph rejects a second subscription to the same address, so the old one is deleted first; reconciliation covers the gap.
        foreach (var old in mine.Where(s => s != good)) await DeleteAsync(old.Id, ct);
        if (good is null) return await MakeAsync(name, mailbox, folder, ours, url, difference!, ct);
        return await RenewAsync(name, good, difference, repair, ct);
    }

    private async Task<Registration> MakeAsync(string name, string mailbox, Watched folder, string ours, string url, string difference,
        CancellationToken ct)
    {
        var now = options.CurrentValue;
        var expires = time.GetUtcNow() + (now.Rich ? WithData : Basic);
        var subscription = new Subscription
        {
            // Only created: reading or flagging a mail would call us too.
            // https://learn.microsoft.com/en-us/graph/outlook-change-notifications-overview
            ChangeType = "created",
            NotificationUrl = url,
            LifecycleNotificationUrl = $"{ours}/lifecycle",
            Resource = $"users/{folder.Address}/mailFolders('{folder.Folder}')/messages{(now.Rich ? "?$select=id" : "")}",
            ExpirationDateTime = expires,
            ClientState = ClientStates.Of(now.ClientState ?? "", mailbox, folder.Folder),
        };
        if (now.Rich)
            (subscription.IncludeResourceData, subscription.EncryptionCertificate, subscription.EncryptionCertificateId) = (true,
                RichContent.PublicPart(now.Certificate), now.CertificateId);
        var answer = await Graph.SendAsync("", graph => graph.Subscriptions.ToPostRequestInformation(subscription), ct);
        return answer.Succeeded
            ? new(name, RegistrationState.Repaired, difference, ExpiresAt: expires)
            : new(name, RegistrationState.Drifted,
                $"{difference} Making it did not succeed: {answer.Status} {GraphCalls.ErrorCode(answer)}".TrimEnd() + ".",
                StepFor(answer.Status));
    }

    private async Task<Registration> RenewAsync(string name, Standing good, string? difference, bool repair, CancellationToken ct)
    {
        var now = options.CurrentValue;
        var state = difference is null ? RegistrationState.Right : RegistrationState.Repaired;
        var lifetime = now.Rich ? WithData : Basic;
        var otherCertificate = now.Rich && good.CertificateId != now.CertificateId;
        // At half its life, so that a day or three without upkeep cost nothing.
        if (!otherCertificate && good.ExpiresAt - time.GetUtcNow() > lifetime / 2)
            return new(name, state, difference, ExpiresAt: good.ExpiresAt);
        if (!repair) return new(name, RegistrationState.Drifted, otherCertificate
            ? "It uses another certificate." : "It is due for renewal.", "Allow repair; it is then renewed.", good.ExpiresAt);

        var expires = time.GetUtcNow() + lifetime;
        var change = new Subscription { ExpirationDateTime = expires };
        if (otherCertificate)
            (change.EncryptionCertificate, change.EncryptionCertificateId) = (RichContent.PublicPart(now.Certificate), now.CertificateId);
        var answer = await Graph.SendAsync("", graph => graph.Subscriptions[good.Id].ToPatchRequestInformation(change), ct);
        return answer.Succeeded
            ? new(name, otherCertificate
                ? RegistrationState.Repaired : state, otherCertificate ? "It used another certificate." : difference, ExpiresAt: expires)
            : new(name, RegistrationState.Drifted, $"Renewing did not succeed: {answer.Status} {GraphCalls.ErrorCode(answer)}".TrimEnd()
                + ".", StepFor(answer.Status), good.ExpiresAt);
    }

    private async Task<(List<Standing>? Listed, string? Problem)> ListAsync(CancellationToken ct)
    {
        List<Standing> listed = [];
        string? next = null;
        do
        {
            var page = next;
            var answer = await Graph.SendAsync("", graph => page is null
                ? graph.Subscriptions.ToGetRequestInformation() : graph.Subscriptions.WithUrl(page).ToGetRequestInformation(), ct);
            using var json = GraphCalls.Json(answer);
            if (json is null) return (null, $"Graph could not be asked: {GraphCalls.WordFor(answer)}.");
            foreach (var one in json.RootElement.Get("value"u8).Items())
            {
                if (one.Text("id"u8) is { } id)
                    listed.Add(new(id, one.Text("resource"u8) ?? "", one.Text("notificationUrl"u8)
                        ?? "", one.Has("lifecycleNotificationUrl"u8), one.Text("encryptionCertificateId"u8),
                        one.Time("expirationDateTime"u8)));
            }

            next = json.RootElement.Text("@odata.nextLink"u8);
        }
        while (next is not null && listed.Count < 10_000);
        return (listed, null);
    }

    private async Task<bool> DeleteAsync(string id, CancellationToken ct)
    {
        var answer = await Graph.SendAsync("", graph => graph.Subscriptions[id].ToDeleteRequestInformation(), ct);
        return answer.Succeeded || answer.Status == 404;
    }

    private static string StepFor(int status) => status is 401 or 403
        ? "Give the app's identity the Graph permission Mail.ReadWrite (and Mail.Send to answer), with admin consent."
        : "See whether Graph reaches the app's public address: it sends a validation token there and wants it back within ten seconds.";

    // The state itself cannot be read back, so the address carries a hash of the secret it was made with.
    private static string Mark(EmailOptions now) => $"s={new SecretPair(now.ClientState, null).Fingerprint[..8]}";

    private static bool LeadsTo(string url, string? ours) => ours is not null
        && (url.Equals(ours, StringComparison.OrdinalIgnoreCase) || url.StartsWith(ours + "?", StringComparison.OrdinalIgnoreCase));

    // It comes back as mailFolders('inbox') or mailFolders/inbox, with or without a slash before it.
    private static bool SameResource(string resource, Watched folder) =>
        Plain(resource).Equals($"users/{folder.Address}/mailfolders/{folder.Folder}/messages", StringComparison.OrdinalIgnoreCase);

    private static string Plain(string resource)
    {
        var query = resource.IndexOf('?');
        return (query < 0 ? resource : resource[..query]).Trim('/').Replace("('", "/", StringComparison.Ordinal)
            .Replace("')", "", StringComparison.Ordinal);
    }
}
