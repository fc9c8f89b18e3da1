using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Serverless.Platform.OutboundHttp;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Telegram;

/// <summary>Telegram's language: bots in private chats, groups, topics and business chats. Each bot has an address of its own,
/// <c>api/hooks/telegram/{name}</c>.</summary>
/// <remarks>https://core.telegram.org/bots/api#setwebhook</remarks>
public sealed partial class TelegramChannel(IOptionsMonitor<TelegramOptions> options, ProviderHttp calls, TimeProvider time) : IChannel
{
    internal const string ChannelName = "telegram";

    private const string SecretHeader = "x-telegram-bot-api-secret-token";

    private static readonly WebhookResponse Greeting =
        WebhookResponse.Text(
            "This address takes updates of a Telegram bot by POST; upkeep registers it at Telegram, there is nothing to see here.");

    private static readonly WebhookResponse NoSuchMethod = WebhookResponse.Text("This address takes GET and POST.", 405)
        with { Headers = [new("Allow", "GET, POST")] };

    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TelegramOptions>().Bind(configuration.GetSection("Channels:Telegram"));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TelegramOptions>, TelegramOptionsValidator>());
        services.AddSingleton<IChannel, TelegramChannel>();
    }

    public string Name => ChannelName;

    public IReadOnlyList<string> KeptHeaders { get; } = [SecretHeader];

    public IReadOnlyList<string> BearerProofs { get; } = [SecretHeader];

    public ChannelSettings Settings
    {
        get
        {
            var current = options.CurrentValue;
            var all = current.Bots.OrderBy(b => b.Key, StringComparer.OrdinalIgnoreCase).Select(b => b.Value.Secrets.Fingerprint);
            return new(current.Enabled, current.Mode, current.Paused, new SecretPair(string.Join(' ', all), null).Fingerprint);
        }
    }

    public IEnumerable<string> Problems()
    {
        var current = options.CurrentValue;
        if (!current.Enabled) yield break;
        if (current.Bots.Count == 0)
            yield return "Channels__Telegram__Bots__<name>__SecretToken and __BotToken are missing: name at least one bot.";
        foreach (var (name, bot) in current.Bots)
        {
            var setting = $"Channels__Telegram__Bots__{name}__";
            if (!BotName().IsMatch(name))
                yield return $"{setting}: the name of a bot is part of its address, so it has lower-case letters, digits and dashes only.";
            if (bot.Secrets.IsMissing)
                yield return $"{setting}SecretToken is missing: choose 32 or more random letters and digits; without it anybody could call this address.";
            foreach (var (half, value) in new[] { ("SecretToken", bot.SecretToken), ("PreviousSecretToken", bot.PreviousSecretToken) })
            {
                if (!string.IsNullOrEmpty(value) && !Token().IsMatch(value))
                    yield return $"{setting}{half} cannot be a secret token: Telegram takes 1 to 256 letters, digits, underscores and dashes.";
            }

            if (bot.Id is null)
                yield return $"{setting}BotToken is missing or not one: set it to the token that BotFather gave for the bot.";
        }
    }

    /// <summary>The bot whose address was called.</summary>
    public string? SourceOf(Delivery delivery) =>
        options.CurrentValue.Bots.Keys.FirstOrDefault(name => name.Equals(delivery.Rest, StringComparison.OrdinalIgnoreCase));

    public VerificationResult Verify(Delivery delivery)
    {
        if (delivery.Method is "GET" or "HEAD") return new VerificationResult.Challenge(Greeting);
        if (delivery.Method is not "POST") return new VerificationResult.Challenge(NoSuchMethod);
        var bots = options.CurrentValue.Bots;
        if (bots.Values.All(b => b.Secrets.IsMissing)) return new VerificationResult.Invalid(VerificationReasons.NoSecret);
        if (!bots.TryGetValue(delivery.Rest, out var bot)) return new VerificationResult.Invalid(VerificationReasons.KeyUnknown);

        // Telegram signs nothing: a shared word in a header is the whole proof, and the body rests on TLS alone.
        // https://core.telegram.org/bots/api#setwebhook (secret_token)
        var given = delivery.Header(SecretHeader);
        if (string.IsNullOrEmpty(given)) return new VerificationResult.Invalid(VerificationReasons.SignatureMissing);
        if (bot.Secrets.IsMissing) return new VerificationResult.Invalid(VerificationReasons.NoSecret);
        return bot.Secrets.Any(secret => BearerProof.Is(secret, given, delivery.Id))
            ? new VerificationResult.Valid() : new VerificationResult.Invalid(VerificationReasons.SignatureWrong);
    }

    /// <summary>
    /// Always without a body: Telegram runs the JSON body of a 2xx as a call of the Bot API, in the bot's name. A pressed button
    /// (callback query) could be answered that way, and is not: the caller may be in quarantine, and the button's progress indicator
    /// stops by itself. 503 while storage is unavailable: Telegram repeats the call for up to 24 hours, and later updates of the chat
    /// wait. https://core.telegram.org/bots/api#making-requests-when-getting-updates
    /// </summary>
    public WebhookResponse Respond(Delivery delivery, Acceptance acceptance) =>
        WebhookResponse.Empty(acceptance is Acceptance.NotStored ? 503 : 200);

    public IEnumerable<DeliveryItem> Read(Delivery delivery)
    {
        var account = delivery.Rest.ToLowerInvariant();
        return TelegramUpdate.Elements(delivery,
            new TelegramOrigin(account, options.CurrentValue.Bots.GetValueOrDefault(account), delivery.ReceivedAt));
    }

    [GeneratedRegex("^[a-z0-9-]{1,60}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BotName();

    [GeneratedRegex("^[A-Za-z0-9_-]{1,256}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token();
}
