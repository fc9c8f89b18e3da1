using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Serverless.Channels.CallFlows;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Twilio;

/// <summary>
/// Twilio's language: calls, SMS, MMS and WhatsApp. Addresses to enter at Twilio, all below
/// <c>{Hooks__PublicBaseUrl}/api/hooks/twilio/</c>, POST or GET:
/// <list type="table">
/// <item><term>voice</term><description>Phone number, "A call comes in" (and its fallback): TwiML of the number's answer
/// plan.</description></item>
/// <item><term>voice/status</term><description>Phone number, "Call status changes", with <c>#rc=5&amp;rp=5xx,ct,rt</c> behind it: 204.
/// Needed, or a caller who hangs up early is not known to have been missed.</description></item>
/// <item><term>messages</term><description>Phone number, messaging service or WhatsApp sender, "A message comes in", with the same
/// fragment: an empty TwiML document.</description></item>
/// <item><term>messages/status</term><description>Status of messages sent: 204. Our replies name this address
/// themselves.</description></item>
/// </list>
/// Our own TwiML names the rest: <c>voice/dial</c> and <c>voice/message</c> (after Dial and Record: TwiML), <c>voice/recording</c> and
/// <c>voice/transcription</c> (204).
/// While storage is down, addresses that control a call answer TwiML all the same (Twilio plays an error to the caller otherwise); the
/// others 503, which
/// Twilio repeats if the fragment asks for it. https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
/// </summary>
public sealed partial class TwilioChannel(IOptionsMonitor<TwilioOptions> options, IOptionsMonitor<HooksOptions> hooks, ProviderHttp calls,
    TimeProvider time) : IChannel
{
    internal const string ChannelName = "twilio";

    /// <summary>Registers the channel and its settings.</summary>
    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TwilioOptions>().Bind(configuration.GetSection("Channels:Twilio"));
        services.AddSingleton<IValidateOptions<TwilioOptions>, TwilioOptionsValidator>();
        services.AddSingleton<IChannel, TwilioChannel>();
    }

    public string Name => ChannelName;

    public IReadOnlyList<string> KeptHeaders { get; } = ["x-twilio-signature", "host"];

    /// <summary>Twilio sends forms of some thirty short fields.</summary>
    public int MaxBodyBytes => 64 * 1024;

    private string? PublicAddress => hooks.CurrentValue.PublicBaseUrl is { Length: > 0 } address ? address.TrimEnd('/') : null;

    public ChannelSettings Settings
    {
        get
        {
            var current = options.CurrentValue;
            var fingerprint = current.TokensOf(null).Fingerprint;
            if (current.Accounts.Count > 0)
            {
                var accounts = current.Accounts.OrderBy(a => a.Key, StringComparer.Ordinal)
                    .Select(a => current.TokensOf(a.Key).Fingerprint);
                fingerprint = new SecretPair(fingerprint, string.Concat(accounts)).Fingerprint;
            }

            return new ChannelSettings(current.Enabled, current.Mode, current.Paused, fingerprint);
        }
    }

    public IEnumerable<string> Problems()
    {
        var current = options.CurrentValue;
        if (!current.Enabled) yield break;
        if (PublicAddress is not { } url || !url.StartsWith("https://", StringComparison.Ordinal))
            yield return "Hooks__PublicBaseUrl must be the https address under which Twilio calls us, e.g. https://contact.example.com: Twilio signs it.";
        if (current.TokensOf(null).IsMissing && current.Accounts.Count == 0)
            yield return "Channels__Twilio__AuthToken is missing: it is the primary auth token of the account, and without it no call can be verified.";
        foreach (var account in current.Accounts.Where(a => current.TokensOf(a.Key).IsMissing))
            yield return $"Channels__Twilio__Accounts__{account.Key}__AuthToken is missing: a subaccount signs with its own auth token.";
        foreach (var problem in CallFlow.Problems(current.Default, current.Numbers, "Channels__Twilio")) yield return problem;
        foreach (var number in current.Numbers.Keys)
        {
            var resolved = CallFlow.Of(number, current.Numbers, current.Default);
            if (resolved.WithoutRinging() is CallFlowStep.TakeMessage { Transcribe: true } message
                && !Twiml.CanTranscribe(resolved.Language, message.MaxSeconds))
                yield return $"Channels__Twilio__Numbers__{number}__Transcribe: Twilio writes down English messages of at most 120 seconds only; set it to false.";
        }
    }

    public VerificationResult Verify(Delivery delivery)
    {
        if (TwilioForm.Of(delivery) is not { } form) return new VerificationResult.Invalid(VerificationReasons.SignatureMalformed);
        if (delivery.Header("x-twilio-signature") is not { Length: > 0 } signature)
        {
            // Opened in a browser; with an account named it is meant to be a call of Twilio's.
            return TwilioForm.IsQueryOnly(delivery) && form["AccountSid"u8] is null
                ? new VerificationResult.Challenge(
                    WebhookResponse.Text("This address takes calls and messages from Twilio; enter it in the Twilio console."))
                : new VerificationResult.Invalid(VerificationReasons.SignatureMissing);
        }

        if (!TwilioSignature.IsWellFormed(signature)) return new VerificationResult.Invalid(VerificationReasons.SignatureMalformed);
        var tokens = options.CurrentValue.TokensOf(form["AccountSid"u8]);
        if (tokens.IsMissing || PublicAddress is not { } address) return new VerificationResult.Invalid(VerificationReasons.NoSecret);
        var url = address + delivery.PathAndQuery;

        // A JSON body is signed by its hash in the URL. https://www.twilio.com/docs/usage/webhooks/webhooks-security
        var bodyHash = delivery.PathAndQuery.Contains("bodySHA256=", StringComparison.Ordinal)
            ? TwilioForm.OfQuery(delivery)?["bodySHA256"u8] ?? ""
            : null;
        var urlOnly = bodyHash is not null || TwilioForm.IsQueryOnly(delivery);
        if (!TwilioSignature.Holds(tokens, signature, url, urlOnly ? [] : form.SignedPart()))
            return new VerificationResult.Invalid(VerificationReasons.SignatureWrong);
        if (bodyHash is not null && !Hmac.SameText(Convert.ToHexStringLower(SHA256.HashData(delivery.Body.Span)), bodyHash))
            return new VerificationResult.Invalid(VerificationReasons.BodyHashWrong);
        return new VerificationResult.Valid();
    }

    public WebhookResponse Respond(Delivery delivery, Acceptance acceptance)
    {
        switch (delivery.Rest)
        {
            case "voice" or "voice/dial" or "voice/message":
                return Call(delivery, acceptance);
            case "messages" when acceptance != Acceptance.NotStored:
                return Twiml.Nothing;
            default:
                return WebhookResponse.Empty(acceptance == Acceptance.NotStored ? 503 : 204);
        }
    }

    /// <summary>A message may be left, a call comes back by what our answer names; nobody is rung for who is not proven.</summary>
    public WebhookResponse? RespondUnread(Delivery begun)
    {
        if (begun.Rest is not ("voice" or "voice/dial" or "voice/message")) return null;
        if (begun.Rest == "voice/message") return Twiml.Hangup;
        var plan = CallFlow.Of(null, options.CurrentValue.Numbers, options.CurrentValue.Default);
        return new Twiml(plan, $"{PublicAddress}/api/hooks/{ChannelName}/").Say(plan.WithoutRinging(), comeBack: true);
    }

    public string? SourceOf(Delivery delivery) =>
        TwilioForm.Of(delivery)?["AccountSid"u8] is { } account
        && options.CurrentValue.KnownAccounts.Contains(account, StringComparer.Ordinal) ? account : null;

    private WebhookResponse Call(Delivery delivery, Acceptance acceptance)
    {
        var current = options.CurrentValue;
        var form = TwilioForm.Of(delivery);
        var plan = CallFlow.Of(form?["To"u8], current.Numbers, current.Default);
        var twiml = new Twiml(plan, $"{PublicAddress}/api/hooks/{ChannelName}/");
        var comeBack = acceptance == Acceptance.NotStored;
        switch (delivery.Rest)
        {
            case "voice/message":
                return form?["RecordingUrl"u8] is null ? Twiml.Hangup : twiml.Farewell();
            case "voice/dial" when form is not null && TwilioVoicePayload.WasAnswered(form):
                return Twiml.Hangup;
            default:
                if (acceptance == Acceptance.Quarantined) return twiml.Say(plan.WithoutRinging(), comeBack);
                return twiml.Say(delivery.Rest == "voice" ? plan.Begin(delivery.ReceivedAt)
                    : plan.Next(TwilioForm.OfQuery(delivery)?.Number("next"u8) ?? int.MaxValue), comeBack);
        }
    }

    public IEnumerable<DeliveryItem> Read(Delivery delivery)
    {
        var door = delivery.Rest;
        if (delivery.Arrival == Arrival.LookedAgain)
        {
            foreach (var element in TwilioRecords.Elements(delivery)) yield return element;
            yield break;
        }

        yield return new DeliveryItem(door, () => Read(delivery, door));
    }

    private static Parsed Read(Delivery delivery, string door)
    {
        var form = TwilioForm.Of(delivery);
        Parsed? reading = form is null ? null : door switch
        {
            "messages" => TwilioMessagePayload.Read(form, delivery),
            "messages/status" => TwilioMessagePayload.Status(form, delivery),
            _ => TwilioVoicePayload.Read(door, form, delivery),
        };
        return reading ?? Placeholder(delivery, form);
    }

    private static Parsed.Found Placeholder(Delivery delivery, TwilioForm? form)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(delivery.PathAndQuery));
        hash.AppendData(delivery.Body.Span);
        var id = Convert.ToHexStringLower(hash.GetHashAndReset());
        return new Parsed.Found(ContactEvent.Unread(ChannelName, "unknown", form?["AccountSid"u8] ?? "unknown", id, delivery.ReceivedAt,
            delivery.ReceivedAt));
    }
}
