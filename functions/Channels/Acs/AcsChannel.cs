using Microsoft.Extensions.Options;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Acs;

/// <summary>
/// Azure Communication Services through Event Grid: SMS, WhatsApp, calls, recordings. Event Grid signs nothing: a call is proven by a
/// token of Entra ID, or by a secret in a header or in the address. Answered calls continue by Call Automation, which reports their
/// events under <c>calls/</c> with tokens of its own. Stored is 200, not stored 503. Event Grid drops an event for good on 400, 401, 403
/// and 413, unless it may dead-letter. https://learn.microsoft.com/azure/event-grid/secure-webhook-delivery and
/// https://learn.microsoft.com/azure/event-grid/delivery-and-retry
/// </summary>
public sealed partial class AcsChannel(IOptionsMonitor<AcsOptions> options, IOptionsMonitor<HooksOptions> hooks, ProviderHttp calls,
    TimeProvider time) : IChannel, ILoadsSigningKeys
{
    internal const string ChannelName = "acs";

    /// <summary>The application that Event Grid calls as; any other application's token is as worthless as none.</summary>
    private const string EventGrid = "4962773b-9cdb-44cf-a8bf-237846a00ab7";

    /// <summary>Who makes the tokens of Call Automation.
    /// https://learn.microsoft.com/azure/communication-services/how-tos/call-automation/secure-webhook-endpoint</summary>
    private const string CallIssuer = "https://acscallautomation.communication.azure.com";

    internal EntraKeys Keys { get; } = new(time);

    internal EntraKeys CallKeys { get; } = new(time);

    /// <summary>Registers the channel and its settings.</summary>
    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AcsOptions>().Bind(configuration.GetSection("Channels:Acs"));
        services.AddSingleton<IValidateOptions<AcsOptions>, AcsOptionsValidator>();
        services.AddSingleton<IChannel, AcsChannel>();
    }

    public string Name => ChannelName;

    public IReadOnlyList<string> KeptHeaders { get; } = ["aeg-event-type", "authorization", "webhook-request-origin", "x-webhook-secret"];

    public IReadOnlyList<string> BearerProofs { get; } = ["x-webhook-secret", "?secret"];

    public ChannelSettings Settings
    {
        get
        {
            var current = options.CurrentValue;
            return new ChannelSettings(current.Enabled, current.Mode, current.Paused,
                new SecretPair(current.Secrets.Fingerprint, $"{current.Audience} {current.TenantId} {current.ResourceId}").Fingerprint);
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
        foreach (var problem in CallProblems(current)) yield return problem;
    }

    public VerificationResult Verify(Delivery delivery)
    {
        if (AcsHandshake.Of(delivery) is { } handshake) return new VerificationResult.Challenge(handshake);
        var current = options.CurrentValue;
        if (CallAddress.IsOne(delivery)) return CallEvent(delivery, current);
        var given = Given(delivery);
        if (!string.IsNullOrEmpty(given) && current.Secrets.Any(secret => BearerProof.Is(secret, given, delivery.Id)))
            return new VerificationResult.Valid();
        if (current.HasEntra && Bearer(delivery) is { } token)
            return Judged(EntraToken.Verify(token, Rules(current), Keys, delivery.ReceivedAt));
        if (current.Secrets.IsMissing && !current.HasEntra) return new VerificationResult.Invalid(VerificationReasons.NoSecret);
        return new VerificationResult.Invalid(string.IsNullOrEmpty(given)
            ? VerificationReasons.SignatureMissing : VerificationReasons.SignatureWrong);
    }

    public WebhookResponse Respond(Delivery delivery, Acceptance acceptance) =>
        WebhookResponse.Empty(acceptance == Acceptance.NotStored ? 503 : 200);

    public IEnumerable<DeliveryItem> Read(Delivery delivery) => CallAddress.Of(delivery) is { } address
        ? AcsEvent.Elements(delivery, happened => CallEvents.Read(happened, address), address.Account)
        : AcsEvent.Elements(delivery, happened => Read(happened, options.CurrentValue));

    /// <summary>Fetches the keys of Entra or of Call Automation, at most every five minutes.</summary>
    public async Task<SigningKeys> LoadKeysAsync(Delivery delivery, CancellationToken ct)
    {
        var current = options.CurrentValue;
        var (keys, address) = CallAddress.IsOne(delivery) ? (CallKeys, current.CallOpenIdUrl) : (Keys, current.OpenIdUrl);
        if (!await keys.LoadAsync(new Uri(address), GetAsync, ct)) return new SigningKeys.Later("unreachable");
        return Verify(delivery) is VerificationResult.Pending
            ? new SigningKeys.Later(VerificationReasons.KeyUnknown, TimeSpan.FromMinutes(5)) : new SigningKeys.Ready();
    }

    private async Task<ReadOnlyMemory<byte>?> GetAsync(Uri url, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        var answer = await calls.SendAsync(request, ct);
        return answer.Succeeded ? answer.Body : null;
    }

    // Fails closed: address and token must both be valid; the secret of the event subscription and Entra tokens are not accepted here.
    private VerificationResult CallEvent(Delivery delivery, AcsOptions current)
    {
        if (current.Secrets.IsMissing || string.IsNullOrEmpty(current.ResourceId))
            return new VerificationResult.Invalid(VerificationReasons.NoSecret);
        if (CallAddress.Proven(delivery, current.Secrets) is null)
            return new VerificationResult.Invalid(VerificationReasons.SignatureWrong);
        return Judged(OpenIdToken.Verify(Bearer(delivery), CallIssuer, current.ResourceId, CallKeys, delivery.ReceivedAt));
    }

    private static EntraRules Rules(AcsOptions current) =>
        new([current.Audience!], EventGrid, string.IsNullOrEmpty(current.TenantId) ? [] : [current.TenantId]);

    private static string? Given(Delivery delivery) => delivery.Header("x-webhook-secret") ?? FormFields.OfQuery(delivery)?["secret"u8];

    private static string? Bearer(Delivery delivery) =>
        delivery.Header("authorization") is { Length: > 7 } header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
        ? header[7..].Trim() : null;

    // As of its arrival: judged later, released from quarantine or replayed, a token has long expired.
    private static VerificationResult Judged(EntraProof proof) => proof switch
    {
        EntraProof.Genuine => new VerificationResult.Valid(),
        EntraProof.KeyUnknown => new VerificationResult.Pending(VerificationReasons.KeyUnknown),
        EntraProof.Missing => new VerificationResult.Invalid(VerificationReasons.SignatureMissing),
        EntraProof.Malformed => new VerificationResult.Invalid(VerificationReasons.SignatureMalformed),
        EntraProof.Stale => new VerificationResult.Invalid(VerificationReasons.Stale),
        EntraProof.Foreign => new VerificationResult.Invalid(VerificationReasons.SourceForeign),
        _ => new VerificationResult.Invalid(VerificationReasons.SignatureWrong),
    };

    private static Parsed Read(AcsEvent happened, AcsOptions current) => happened.Type switch
    {
        "Microsoft.Communication.SMSReceived" => AcsMessages.Sms(happened),
        "Microsoft.Communication.SMSDeliveryReportReceived" => AcsMessages.SmsReport(happened),
        "Microsoft.Communication.AdvancedMessageReceived" => AcsMessages.WhatsApp(happened),
        "Microsoft.Communication.AdvancedMessageDeliveryStatusUpdated" => AcsMessages.WhatsAppStatus(happened),
        "Microsoft.Communication.IncomingCall" => AcsCalls.Incoming(happened, current),
        "Microsoft.Communication.RecordingFileStatusUpdated" => AcsCalls.Recording(happened, current),
        // Told of calls between users of the resource alone, colleagues' among them, and never of a telephone call: nothing that a case
        // could rely on.
        "Microsoft.Communication.CallStarted" or "Microsoft.Communication.CallEnded" or "Microsoft.Communication.CallParticipantAdded"
            or "Microsoft.Communication.CallParticipantRemoved" => new Parsed.Ignored("call-state"),
        // About mails that other systems send through the resource.
        "Microsoft.Communication.EmailDeliveryReportReceived" or "Microsoft.Communication.EmailEngagementTrackingReportReceived" =>
            new Parsed.Ignored("email-report"),
        "Microsoft.EventGrid.SubscriptionDeletedEvent" => new Parsed.Alert("subscription-removed"),
        _ => new Parsed.Found(new ContactEvent(happened.Id, ContactChange.Received,
            happened.Contact("unknown", happened.Id, ContactKind.Placeholder))),
    };
}
