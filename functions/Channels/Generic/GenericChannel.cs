using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Generic;

/// <summary>
/// The channel for everything without a provider: web forms, apps, tills, devices. CloudEvents 1.0, signed by Standard Webhooks.
/// </summary>
/// <remarks>
/// Standard Webhooks sign id, time and body, not other headers such as Content-Type. In CloudEvents' binary mode the attributes are
/// headers, so only TLS protects them. Therefore
/// <c>webhook-id</c> must equal <c>ce-id</c> there: nobody makes a second event out of a signed one, and who changes its type or source
/// still has a named sender's
/// sources to pass. Structured and batch mode have no such gap; prefer them.
/// Sources: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md and
/// https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md
/// </remarks>
public sealed partial class GenericChannel(IOptionsMonitor<GenericOptions> options) : IChannel
{
    private const string Section = "Channels__Generic__";

    private static readonly KeyValuePair<string, string> AllowPost = new("Allow", "POST");

    private static readonly WebhookResponse Greeting = WebhookResponse.Text(
        "This is the channel generic: it takes CloudEvents 1.0 by POST, signed with the three headers of Standard Webhooks.");

    public string Name => "generic";

    public IReadOnlyList<string> KeptHeaders { get; } = ["ce-*", "webhook-*"];

    public ChannelSettings Settings
    {
        get
        {
            var now = options.CurrentValue;
            return new(now.Enabled, now.Mode, now.Paused, Fingerprint(now));
        }
    }

    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<GenericOptions>().Bind(configuration.GetSection("Channels:Generic"));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GenericOptions>, GenericOptionsValidator>());
        services.AddSingleton<IChannel, GenericChannel>();
    }

    public IEnumerable<string> Problems()
    {
        var now = options.CurrentValue;
        if (!now.Enabled) yield break;
        if (now.Secrets.IsMissing && now.Senders.Values.All(s => s.Secrets.IsMissing))
            yield return $"The channel generic has no secret: set {Section}Secret to whsec_ and base64 of 24 to 64 random bytes.";
        foreach (var sentence in Malformed(Section, now.Secrets)) yield return sentence;
        foreach (var (name, sender) in now.Senders)
        {
            var section = $"{Section}Senders__{name}__";
            if (sender.Secrets.IsMissing)
                yield return $"The sender {name} of the channel generic has no secret: set {section}Secret to whsec_ and base64 of 24 to 64 random bytes.";
            if (string.IsNullOrWhiteSpace(sender.Sources))
                yield return $"The sender {name} of the channel generic may speak for no source: set {section}Sources to the beginnings of its CloudEvents sources.";
            foreach (var sentence in Malformed(section, sender.Secrets)) yield return sentence;
        }
    }

    public VerificationResult Verify(Delivery delivery) => delivery.Method switch
    {
        "POST" => Judge(delivery, options.CurrentValue),
        "OPTIONS" => new VerificationResult.Challenge(Permission(delivery, options.CurrentValue)),
        "GET" or "HEAD" => new VerificationResult.Challenge(Greeting),
        _ => new VerificationResult.Challenge(WebhookResponse.Empty(405) with { Headers = [AllowPost] }),
    };

    /// <summary>The sender of the settings whose source the first event names.</summary>
    public string? SourceOf(Delivery delivery)
    {
        var senders = options.CurrentValue.Senders;
        if (senders.Count == 0 || CloudEventReader.Sources(delivery) is not [var source, ..]) return null;
        foreach (var (name, sender) in senders)
            if (sender.Owns(source)) return name;
        return null;
    }

    /// <summary>202: accepted and not processed yet, as the web hook profile wants it. 503 when it is not stored, since senders try
    /// again.</summary>
    public WebhookResponse Respond(Delivery delivery, Acceptance acceptance) => acceptance == Acceptance.NotStored
        ? WebhookResponse.Empty(503) with { Headers = [new("Retry-After", "60")] }
        : WebhookResponse.Empty(202);

    public IEnumerable<DeliveryItem> Read(Delivery delivery) =>
        CloudEventReader.Elements(delivery, happened => GenericPayload.Read(happened, delivery));

    private static VerificationResult Judge(Delivery delivery, GenericOptions now)
    {
        var proof = Check(delivery, now.Secrets, now);
        GenericSender? signer = null;
        foreach (var sender in now.Senders.Values)
        {
            // A signature that holds, fresh or stale, names its sender; every other finding leaves the question to the next secret.
            if (proof.SentAt is not null) break;
            var next = Check(delivery, sender.Secrets, now);
            if (next.Kind == WebhookProofKind.NoSecret) continue;
            (proof, signer) = (next, sender);
        }

        if (proof.Kind != WebhookProofKind.Genuine) return new VerificationResult.Invalid(ReasonFor(proof.Kind), proof.SentAt);
        if (CloudEventReader.IsBinary(delivery) && delivery.Header("ce-id") is { } id && id != delivery.Header("webhook-id"))
            return new VerificationResult.Invalid(VerificationReasons.IdMismatch);
        if (now.Senders.Count > 0 && !CloudEventReader.Sources(delivery).TrueForAll(source => MaySpeakFor(source, signer, now)))
            return new VerificationResult.Invalid(VerificationReasons.SourceForeign);
        return new VerificationResult.Valid(proof.SentAt);
    }

    private static WebhookProof Check(Delivery delivery, SecretPair secrets, GenericOptions now) => StandardWebhook.Verify(
        secrets, delivery.Header("webhook-id"), delivery.Header("webhook-timestamp"), delivery.Header("webhook-signature"),
        delivery.Body.Span, delivery.ReceivedAt, TimeSpan.FromMinutes(now.ToleranceMinutes));

    /// <summary>A named sender for its own sources; the unnamed one for what no named sender has claimed.</summary>
    private static bool MaySpeakFor(string source, GenericSender? signer, GenericOptions now) =>
        signer?.Owns(source) ?? !now.Senders.Values.Any(sender => sender.Owns(source));

    private static string ReasonFor(WebhookProofKind kind) => kind switch
    {
        WebhookProofKind.SignatureMissing => VerificationReasons.SignatureMissing,
        WebhookProofKind.SignatureMalformed => VerificationReasons.SignatureMalformed,
        WebhookProofKind.Stale => VerificationReasons.Stale,
        WebhookProofKind.NoSecret => VerificationReasons.NoSecret,
        _ => VerificationReasons.SignatureWrong,
    };

    /// <summary>
    /// Consent is in the two headers, not in the status: an origin that is not allowed gets the response of an endpoint without OPTIONS.
    /// The callback variant is not supported: the app calls no URL of a stranger.
    /// </summary>
    private static WebhookResponse Permission(Delivery delivery, GenericOptions now)
    {
        var origin = delivery.Header("webhook-request-origin");
        if (string.IsNullOrWhiteSpace(origin) || !now.AllowedOrigins.Split(' ').Contains(origin, StringComparer.OrdinalIgnoreCase))
            return WebhookResponse.Empty(405) with { Headers = [AllowPost] };

        var rate = now.AllowedRatePerMinute;
        if (int.TryParse(delivery.Header("webhook-request-rate"), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted)
            && wanted > 0) rate = Math.Min(rate, wanted);
        return WebhookResponse.Empty()
            with { Headers = [AllowPost, new("WebHook-Allowed-Origin", origin),
                new("WebHook-Allowed-Rate", rate.ToString(CultureInfo.InvariantCulture))] };
    }

    private static IEnumerable<string> Malformed(string section, SecretPair secrets)
    {
        if (!string.IsNullOrEmpty(secrets.Current) && !StandardWebhook.IsSecret(secrets.Current))
            yield return $"{section}Secret is no Standard Webhooks secret: it must be whsec_ and base64 of 24 to 64 bytes.";
        if (!string.IsNullOrEmpty(secrets.Previous) && !StandardWebhook.IsSecret(secrets.Previous))
            yield return $"{section}PreviousSecret is no Standard Webhooks secret: it must be whsec_ and base64 of 24 to 64 bytes.";
    }

    private static string Fingerprint(GenericOptions now)
    {
        if (now.Senders.Count == 0) return now.Secrets.Fingerprint;
        var all = new StringBuilder(now.Secrets.Fingerprint);
        foreach (var (name, sender) in now.Senders.OrderBy(s => s.Key, StringComparer.Ordinal))
            all.Append('\n').Append(name).Append(' ').Append(sender.Secrets.Fingerprint);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all.ToString())).AsSpan(0, 8));
    }
}
