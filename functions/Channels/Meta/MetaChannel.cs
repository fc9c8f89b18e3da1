using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Serverless.Platform.OutboundHttp;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Meta;

/// <summary>Facebook pages, Messenger, Instagram and WhatsApp: one address, handshake and signature for all four.</summary>
public sealed partial class MetaChannel(IOptionsMonitor<MetaOptions> options, ProviderHttp calls, TimeProvider time) : IChannel
{
    private const string SignatureHeader = "x-hub-signature-256";
    private const string SignaturePrefix = "sha256=";

    // Meta wants a 200 and says nothing of a body; its Messenger example sends this one, and the other products do not mind.
    // https://developers.facebook.com/docs/messenger-platform/webhooks
    private static readonly WebhookResponse Received = WebhookResponse.Text("EVENT_RECEIVED");

    // Anything but a 200 is called again: Messenger and page for 36 hours, WhatsApp for 7 days.
    // https://developers.facebook.com/docs/graph-api/webhooks/getting-started
    private static readonly WebhookResponse ComeAgain = WebhookResponse.Text("Not stored, please call again.", 503);

    private static readonly WebhookResponse NoSuchMethod =
        WebhookResponse.Text("This address takes GET and POST.", 405) with { Headers = [new("Allow", "GET, POST")] };

    private static readonly string[] Kept = [SignatureHeader];

    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<MetaOptions>().Bind(configuration.GetSection("Channels:Meta"));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MetaOptions>, MetaOptionsValidator>());
        services.AddSingleton<IChannel, MetaChannel>();
    }

    public string Name => "meta";

    public ChannelSettings Settings
    {
        get
        {
            var current = options.CurrentValue;
            return new(current.Enabled, current.Mode, current.Paused, Fingerprint(current));
        }
    }

    /// <summary>https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks: payloads of at most 3 MB.</summary>
    public int MaxBodyBytes => 3 * 1024 * 1024;

    public IReadOnlyList<string> KeptHeaders => Kept;

    public IEnumerable<string> Problems()
    {
        var current = options.CurrentValue;
        if (!current.Enabled) yield break;
        if (current.AppSecrets.IsMissing && current.Apps.Count == 0)
            yield return "Channels__Meta__AppSecret is missing: set it to the App Secret of the Meta app (App Dashboard, Settings, Basic).";
        foreach (var (name, app) in current.Apps)
        {
            if (app.AppSecrets.IsMissing)
                yield return $"Channels__Meta__Apps__{name}__AppSecret is missing: set it to the App Secret of that app, or remove the app.";
        }
        if (current.VerifyTokens.IsMissing)
            yield return "Channels__Meta__VerifyToken is missing: choose a long random text and enter it beside the callback URL in the App Dashboard.";
    }

    public VerificationResult Verify(Delivery delivery)
    {
        var current = options.CurrentValue;
        if (delivery.Method is "GET" or "HEAD")
            return new VerificationResult.Challenge(MetaHandshake.Answer(delivery, current.VerifyTokens));
        if (delivery.Method is not "POST") return new VerificationResult.Challenge(NoSuchMethod);
        if (current.AppSecrets.IsMissing && current.Apps.Values.All(app => app.AppSecrets.IsMissing))
            return new VerificationResult.Invalid(VerificationReasons.NoSecret);

        // X-Hub-Signature (SHA-1) is still sent and ignored. The signature carries no time, so there is no replay window: what comes
        // again has the same ids. https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads
        var header = delivery.Header(SignatureHeader);
        if (string.IsNullOrEmpty(header)) return new VerificationResult.Invalid(VerificationReasons.SignatureMissing);
        if (!header.StartsWith(SignaturePrefix, StringComparison.Ordinal) || header.Length != SignaturePrefix.Length + 64)
            return new VerificationResult.Invalid(VerificationReasons.SignatureMalformed);

        // Every secret is tried, so that the time does not reveal which app called.
        bool Matches(string secret) => Hmac.MatchesSha256Hex(secret, delivery.Body.Span, header.AsSpan(SignaturePrefix.Length));
        var genuine = current.AppSecrets.Any(Matches);
        foreach (var app in current.Apps.Values) genuine |= app.AppSecrets.Any(Matches);
        return genuine ? new VerificationResult.Valid() : new VerificationResult.Invalid(VerificationReasons.SignatureWrong);
    }

    /// <summary>The page, Instagram or WhatsApp account of the first entry.</summary>
    public string? SourceOf(Delivery delivery)
    {
        var accounts = options.CurrentValue.Accounts;
        return accounts.Count > 0 && JsonGlance.Text(delivery.Body.Span, "id"u8, 3) is { } id && accounts.ContainsKey(id) ? id : null;
    }

    public WebhookResponse Respond(Delivery delivery, Acceptance acceptance) => acceptance is Acceptance.NotStored ? ComeAgain : Received;

    public IEnumerable<DeliveryItem> Read(Delivery delivery) => MetaPayload.Elements(delivery, options.CurrentValue);

    private static string Fingerprint(MetaOptions current)
    {
        if (current.Apps.Count == 0) return current.AppSecrets.Fingerprint;
        var all = current.Apps.OrderBy(app => app.Key, StringComparer.OrdinalIgnoreCase).Select(app => app.Value.AppSecrets.Fingerprint);
        return new SecretPair(current.AppSecrets.Fingerprint, string.Join(' ', all)).Fingerprint;
    }
}
