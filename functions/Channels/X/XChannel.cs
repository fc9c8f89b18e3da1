using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Serverless.Platform.OutboundHttp;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.X;

/// <summary>
/// X: public posts and direct messages of our accounts, from the X Activity API or the Account Activity API at one address.
/// </summary>
public sealed partial class XChannel : IChannel
{
    internal const string ChannelName = "x";
    private const string SignatureHeader = "x-twitter-webhooks-signature";
    private const string SignaturePrefix = "sha256=";

    private static readonly string[] Kept = [SignatureHeader];

    private static readonly WebhookResponse NoSuchMethod = WebhookResponse.Text("This address takes GET and POST.", 405)
        with { Headers = [new("Allow", "GET, POST")] };

    private readonly IOptionsMonitor<XOptions> _options;
    private readonly TimeProvider _time;
    private readonly XCalls _api;

    public XChannel(IOptionsMonitor<XOptions> options, TimeProvider time, ProviderHttp calls)
    {
        _options = options;
        _time = time;
        _api = new XCalls(options, time, calls);
    }

    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<XOptions>().Bind(configuration.GetSection("Channels:X"));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<XOptions>, XOptionsValidator>());
        services.AddSingleton<IChannel, XChannel>();
    }

    public string Name => ChannelName;

    public ChannelSettings Settings
    {
        get
        {
            var current = _options.CurrentValue;
            return new(current.Enabled, current.Mode, current.Paused, current.ConsumerSecrets.Fingerprint);
        }
    }

    public IReadOnlyList<string> KeptHeaders => Kept;

    public IEnumerable<string> Problems()
    {
        var current = _options.CurrentValue;
        if (!current.Enabled) yield break;
        if (string.IsNullOrEmpty(current.ConsumerSecret))
            yield return "Channels__X__ConsumerSecret is missing: set it to the consumer secret (API key secret) of the X app, or handshakes and deliveries cannot be verified.";
        foreach (var (id, account) in current.Accounts)
        {
            if (id.Length == 0 || id.AsSpan().ContainsAnyExceptInRange('0', '9'))
                yield return $"Channels__X__Accounts__{id}: an account is named by its numeric user id, not by its handle.";
            if (string.IsNullOrEmpty(account.AccessToken) || string.IsNullOrEmpty(account.AccessTokenSecret))
                yield return $"Channels__X__Accounts__{id}__AccessToken and ...__AccessTokenSecret are needed to answer from that account and to look at it again.";
        }

        if (current.Accounts.Count > 0 && string.IsNullOrEmpty(current.ConsumerKey))
            yield return "Channels__X__ConsumerKey is missing: without it no call to X can be signed.";
    }

    public VerificationResult Verify(Delivery delivery)
    {
        var secrets = _options.CurrentValue.ConsumerSecrets;
        if (delivery.Method is "GET" or "HEAD") return new VerificationResult.Challenge(XHandshake.Answer(delivery, secrets));
        if (delivery.Method is not "POST") return new VerificationResult.Challenge(NoSuchMethod);
        if (secrets.IsMissing) return new VerificationResult.Invalid(VerificationReasons.NoSecret);

        // The signature carries no time, so there is no replay window: what comes again has the same ids.
        // https://docs.x.com/x-api/webhooks/quickstart
        var header = delivery.Header(SignatureHeader);
        if (string.IsNullOrEmpty(header)) return new VerificationResult.Invalid(VerificationReasons.SignatureMissing);
        if (!header.StartsWith(SignaturePrefix, StringComparison.Ordinal) || header.Length != SignaturePrefix.Length + 44)
            return new VerificationResult.Invalid(VerificationReasons.SignatureMalformed);
        if (!secrets.Any(secret => Hmac.MatchesSha256Base64(secret, delivery.Body.Span, header.AsSpan(SignaturePrefix.Length))))
            return new VerificationResult.Invalid(VerificationReasons.SignatureWrong);
        return XHandshake.MayBeSigned(delivery.Body.Span)
            ? new VerificationResult.Valid() : new VerificationResult.Invalid(VerificationReasons.SignatureMalformed);
    }

    /// <summary>The account that it is for.</summary>
    public string? SourceOf(Delivery delivery) =>
        JsonGlance.Text(delivery.Body.Span, "for_user_id"u8, 1) is { } id && _options.CurrentValue.Accounts.ContainsKey(id) ? id : null;

    // X wants a 200 within ten seconds; what gets anything else is sent again. https://docs.x.com/x-api/webhooks/introduction
    public WebhookResponse Respond(Delivery delivery, Acceptance acceptance) =>
        WebhookResponse.Empty(acceptance is Acceptance.NotStored ? 503 : 200);

    public IEnumerable<DeliveryItem> Read(Delivery delivery) => XPayload.Elements(delivery, _options.CurrentValue.Accounts);
}
