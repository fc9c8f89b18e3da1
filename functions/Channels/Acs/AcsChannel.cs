using Microsoft.Extensions.Options;
using Serverless.Outgoing;
using Serverless.Signing;

namespace Serverless.Channels.Acs;

/// <summary>
/// Azure Communication Services through Event Grid: SMS, WhatsApp, calls, recordings. Event Grid signs nothing: a call is proven by a token of Entra ID, or by a secret in a header or in the address.
/// Stored is 200, not stored 503. Event Grid drops an event for good on 400, 401, 403 and 413, unless it may dead-letter.
/// https://learn.microsoft.com/azure/event-grid/secure-webhook-delivery and https://learn.microsoft.com/azure/event-grid/delivery-and-retry
/// </summary>
public sealed partial class AcsChannel(IOptionsMonitor<AcsOptions> options, ApiCalls calls, TimeProvider time) : IChannel, ILoadsKeys
{
    internal const string ChannelName = "acs";

    /// <summary>The application that Event Grid calls as; any other application's token is as worthless as none.</summary>
    private const string EventGrid = "4962773b-9cdb-44cf-a8bf-237846a00ab7";

    private readonly EntraKeys _keys = new(time);

    /// <summary>Registers the channel and its settings.</summary>
    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AcsOptions>().Bind(configuration.GetSection("Channels:Acs"));
        services.AddSingleton<IValidateOptions<AcsOptions>, AcsOptionsValidator>();
        services.AddSingleton<IChannel, AcsChannel>();
    }

    public string Name => ChannelName;

    public IReadOnlyList<string> KeptHeaders { get; } = ["aeg-event-type", "authorization", "webhook-request-origin", "x-webhook-secret"];

    public ChannelSettings Settings
    {
        get
        {
            var current = options.CurrentValue;
            return new ChannelSettings(current.Enabled, current.Mode, current.Paused, new SecretPair(current.Secrets.Fingerprint, $"{current.Audience} {current.TenantId}").Fingerprint);
        }
    }

    public IEnumerable<string> Problems()
    {
        var current = options.CurrentValue;
        if (!current.Enabled) yield break;
        if (current.Secrets.IsMissing && !current.HasEntra)
            yield return "Channels__Acs__Secret is missing, and so is Channels__Acs__Audience: without one of them no event can be verified.";
        if (current.HasEntra && string.IsNullOrEmpty(current.TenantId))
            yield return "Channels__Acs__TenantId is missing: without it Event Grid of any tenant may call us.";
        if (!string.IsNullOrEmpty(current.AccessKey) && !AcsApi.IsKey(current.AccessKey))
            yield return "Channels__Acs__AccessKey is not base64: copy it from the resource's page Keys.";
    }

    public Verdict Verify(Delivery delivery)
    {
        if (AcsHandshake.Of(delivery) is { } handshake) return new Verdict.Challenge(handshake);
        var current = options.CurrentValue;
        var given = delivery.Header("x-webhook-secret") ?? FormFields.OfQuery(delivery)?["secret"u8];
        if (!string.IsNullOrEmpty(given) && current.Secrets.Any(secret => Hmac.SameText(secret, given))) return new Verdict.Genuine();
        if (current.HasEntra && delivery.Header("authorization") is { Length: > 7 } bearer && bearer.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return Token(bearer[7..].Trim(), current, delivery);
        if (current.Secrets.IsMissing && !current.HasEntra) return new Verdict.Forged(Reasons.NoSecret);
        return new Verdict.Forged(string.IsNullOrEmpty(given) ? Reasons.SignatureMissing : Reasons.SignatureWrong);
    }

    public Answer Reply(Delivery delivery, Acceptance acceptance) => Answer.Empty(acceptance == Acceptance.NotStored ? 503 : 200);

    public IEnumerable<Element> Read(Delivery delivery) => AcsEvent.Elements(delivery, Read);

    /// <summary>Fetches Entra's keys, at most every five minutes.</summary>
    public async Task<Keys> LoadKeysAsync(Delivery delivery, CancellationToken ct)
    {
        if (!await _keys.LoadAsync(new Uri(options.CurrentValue.OpenIdUrl), GetAsync, ct)) return new Keys.Later("unreachable");
        return Verify(delivery) is Verdict.Undecided ? new Keys.Later(Reasons.KeyUnknown, TimeSpan.FromMinutes(5)) : new Keys.Ready();
    }

    private async Task<ReadOnlyMemory<byte>?> GetAsync(Uri url, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        var answer = await calls.SendAsync(request, ct);
        return answer.Succeeded ? answer.Body : null;
    }

    private Verdict Token(string token, AcsOptions current, Delivery delivery)
    {
        var rules = new EntraRules([current.Audience!], EventGrid, string.IsNullOrEmpty(current.TenantId) ? [] : [current.TenantId]);
        // As of its arrival: judged later, released from quarantine or replayed, a token has long expired.
        return EntraToken.Verify(token, rules, _keys, delivery.ReceivedAt) switch
        {
            EntraProof.Genuine => new Verdict.Genuine(),
            EntraProof.KeyUnknown => new Verdict.Undecided(Reasons.KeyUnknown),
            EntraProof.Missing => new Verdict.Forged(Reasons.SignatureMissing),
            EntraProof.Malformed => new Verdict.Forged(Reasons.SignatureMalformed),
            EntraProof.Stale => new Verdict.Forged(Reasons.Stale),
            EntraProof.Foreign => new Verdict.Forged(Reasons.SourceForeign),
            _ => new Verdict.Forged(Reasons.SignatureWrong),
        };
    }

    private static Reading Read(AcsEvent happened) => happened.Type switch
    {
        "Microsoft.Communication.SMSReceived" => AcsMessages.Sms(happened),
        "Microsoft.Communication.SMSDeliveryReportReceived" => AcsMessages.SmsReport(happened),
        "Microsoft.Communication.AdvancedMessageReceived" => AcsMessages.WhatsApp(happened),
        "Microsoft.Communication.AdvancedMessageDeliveryStatusUpdated" => AcsMessages.WhatsAppStatus(happened),
        "Microsoft.Communication.IncomingCall" => AcsCalls.Incoming(happened),
        "Microsoft.Communication.RecordingFileStatusUpdated" => AcsCalls.Recording(happened),
        // Told of calls between users of the resource alone, colleagues' among them, and never of a telephone call: nothing that a case could rely on.
        "Microsoft.Communication.CallStarted" or "Microsoft.Communication.CallEnded" or "Microsoft.Communication.CallParticipantAdded" or "Microsoft.Communication.CallParticipantRemoved" => new Reading.Ignored("call-state"),
        "Microsoft.EventGrid.SubscriptionDeletedEvent" => new Reading.Attention("subscription-removed"),
        _ => new Reading.Found(new ContactEvent(happened.Id, ContactChange.Received, happened.Contact("unknown", happened.Id, ContactKind.Placeholder))),
    };
}
