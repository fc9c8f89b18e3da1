using System.Net;
using System.Text;
using Microsoft.Extensions.Options;
using Serverless.Platform.OutboundHttp;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Email;

/// <summary>
/// Mail through Microsoft Graph. Graph reports created messages (address <c>api/hooks/email</c>) and subscriptions that need attention
/// (<c>api/hooks/email/lifecycle</c>); the message itself is fetched.
/// </summary>
public sealed partial class EmailChannel(IOptionsMonitor<EmailOptions> options, TimeProvider time, ProviderHttp api) : IChannel
{
    internal const string ChannelName = "email";

    /// <summary>Longest validation token that is given back, in characters.</summary>
    private const int MaxToken = 4096;

    private static readonly WebhookResponse Greeting =
        WebhookResponse.Text("This address takes change notifications of Microsoft Graph for the mailboxes of this company.");
    private static readonly WebhookResponse NoSuchMethod = WebhookResponse.Text("This address takes POST.", 405)
        with { Headers = [new("Allow", "POST")] };

    // 202 at once: Graph wants rich notifications accepted before they are checked, and drops notifications for ten minutes when answers
    // are slow.
    // https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks
    private static readonly WebhookResponse Accepted = WebhookResponse.Empty(202);
    private static readonly WebhookResponse ComeAgain = WebhookResponse.Empty(503);

    internal EntraKeys Keys { get; } = new(time);

    private GraphCalls Graph => field ??= new GraphCalls(options, api);

    /// <summary>Registers the channel and its settings.</summary>
    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<EmailOptions>().Bind(configuration.GetSection("Channels:Email"));
        services.AddSingleton<IValidateOptions<EmailOptions>, EmailOptionsValidator>();
        services.AddSingleton<IChannel, EmailChannel>();
    }

    public string Name => ChannelName;

    public ChannelSettings Settings
    {
        get
        {
            var current = options.CurrentValue;
            return new(current.Enabled, current.Mode, current.Paused, current.ClientStates.Fingerprint);
        }
    }

    /// <summary>Notifications only point at a mail, or hold some properties of it, a few hundred at once.</summary>
    public int MaxBodyBytes => 1024 * 1024;

    public IReadOnlyList<string> KeptHeaders => [];

    public IReadOnlyList<string> BearerProofs { get; } = ["$clientState", "$validationTokens"];

    public IEnumerable<string> Problems()
    {
        var current = options.CurrentValue;
        return current.Enabled ? EmailProblems.Of(current) : [];
    }

    public VerificationResult Verify(Delivery delivery)
    {
        if (delivery.Method is "GET" or "HEAD") return new VerificationResult.Challenge(Greeting);
        if (delivery.Method is not "POST") return new VerificationResult.Challenge(NoSuchMethod);
        if (ValidationToken(delivery.PathAndQuery) is { } token) return new VerificationResult.Challenge(Handshake(token));
        return NotificationCheck.Judge(delivery, options.CurrentValue, Keys);
    }

    public WebhookResponse Respond(Delivery delivery, Acceptance acceptance) => acceptance is Acceptance.NotStored ? ComeAgain : Accepted;

    public IEnumerable<DeliveryItem> Read(Delivery delivery) =>
        delivery.Arrival is Arrival.LookedAgain ? LookedAt(delivery) : GraphNotifications.Elements(delivery, options.CurrentValue);

    // The token comes from the caller, so it is returned as plain text that no browser renders as a page.
    // https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks#notificationurl-validation
    private static WebhookResponse Handshake(string token) => token.Length > MaxToken
        ? WebhookResponse.Text("The validation token is too long.", 400)
        : new WebhookResponse(200, "text/plain", Encoding.UTF8.GetBytes(token)) { Headers = [new("X-Content-Type-Options", "nosniff")] };

    private static string? ValidationToken(string address)
    {
        const string Token = "validationToken=";
        var query = address.IndexOf('?');
        if (query < 0) return null;
        foreach (var part in address[(query + 1)..].Split('&'))
        {
            if (part.StartsWith(Token, StringComparison.OrdinalIgnoreCase)) return WebUtility.UrlDecode(part[Token.Length..]);
        }

        return null;
    }
}
