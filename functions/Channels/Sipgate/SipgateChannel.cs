using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Serverless.Channels.CallFlows;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Sipgate;

/// <summary>
/// sipgate's language: calls, pushed as they happen. One address for all events, <c>{Hooks__PublicBaseUrl}/api/hooks/sipgate</c>, to be
/// entered for incoming and outgoing calls. A new call is answered with XML that requests the following events, also while storage is
/// unavailable: they bring the call back. Those events get 200, or 503 when they could not be stored; whether sipgate sends them again is
/// not documented.
/// </summary>
public sealed partial class SipgateChannel(IOptionsMonitor<SipgateOptions> options, IOptionsMonitor<HooksOptions> hooks, ProviderHttp calls,
    TimeProvider time) : IChannel
{
    internal const string ChannelName = "sipgate";

    /// <summary>Registers the channel and its settings.</summary>
    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<SipgateOptions>().Bind(configuration.GetSection("Channels:Sipgate"));
        services.AddSingleton<IValidateOptions<SipgateOptions>, SipgateOptionsValidator>();
        services.AddSingleton<IChannel, SipgateChannel>();
    }

    public string Name => ChannelName;

    public IReadOnlyList<string> KeptHeaders { get; } = ["x-sipgate-signature"];

    /// <summary>sipgate sends forms of a dozen short fields.</summary>
    public int MaxBodyBytes => 64 * 1024;

    private string? PublicAddress => hooks.CurrentValue.PublicBaseUrl is { Length: > 0 } address ? address.TrimEnd('/') : null;

    private string? Callback => PublicAddress is { } address ? $"{address}/api/hooks/{ChannelName}" : null;

    public ChannelSettings Settings
    {
        get
        {
            var current = options.CurrentValue;
            return new ChannelSettings(current.Enabled, current.Mode, current.Paused, current.Keys.Fingerprint);
        }
    }

    public IEnumerable<string> Problems()
    {
        var current = options.CurrentValue;
        if (!current.Enabled) yield break;
        if (PublicAddress is not { } url || !url.StartsWith("https://", StringComparison.Ordinal))
            yield return "Hooks__PublicBaseUrl must be the https address under which sipgate calls us, e.g. https://contact.example.com: without it sipgate never says who answered and when a call ended.";
        if (!SipgateSignature.IsKey(current.Keys.Current))
            yield return "Channels__Sipgate__PublicKey is no public RSA key: give it as PEM or as the base64 between its lines, or leave it out for the one that sipgate publishes.";
        if (!string.IsNullOrEmpty(current.PreviousPublicKey) && !SipgateSignature.IsKey(current.PreviousPublicKey))
            yield return "Channels__Sipgate__PreviousPublicKey is no public RSA key: correct it or leave it out.";
        foreach (var problem in CallFlow.Problems(current.Default, current.Numbers, "Channels__Sipgate", SipgateXml.Problems))
            yield return problem;
    }

    public VerificationResult Verify(Delivery delivery)
    {
        if (delivery.Header("x-sipgate-signature") is not { Length: > 0 } header)
        {
            return delivery.Method == "GET"
                ? new VerificationResult.Challenge(
                    WebhookResponse.Text(
                        "This address takes the calls that sipgate pushes; enter it as webhook URL for incoming and outgoing calls."))
                : new VerificationResult.Invalid(VerificationReasons.SignatureMissing);
        }

        if (SipgateSignature.Parse(header) is not { } signature)
            return new VerificationResult.Invalid(VerificationReasons.SignatureMalformed);
        return options.CurrentValue.Keys.Any(key => SipgateSignature.Holds(key, delivery.Body.Span, signature))
            ? new VerificationResult.Valid() : new VerificationResult.Invalid(VerificationReasons.SignatureWrong);
    }

    public WebhookResponse Respond(Delivery delivery, Acceptance acceptance)
    {
        var form = FormFields.Of(delivery);
        // The answers to all other events are discarded.
        if (form?["event"u8] is not "newCall") return WebhookResponse.Empty(acceptance == Acceptance.NotStored ? 503 : 200);
        var current = options.CurrentValue;
        var xml = new SipgateXml(Callback);
        if (!current.Routes(form["to"u8]) || acceptance == Acceptance.Quarantined || form["direction"u8] == "out"
            || SipgatePayload.IsHandedOn(form)) return xml.Listen();
        return xml.Say(CallFlow.Of(form["to"u8], current.Numbers, current.Default).Begin(delivery.ReceivedAt));
    }

    /// <summary>
    /// A call takes sipgate's own routing and reports its events. All events come to one address, so one whose name did not arrive is
    /// answered like a call: responses to the others are discarded, and reconciliation finds the missing data.
    /// </summary>
    public WebhookResponse? RespondUnread(Delivery begun) =>
        begun.Method == "POST" && FormFields.Of(begun)?["event"u8] is null or "newCall" ? new SipgateXml(Callback).Listen() : null;

    public IEnumerable<DeliveryItem> Read(Delivery delivery)
    {
        if (delivery.Arrival == Arrival.LookedAgain)
        {
            yield return new DeliveryItem(delivery.Rest, () => SipgateHistory.Read(delivery) ?? Placeholder(delivery));
            yield break;
        }

        yield return new DeliveryItem("push", () => (FormFields.Of(delivery) is { } form ? SipgatePayload.Read(form, delivery) : null)
            ?? Placeholder(delivery));
    }

    private static Parsed.Found Placeholder(Delivery delivery) =>
        new(ContactEvent.Unread(ChannelName, "unknown", ChannelName, Convert.ToHexStringLower(SHA256.HashData(delivery.Body.Span)),
            delivery.ReceivedAt, delivery.ReceivedAt));
}
