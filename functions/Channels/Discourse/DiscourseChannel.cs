using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Serverless.Platform.OutboundHttp;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Discourse;

/// <summary>Discourse's language: posts in forums of one's own. Each forum has an address of its own,
/// <c>api/hooks/discourse/{name}</c>.</summary>
/// <remarks>https://meta.discourse.org/t/configure-webhooks-that-trigger-on-discourse-events-to-integrate-with-external-services/49045</remarks>
public sealed partial class DiscourseChannel(IOptionsMonitor<DiscourseOptions> options, ProviderHttp calls, TimeProvider time) : IChannel
{
    internal const string ChannelName = "discourse";

    private const string SignatureHeader = "x-discourse-event-signature";
    private const string SignaturePrefix = "sha256=";

    private static readonly WebhookResponse Greeting =
        WebhookResponse.Text("This address takes signed webhooks of a Discourse forum by POST; enter it there as payload URL.");

    private static readonly WebhookResponse NoSuchMethod = WebhookResponse.Text("This address takes GET and POST.", 405)
        with { Headers = [new("Allow", "GET, POST")] };

    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DiscourseOptions>().Bind(configuration.GetSection("Channels:Discourse"));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DiscourseOptions>, DiscourseOptionsValidator>());
        services.AddSingleton<IChannel, DiscourseChannel>();
    }

    public string Name => ChannelName;

    public IReadOnlyList<string> KeptHeaders { get; } = [SignatureHeader, "x-discourse-event", "x-discourse-event-type"];

    public ChannelSettings Settings
    {
        get
        {
            var current = options.CurrentValue;
            var all = current.Sites.OrderBy(s => s.Key, StringComparer.OrdinalIgnoreCase).Select(s => s.Value.Secrets.Fingerprint);
            return new(current.Enabled, current.Mode, current.Paused, new SecretPair(string.Join(' ', all), null).Fingerprint);
        }
    }

    public IEnumerable<string> Problems()
    {
        var current = options.CurrentValue;
        if (!current.Enabled) yield break;
        if (current.Sites.Count == 0)
            yield return "Channels__Discourse__Sites__<name>__Url and __Secret are missing: name at least one forum.";
        foreach (var (name, site) in current.Sites)
        {
            var setting = $"Channels__Discourse__Sites__{name}__";
            if (!SiteName().IsMatch(name))
                yield return $"{setting}: the name of a forum is part of its address, so it has lower-case letters and dashes only.";
            if (site.Secrets.IsMissing)
                yield return $"{setting}Secret is missing: choose a long random text and enter it beside the payload URL at Discourse, which signs nothing without one.";
            if (site.Address is null)
                yield return $"{setting}Url is missing or no address: set it to the forum's, e.g. https://community.example.com.";
        }
    }

    public VerificationResult Verify(Delivery delivery)
    {
        if (delivery.Method is "GET" or "HEAD") return new VerificationResult.Challenge(Greeting);
        if (delivery.Method is not "POST") return new VerificationResult.Challenge(NoSuchMethod);
        var sites = options.CurrentValue.Sites;
        if (sites.Values.All(s => s.Secrets.IsMissing)) return new VerificationResult.Invalid(VerificationReasons.NoSecret);
        if (!sites.TryGetValue(delivery.Rest, out var site)) return new VerificationResult.Invalid(VerificationReasons.KeyUnknown);

        // Without a secret at Discourse the header is missing altogether. Only the body is signed, without a time: the name of the event in
        // the other headers rests on TLS.
        // https://github.com/discourse/discourse/blob/main/app/jobs/regular/emit_web_hook_event.rb
        var header = delivery.Header(SignatureHeader);
        if (string.IsNullOrEmpty(header)) return new VerificationResult.Invalid(VerificationReasons.SignatureMissing);
        if (site.Secrets.IsMissing) return new VerificationResult.Invalid(VerificationReasons.NoSecret);
        if (!header.StartsWith(SignaturePrefix, StringComparison.Ordinal) || header.Length != SignaturePrefix.Length + 64)
            return new VerificationResult.Invalid(VerificationReasons.SignatureMalformed);
        return site.Secrets.Any(secret => Hmac.MatchesSha256Hex(secret, delivery.Body.Span, header.AsSpan(SignaturePrefix.Length)))
            ? new VerificationResult.Valid()
            : new VerificationResult.Invalid(VerificationReasons.SignatureWrong);
    }

    /// <summary>The forum whose address was called.</summary>
    public string? SourceOf(Delivery delivery) =>
        options.CurrentValue.Sites.Keys.FirstOrDefault(name => name.Equals(delivery.Rest, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// 200 without a body. 503 while storage is unavailable: Discourse repeats the call only if its setting "retry web hook events" is
    /// on, otherwise reconciliation imports it. Never 404 or 410, which switch the webhook off after a few.
    /// https://github.com/discourse/discourse/blob/main/app/jobs/regular/emit_web_hook_event.rb
    /// </summary>
    public WebhookResponse Respond(Delivery delivery, Acceptance acceptance) =>
        WebhookResponse.Empty(acceptance is Acceptance.NotStored ? 503 : 200);

    public IEnumerable<DeliveryItem> Read(Delivery delivery)
    {
        var (account, kind) = AccountOf(delivery);
        return DiscoursePayload.Elements(delivery,
            new DiscourseOrigin(account, options.CurrentValue.Sites.GetValueOrDefault(account), delivery.ReceivedAt), kind);
    }

    // look/post-{site} or look/private-{site}: a delivery of reconciliation names its forum in its kind.
    private static (string Account, string? Kind) AccountOf(Delivery delivery)
    {
        if (delivery.Arrival is not Arrival.LookedAgain || !delivery.Rest.StartsWith("look/", StringComparison.Ordinal))
            return (delivery.Rest.ToLowerInvariant(), null);
        var kind = delivery.Rest[5..];
        var dash = kind.IndexOf('-', StringComparison.Ordinal);
        return dash < 0 ? (kind, null) : (kind[(dash + 1)..], kind[..dash]);
    }

    [GeneratedRegex("^[a-z-]{1,60}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SiteName();
}
