using Serverless.Contacts;

namespace Serverless.Channels.Acs;

/// <content>
/// Replies by SMS (https://learn.microsoft.com/rest/api/communication/sms/send) and WhatsApp
/// (https://learn.microsoft.com/rest/api/communication/advancedmessaging), files of messages and calls. These APIs offer no
/// reconciliation and no registration; the reasons are stated.
/// </content>
public sealed partial class AcsChannel : ISendsReplies, IReadsAttachments, IReconciles, IRegistersWebhooks
{
    private const string SmsPath = "/sms?api-version=2021-03-07";
    private const string MessagesPath = "/messages/notifications:send?api-version=2024-02-01";
    private const int MaxSms = 2048;
    private const int MaxWhatsApp = 4096;

    /// <summary>Both APIs take an id of the request.</summary>
    public bool Repeatable => true;

    public IReadOnlyList<ReconciliationSource> Sources => [];

    public IReadOnlyList<string> Blind { get; } =
        ["Azure Communication Services cannot be reconciled: it has no list of received messages. Configure a dead-letter container for the "
            + "event subscription; it stores the events that Event Grid could not deliver."];

    public Task<ReconciliationResult> ReadAsync(string source, ReconciliationStart from, CancellationToken ct) =>
        Task.FromResult<ReconciliationResult>(new ReconciliationResult.Page([], from.Cursor, More: false));

    public Task<IReadOnlyList<Registration>> CheckAsync(RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        var address = $"{upkeep.PublicBaseUrl ?? "<Hooks__PublicBaseUrl>"}/api/hooks/{ChannelName}";
        return Task.FromResult<IReadOnlyList<Registration>>(
        [
            new Registration("event subscription", RegistrationState.ByHand,
                "An event subscription belongs to the deployment of Azure, which this app may not read.",
                $"az eventgrid event-subscription create --name contacts --source-resource-id <id of the Communication Services resource> --endpoint {address} --delivery-attribute-mapping x-webhook-secret static <Channels__Acs__Secret> true"),
        ]);
    }

    public async Task<OpenedAttachment> OpenAsync(Contact contact, Attachment attachment, CancellationToken ct)
    {
        var current = options.CurrentValue;
        if (!current.HasApi) return new OpenedAttachment.Later("no-access-key");
        // A recording is named by its address, a file of a message by an id.
        var url = Uri.TryCreate(attachment.Reference, UriKind.Absolute, out var location) && location.Scheme is "https" or "http"
            ? location
            : new Uri($"{current.ApiUrl!.TrimEnd('/')}/messages/streams/{Uri.EscapeDataString(attachment.Reference)}?api-version=2024-02-01");
        using var request = AcsApi.Download(current, url, time.GetUtcNow());
        if (request is null) return new OpenedAttachment.Gone("foreign-address");
        var response = await calls.OpenAsync(request, ct);
        if (response is null) return new OpenedAttachment.Later("unreachable");
        if (response.IsSuccessStatusCode)
            return new OpenedAttachment.Content(await response.Content.ReadAsStreamAsync(ct),
                response.Content.Headers.ContentType?.MediaType);
        using (response)
        {
            return (int)response.StatusCode is 404 or 410
                ? new OpenedAttachment.Gone("gone-at-provider") : new OpenedAttachment.Later("refused", calls.RetryAfter(response));
        }
    }

    public async Task<ReplyOutcome> SendAsync(Reply reply, CancellationToken ct)
    {
        var current = options.CurrentValue;
        var sms = reply.To.Network != "whatsapp";
        if (!current.HasApi)
            return new ReplyOutcome.Refused(ReplyReasons.NotPermitted,
                "Channels__Acs__ApiUrl and Channels__Acs__AccessKey are needed to send.");
        if (reply.To.Reply is not { Address.Length: > 0 } path || string.IsNullOrEmpty(reply.To.Entry))
            return new ReplyOutcome.Refused(ReplyReasons.NoReplyPath);
        if (reply.Text.Length > (sms ? MaxSms : MaxWhatsApp))
            return new ReplyOutcome.Refused(ReplyReasons.TooLong, $"At most {(sms ? MaxSms : MaxWhatsApp)} characters.");
        var now = time.GetUtcNow();
        if (!sms && path.Until < now && reply.Template is null)
            return new ReplyOutcome.Refused(ReplyReasons.TemplateNeeded, "The customer wrote more than 24 hours ago.");

        var id = Guid.TryParseExact(reply.Id, "N", out var guid) ? guid : (Guid?)null;
        var answer = sms
            ? await AcsApi.SendAsync(calls, current, HttpMethod.Post, SmsPath, AcsBodies.Sms(reply, id, now), null, now, ct)
            : await AcsApi.SendAsync(calls, current, HttpMethod.Post, MessagesPath, AcsBodies.WhatsApp(reply), id is { } own
                ? (own, AcsApi.FirstSent(own, now)) : null, now, ct);
        return answer.Status switch
        {
            >= 200 and < 300 => Sent(reply, answer.Body, sms, now),
            401 or 403 =>
                new ReplyOutcome.Refused(ReplyReasons.NotPermitted,
                    $"{answer.Status}: Channels__Acs__AccessKey is not accepted, or the number or channel is not the resource's."),
            _ => ReplyOutcome.NotTaken(answer.Status, answer.MaybeSent, answer.RetryAfter),
        };
    }

    private static ReplyOutcome Sent(Reply reply, ReadOnlyMemory<byte> body, bool sms, DateTimeOffset now)
    {
        var (messageId, refused) = AcsBodies.Receipt(body, sms);
        if (refused is not null) return new ReplyOutcome.Refused(ReplyReasons.ContentRefused, refused);
        if (messageId is null) return new ReplyOutcome.Uncertain(ReplyReasons.Unreachable);
        return new ReplyOutcome.Sent(reply.AsSent(messageId, now, sms ? "sms" : "whatsapp"));
    }
}
