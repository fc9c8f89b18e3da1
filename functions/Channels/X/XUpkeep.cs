using System.Text.Json;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.X;

/// <content>Upkeep: the webhook is registered and valid, and each account is subscribed to it.</content>
public sealed partial class XChannel : IRegistersWebhooks
{
    /// <summary>What an account must be subscribed to: words to us, our own words, deletions.
    /// https://docs.x.com/x-api/activity/introduction</summary>
    private static readonly string[] EventTypes =
        ["post.mention.create", "post.reply.create", "post.quote.create", "post.create", "post.delete", "dm.received", "dm.sent",
            "chat.received", "chat.sent"];

    public async Task<IReadOnlyList<Registration>> CheckAsync(RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        var url = upkeep.PublicBaseUrl is null ? null : $"{upkeep.PublicBaseUrl}/api/hooks/{ChannelName}";
        List<Registration> found = [];
        var webhook = await WebhookAsync(url, upkeep.Repair, found, ct);
        if (webhook is null) return found;
        if (_options.CurrentValue.Product is XProduct.AccountActivity)
        {
            foreach (var account in _options.CurrentValue.Accounts.Keys)
                found.Add(await OlderSubscriptionAsync(account, webhook, upkeep.Repair, ct));
            return found;
        }

        if (await SubscriptionsAsync(ct) is not { } subscriptions)
        {
            found.Add(new("subscriptions", RegistrationState.Unknown, "X did not say which subscriptions there are."));
            return found;
        }

        foreach (var account in _options.CurrentValue.Accounts.Keys)
            found.Add(await SubscriptionAsync(account, webhook, subscriptions, upkeep.Repair, ct));
        return found;
    }

    /// <summary>The id of our webhook; null when it is not there. https://docs.x.com/x-api/webhooks/introduction</summary>
    private async Task<string?> WebhookAsync(string? url, bool repair, List<Registration> found, CancellationToken ct)
    {
        var answer = await _api.AppAsync(HttpMethod.Get, "/2/webhooks", null, ct);
        using var document = Parsed(answer);
        if (document is null)
        {
            found.Add(Unasked("webhook", answer,
                "Set Channels__X__BearerToken to the bearer token of the app (Developer Console, Keys and tokens)."));
            return null;
        }

        string? ours = null;
        var valid = false;
        foreach (var item in document.RootElement.Get("data"u8).Items())
        {
            var id = item.Get("id"u8).AsId();
            if (url is not null && string.Equals(item.Get("url"u8).AsText(), url, StringComparison.Ordinal))
                (ours, valid) = (id, item.Get("valid"u8).ValueKind is JsonValueKind.True);
            else found.Add(new($"webhook {id}", RegistrationState.Foreign, "It leads to another address."));
        }

        if (ours is not null && valid) found.Add(new("webhook", RegistrationState.Right));
        else if (url is null)
            found.Add(new("webhook", RegistrationState.Drifted, "Hooks__PublicBaseUrl is not set, so our own address is not known."));
        else if (ours is not null) found.Add(await RevalidateAsync(ours, repair, ct));
        else ours = await RegisterAsync(url, repair, found, ct);
        return ours;
    }

    // The call makes X send a handshake, and switches the webhook on again if that is answered.
    private async Task<Registration> RevalidateAsync(string id, bool repair, CancellationToken ct)
    {
        const string Step =
            "Look whether Channels__X__ConsumerSecret is the app's current consumer secret, then revalidate the webhook in the Developer Console.";
        if (!repair) return new("webhook", RegistrationState.Drifted, "X holds it for invalid and sends nothing.", Step);
        var answer = await _api.AppAsync(HttpMethod.Put, $"/2/webhooks/{id}", null, ct);
        using var document = Parsed(answer);
        if (document is null)
            return new("webhook", RegistrationState.Drifted, $"X holds it for invalid and did not revalidate it ({answer?.Status}).", Step);
        return document.RootElement.Get("data"u8).Get("valid"u8).ValueKind is JsonValueKind.False
            ? new("webhook", RegistrationState.Drifted, "X holds it for invalid: our answer to its handshake is not the one it expects.",
                Step)
            : new("webhook", RegistrationState.Repaired, "X had held it for invalid.");
    }

    private async Task<string?> RegisterAsync(string url, bool repair, List<Registration> found, CancellationToken ct)
    {
        var missing = new Registration("webhook", RegistrationState.Drifted, "X knows no webhook with our address.",
            $"POST /2/webhooks with {{\"url\":\"{url}\"}}, or in the Developer Console: Webhooks, Add, {url}");
        if (!repair)
        {
            found.Add(missing);
            return null;
        }

        var answer = await _api.AppAsync(HttpMethod.Post, "/2/webhooks", Json(json => json.WriteString("url"u8, url)), ct);
        var id = answer is { Succeeded: true } ? Read(answer.Body, "data"u8, "id"u8) : null;
        found.Add(id is null
            ? missing with { Detail =
                $"X did not register it ({answer?.Status}). An app may have only so many webhooks, and one that leads elsewhere is left alone." }
            : new("webhook", RegistrationState.Repaired, "It was registered."));
        return id;
    }

    /// <summary>All subscriptions of the app; null when X does not say.
    /// https://docs.x.com/x-api/activity/get-x-activity-subscriptions</summary>
    private async Task<List<(string Type, string? User, string? Webhook)>?> SubscriptionsAsync(CancellationToken ct)
    {
        List<(string, string?, string?)> all = [];
        string? page = null;
        for (var pages = 0; pages < 100; pages++)
        {
            var answer = await _api.AppAsync(HttpMethod.Get, "/2/activity/subscriptions?max_results=1000"
                + (page is null ? "" : $"&pagination_token={Uri.EscapeDataString(page)}"), null, ct);
            using var document = Parsed(answer);
            if (document is null) return null;
            foreach (var item in document.RootElement.Get("data"u8).Items())
                all.Add((item.Get("event_type"u8).AsText()
                    ?? "", item.Get("filter"u8).Get("user_id"u8).AsId(), item.Get("webhook_id"u8).AsId()));
            page = document.RootElement.Get("meta"u8).Get("next_token"u8).AsText();
            if (page is null) return all;
        }

        return all;
    }

    private async Task<Registration> SubscriptionAsync(string account, string webhook,
        List<(string Type, string? User, string? Webhook)> all, bool repair, CancellationToken ct)
    {
        var name = $"subscriptions {account}";
        var own = all.Where(s => s.User == account).ToList();
        var missing = EventTypes.Where(type => !own.Exists(s => s.Type == type && s.Webhook == webhook)).ToList();
        if (missing.Count == 0) return new(name, RegistrationState.Right);
        // A subscription that leads to another webhook is another environment's.
        var foreign = missing.Where(type => own.Exists(s => s.Type == type && s.Webhook is not null)).ToList();
        var wanted = missing.Except(foreign, StringComparer.Ordinal).ToList();
        if (wanted.Count == 0) return new(name, RegistrationState.Foreign, $"{string.Join(", ", foreign)} lead to another webhook.");
        if (!repair) return new(name, RegistrationState.Drifted, $"{string.Join(", ", wanted)} are not subscribed.",
            "Switch on repair, or subscribe the account to them by POST /2/activity/subscriptions.");
        foreach (var type in wanted)
        {
            var answer = await _api.AccountAsync(account, HttpMethod.Post, "/2/activity/subscriptions",
                SubscriptionOf(type, account, webhook), ct);
            if (answer is not { Succeeded: true })
                return Unasked(name, answer,
                    $"Connect the account again and set Channels__X__Accounts__{account}__AccessToken and its secret; {type} could not be subscribed.");
        }

        return new(name, RegistrationState.Repaired, $"{string.Join(", ", wanted)} were subscribed.");
    }

    private static string SubscriptionOf(string type, string account, string webhook) => Json(json =>
    {
        json.WriteString("event_type"u8, type);
        json.WriteStartObject("filter"u8);
        json.WriteString("user_id"u8, account);
        json.WriteEndObject();
        json.WriteString("tag"u8, "contact"u8);
        json.WriteString("webhook_id"u8, webhook);
    });

    // https://docs.x.com/x-api/account-activity/create-subscription
    private async Task<Registration> OlderSubscriptionAsync(string account, string webhook, bool repair, CancellationToken ct)
    {
        var name = $"subscriptions {account}";
        var path = $"/2/account_activity/webhooks/{webhook}/subscriptions/all";
        var step = $"Connect the account again and set Channels__X__Accounts__{account}__AccessToken and its secret.";
        var answer = await _api.AccountAsync(account, HttpMethod.Get, path, null, ct);
        if (IsSubscribed(answer) is not { } subscribed) return Unasked(name, answer, step);
        if (subscribed) return new(name, RegistrationState.Right);
        if (!repair) return new(name, RegistrationState.Drifted, "The account is not subscribed.", $"Switch on repair, or POST {path}.");
        answer = await _api.AccountAsync(account, HttpMethod.Post, path, "{}", ct);
        return IsSubscribed(answer) is true
            ? new(name, RegistrationState.Repaired, "The account was subscribed.") : Unasked(name, answer, step);
    }

    private static bool? IsSubscribed(ProviderResponse? answer)
    {
        using var document = Parsed(answer);
        return document is null ? null : document.RootElement.Get("data"u8).Get("subscribed"u8).ValueKind is JsonValueKind.True;
    }

    private static JsonDocument? Parsed(ProviderResponse? answer)
    {
        try
        {
            return answer is { Succeeded: true } ? JsonDocument.Parse(answer.Body) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Registration Unasked(string name, ProviderResponse? answer, string step) => answer switch
    {
        null => new(name, RegistrationState.Unknown, "A credential is not set.", step),
        { Status: 401 or 403 } => new(name, RegistrationState.Unknown, $"X refused the credential ({answer.Status}).", step),
        { Status: 429 } => new(name, RegistrationState.Unknown, "X limits our rate just now."),
        _ => new(name, RegistrationState.Unknown, $"X could not be asked ({answer.Status})."),
    };
}
