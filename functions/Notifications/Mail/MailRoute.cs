using System.Net.Http.Headers;
using System.Text;
using Azure;
using Azure.Core;
using Microsoft.Extensions.Options;
using Serverless.Contacts;
using Serverless.Platform.Identity;
using Serverless.Platform.Localization;

namespace Serverless.Notifications.Mail;

/// <summary>Notifies people by mail through Microsoft Graph, one thread per case.</summary>
/// <remarks>
/// Sent as MIME, since Graph's JSON form sets no other headers than <c>x-</c> ones: https://learn.microsoft.com/graph/api/user-sendmail
/// (202 = taken, 30 mails a minute for a mailbox).
/// </remarks>
public sealed class MailRoute : IDigestRoute
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Recipients _recipients;
    private readonly NotificationWording _wording;
    private readonly TextBook _texts;
    private readonly HttpDelivery _posting;
    private readonly IOptionsMonitor<MailOptions> _options;
    private readonly TimeProvider _time;
    private readonly TokenCredential _credential;

    public MailRoute(Recipients recipients, NotificationWording wording, TextBook texts, HttpDelivery posting,
        IOptionsMonitor<MailOptions> options, TimeProvider time, IConfiguration configuration)
    {
        (_recipients, _wording, _texts, _posting, _options, _time) = (recipients, wording, texts, posting, options, time);
        var section = configuration.GetSection("Mail");
        // A token of one's own is for a developer's machine only, where Graph is a loopback one.
        _credential = configuration["AZURE_FUNCTIONS_ENVIRONMENT"] == "Development" && section["AccessToken"] is { Length: > 0 } token
            ? DelegatedTokenCredential.Create((_, _) => new AccessToken(token, DateTimeOffset.MaxValue))
            : LazyCredential.From(section);
    }

    public string Name => "mail";

    public Task<IReadOnlyList<NotificationTarget>> TargetsAsync(Notification notice, CancellationToken ct) =>
        IsOff ? Task.FromResult<IReadOnlyList<NotificationTarget>>([]) : _recipients.TargetsAsync(notice, r => r.Email, ct);

    public Task<NotificationTarget?> FindAsync(string name, CancellationToken ct) => _recipients.FindAsync(name, r => r.Email, null, ct);

    public async Task<AttemptOutcome> TryAsync(Notification notice, NotificationTarget target, Func<Task<Contact?>> readContact,
        CancellationToken ct)
    {
        if (await _recipients.FindAsync(target.Name, ct) is not { } recipient)
            return new AttemptOutcome(AttemptOutcomeKind.Refused, "not-configured-any-more");
        if (await _wording.TellAsync(notice, target.Name, recipient, readContact, ct) is not { } told)
            return new AttemptOutcome(AttemptOutcomeKind.Void, "erased");
        return await SendAsync(told, target, recipient, notice.EventId, notice.Alike > 0 ? null : notice.CaseId, ct);
    }

    public async Task<AttemptOutcome> TryDigestAsync(IReadOnlyList<Notification> notices, NotificationTarget target, CancellationToken ct)
    {
        if (await _recipients.FindAsync(target.Name, ct) is not { } recipient)
            return new AttemptOutcome(AttemptOutcomeKind.Refused, "not-configured-any-more");
        var told = _wording.TellTogether(notices, target.Name, recipient);
        return await SendAsync(told, target, recipient, $"digest-{notices[^1].EventId}", null, ct);
    }

    public IEnumerable<string> Problems() => IsOff ? [] : _recipients.AddressProblems(
        "Email", r => r.Email, address => MimeMail.IsAddress(address) ? null : "must be one mail address");

    private bool IsOff => string.IsNullOrEmpty(_options.CurrentValue.From);

    private async Task<AttemptOutcome> SendAsync(
        NotificationContent told, NotificationTarget target, Recipient recipient, string id, string? caseId, CancellationToken ct)
    {
        var options = _options.CurrentValue;
        if (IsOff || !MimeMail.IsAddress(target.Address)) return new AttemptOutcome(AttemptOutcomeKind.Later, "settings-incomplete");
        var why = _texts.Say(recipient.Language, "mail_why",
            new Dictionary<string, string>(StringComparer.Ordinal) { ["recipient"] = target.Name });
        var domain = options.From![(options.From!.IndexOf('@', StringComparison.Ordinal) + 1)..];
        var mail = new MimeMail
        {
            From = options.From!,
            To = target.Address,
            Subject = told.Title,
            MessageId = $"{id}.{target.Name}@{domain}",
            Thread = caseId is null ? null : $"case-{caseId}.{target.Name}@{domain}",
            At = _time.GetUtcNow(),
            Text = MailBody.Text(told, why),
            Html = MailBody.Html(told, why, recipient.Language),
        };
        string token;
        try
        {
            token = (await _credential.GetTokenAsync(new TokenRequestContext(["https://graph.microsoft.com/.default"]), ct)).Token;
        }
        catch (RequestFailedException)
        {
            return new AttemptOutcome(AttemptOutcomeKind.Later, "no-token");
        }

        // One line of base64, as Graph wants it, with the type text/plain.
        using var request = new HttpRequestMessage(HttpMethod.Post,
            $"{options.GraphUrl}/users/{Uri.EscapeDataString(options.From!)}/sendMail") { Content =
            new ByteArrayContent(Encoding.ASCII.GetBytes(Convert.ToBase64String(mail.Write()))) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await _posting.SendAsync(request, Patience, ct);
    }
}
