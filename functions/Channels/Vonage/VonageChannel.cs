using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Serverless.Channels.CallFlows;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Vonage;

/// <summary>
/// Vonage's language: calls, and messages by SMS, MMS, WhatsApp, Messenger, Viber and RCS. Addresses of an application, all below
/// <c>{Hooks__PublicBaseUrl}/api/hooks/vonage/</c>: <c>voice/answer</c> (and fallback), <c>voice/events</c>, <c>messages</c>,
/// <c>messages/status</c>; our own call
/// control names <c>voice/dial</c>, <c>voice/recording</c> and <c>voice/transcription</c>.
/// </summary>
public sealed partial class VonageChannel : IChannel
{
    internal const string ChannelName = "vonage";

    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);
    private static readonly string[] Kept = ["authorization"];
    private static readonly WebhookResponse NoSuchMethod = WebhookResponse.Text("This address takes GET and POST.", 405)
        with { Headers = [new("Allow", "GET, POST")] };

    private readonly IOptionsMonitor<VonageOptions> _options;
    private readonly IOptionsMonitor<HooksOptions> _hooks;
    private readonly TimeProvider _time;
    private readonly VonageCalls _api;

    public VonageChannel(IOptionsMonitor<VonageOptions> options, IOptionsMonitor<HooksOptions> hooks, TimeProvider time, ProviderHttp calls)
    {
        _options = options;
        _hooks = hooks;
        _time = time;
        _api = new VonageCalls(options, time, calls);
    }

    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<VonageOptions>().Bind(configuration.GetSection("Channels:Vonage"));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<VonageOptions>, VonageOptionsValidator>());
        services.AddSingleton<IChannel, VonageChannel>();
    }

    public string Name => ChannelName;

    public ChannelSettings Settings
    {
        get
        {
            var current = _options.CurrentValue;
            var fingerprint = current.SecretsOf(null).Fingerprint;
            if (current.Accounts.Count > 0)
                fingerprint = new SecretPair(fingerprint,
                    string.Concat(current.Accounts.OrderBy(a => a.Key, StringComparer.Ordinal)
                        .Select(a => current.SecretsOf(a.Key).Fingerprint))).Fingerprint;
            return new(current.Enabled, current.Mode, current.Paused, fingerprint);
        }
    }

    /// <summary>Callbacks hold some thirty short fields, a message some thousand characters, a transcript ten minutes of them.</summary>
    public int MaxBodyBytes => 256 * 1024;

    public IReadOnlyList<string> KeptHeaders => Kept;

    public IEnumerable<string> Problems()
    {
        var current = _options.CurrentValue;
        if (!current.Enabled) yield break;
        if (_hooks.CurrentValue.PublicBaseUrl is not { } url || !url.StartsWith("https://", StringComparison.Ordinal))
            yield return "Hooks__PublicBaseUrl must be the https address under which Vonage calls us, e.g. https://contact.example.com: call control names it.";
        if (current.SecretsOf(null).IsMissing && current.Accounts.Count == 0)
            yield return "Channels__Vonage__SignatureSecret is missing: it is the signature secret of the account (Dashboard, Settings), and without it no callback can be verified.";
        foreach (var account in current.Accounts.Where(a => current.SecretsOf(a.Key).IsMissing))
            yield return $"Channels__Vonage__Accounts__{account.Key}__SignatureSecret is missing: each account signs with a secret of its own.";
        if (!string.IsNullOrEmpty(current.PrivateKey) && !ApplicationJwt.IsKey(current.PrivateKey))
            yield return "Channels__Vonage__PrivateKey is no RSA private key in PEM form; line breaks may be written as \\n.";
        foreach (var problem in CallFlow.Problems(current.Default, current.Numbers, "Channels__Vonage")) yield return problem;
    }

    public VerificationResult Verify(Delivery delivery)
    {
        if (delivery.Method is not ("GET" or "HEAD" or "POST")) return new VerificationResult.Challenge(NoSuchMethod);
        if (TokenOf(delivery) is not { Length: > 0 } text)
        {
            // Opened in a browser; with a call named it is meant to be Vonage's.
            return delivery.Method is not "POST" && !delivery.PathAndQuery.Contains('?', StringComparison.Ordinal)
                ? new VerificationResult.Challenge(
                    WebhookResponse.Text(
                        "This address takes calls and messages from Vonage; enter it in the application on the Vonage dashboard."))
                : new VerificationResult.Invalid(Missing(delivery));
        }

        if (SharedKeyJwt.Parse(text) is not { } token) return new VerificationResult.Invalid(VerificationReasons.SignatureMalformed);
        var current = _options.CurrentValue;
        if (current.SecretsOf(null).IsMissing && current.Accounts.Count == 0)
            return new VerificationResult.Invalid(VerificationReasons.NoSecret);
        var secrets = current.SecretsOf(token.Text("api_key"));
        if (secrets.IsMissing) return new VerificationResult.Invalid(VerificationReasons.KeyUnknown);
        if (!token.Holds(secrets)) return new VerificationResult.Invalid(VerificationReasons.SignatureWrong);
        var times = token.Read();
        if (!times.AreFresh(delivery.ReceivedAt, TimeSpan.FromHours(current.TokenHours), Skew))
            return new VerificationResult.Invalid(VerificationReasons.Stale, times.IssuedAt);
        return CoversBody(token, delivery.Body.Span)
            ? new VerificationResult.Valid(times.IssuedAt) : new VerificationResult.Invalid(VerificationReasons.BodyHashWrong);
    }

    // Without a token there is no Bearer; another scheme is no signature of Vonage's.
    private static string Missing(Delivery delivery) => string.IsNullOrEmpty(delivery.Header("authorization"))
        ? VerificationReasons.SignatureMissing : VerificationReasons.SignatureMalformed;

    private static string? TokenOf(Delivery delivery) =>
        delivery.Header("authorization") is { } header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
        ? header[7..] : null;

    // Vonage calls this check optional over TLS; a token that signs another body is refused all the same. A GET has no body, so nothing but
    // TLS
    // protects its query: set the application to POST. https://developer.vonage.com/en/getting-started/concepts/webhooks
    private static bool CoversBody(SharedKeyJwt token, ReadOnlySpan<byte> body) => token.Text("payload_hash") is { } hash
        ? body.IsEmpty || Hmac.SameText(Convert.ToHexStringLower(SHA256.HashData(body)), hash.ToLowerInvariant())
        : body.IsEmpty;

    public WebhookResponse Respond(Delivery delivery, Acceptance acceptance)
    {
        if (delivery.Rest is "voice/answer" or "voice/dial") return Call(delivery, acceptance);
        if (acceptance is Acceptance.NotStored) return WebhookResponse.Empty(503);
        // An internal error of Vonage's can leave a callback unsigned; a 5xx makes it come again, signed. What came is in quarantine and is
        // the same contact.
        // https://developer.vonage.com/en/getting-started/concepts/webhooks
        return acceptance is Acceptance.Quarantined && string.IsNullOrEmpty(delivery.Header("authorization"))
            ? WebhookResponse.Empty(503) : WebhookResponse.Empty();
    }

    /// <summary>A message may be left; an unverified caller rings no one. Running actions continue.</summary>
    public WebhookResponse? RespondUnread(Delivery begun)
    {
        if (begun.Rest is "voice/dial") return Ncco.Nothing;
        if (begun.Rest is not "voice/answer") return null;
        var plan = CallFlow.Of(null, _options.CurrentValue.Numbers, _options.CurrentValue.Default);
        var address = $"{_hooks.CurrentValue.PublicBaseUrl?.TrimEnd('/')}/api/hooks/{ChannelName}/";
        return Step(new Ncco(plan, address, null), plan.WithoutRinging(), 0, 0);
    }

    /// <summary>The account that the token claims.</summary>
    public string? SourceOf(Delivery delivery)
    {
        var current = _options.CurrentValue;
        return TokenOf(delivery) is { } text && SharedKeyJwt.Parse(text)?.Text("api_key") is { } account
            && (account == current.ApiKey || current.Accounts.ContainsKey(account)) ? account : null;
    }

    /// <summary>
    /// The call control of the number's plan, also while storage is down: the events of the call bring it back. A caller who is not proven
    /// genuine learns no number of ours.
    /// </summary>
    private WebhookResponse Call(Delivery delivery, Acceptance acceptance)
    {
        var current = _options.CurrentValue;
        using var call = VonageCallback.OfWhatever(delivery);
        var dialling = delivery.Rest is "voice/dial";
        // Of a leg that we dialled, "from" is the number the customer called.
        var dialled = call.Word(dialling ? "from" : "to");
        var plan = CallFlow.Of(dialled, current.Numbers, current.Default);
        var ncco = new Ncco(plan, $"{_hooks.CurrentValue.PublicBaseUrl?.TrimEnd('/')}/api/hooks/{ChannelName}/",
            VonageNumber.IsNumber(VonageNumber.Of(dialled)) ? VonageNumber.Bare(dialled!) : null);
        if (!dialling)
            return Step(ncco, acceptance is Acceptance.Quarantined ? plan.WithoutRinging() : plan.Begin(delivery.ReceivedAt), 0, 0);
        if (!VonageVoicePayload.WasNotReached(call.Word("status"))) return Ncco.Nothing;
        if (acceptance is Acceptance.Quarantined) return Step(ncco, plan.WithoutRinging(), 0, 0);
        var (group, person) = Place(call.Query("next"));
        return Step(ncco, plan.Next(group), group, person);
    }

    private static WebhookResponse Step(Ncco ncco, CallFlowStep step, int group, int person) =>
        // A call flow that became shorter during the call continues with its first number.
        ncco.Say(step, group, step is CallFlowStep.Ring ring && person >= ring.Numbers.Count ? 0 : person);

    // "1.0" is the first number of the second group; anything else takes a message.
    private static (int Group, int Person) Place(string? next) =>
        next?.Split('.') is [var group, var person] && int.TryParse(group, out var g) && int.TryParse(person, out var p) && g >= 0 && p >= 0
        ? (g, p) : (int.MaxValue, 0);

    public IEnumerable<DeliveryItem> Read(Delivery delivery)
    {
        var door = delivery.Rest;
        yield return new DeliveryItem(door, () => Read(delivery, door));
    }

    private Parsed Read(Delivery delivery, string door)
    {
        using var call = VonageCallback.Of(delivery);
        var account = AccountOf(delivery);
        var reading = door switch
        {
            "messages" => VonageMessagePayload.Inbound(call.Json, delivery, account),
            "messages/status" => VonageMessagePayload.Status(call.Json, delivery, account),
            "look/call" => VonageVoicePayload.Held(call.Json, delivery, account),
            _ => VonageVoicePayload.Read(door, call, delivery, account),
        };
        return reading ?? Placeholder(delivery, account);
    }

    // No body names the account, the token does; deliveries of reconciliation belong to the account in the settings.
    private string AccountOf(Delivery delivery) =>
        (TokenOf(delivery) is { } text ? SharedKeyJwt.Parse(text)?.Text("api_key") : null) ?? _options.CurrentValue.ApiKey ?? "unknown";

    private static Parsed.Found Placeholder(Delivery delivery, string account) =>
        new(ContactEvent.Unread(ChannelName, "unknown", account, VonageCallback.IdOf(delivery), delivery.ReceivedAt, delivery.ReceivedAt));
}
