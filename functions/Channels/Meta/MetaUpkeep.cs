using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serverless.Channels.Meta;

/// <content>Compares where the app's webhooks lead, which pages and accounts are subscribed, and how long tokens live.</content>
/// <remarks>
/// https://developers.facebook.com/docs/graph-api/reference/app/subscriptions,
/// https://developers.facebook.com/docs/graph-api/reference/page/subscribed_apps,
/// https://developers.facebook.com/docs/graph-api/reference/debug_token
/// </remarks>
public sealed partial class MetaChannel : IRegistersWebhooks
{
    private static readonly Dictionary<MetaAccountKind, (string Object, string[] Fields)> Wanted = new()
    {
        [MetaAccountKind.Page] = ("page", ["feed", "messages", "message_echoes", "message_edits", "messaging_postbacks"]),
        [MetaAccountKind.Instagram] = ("instagram", ["comments", "mentions", "messages"]),
        [MetaAccountKind.InstagramLogin] = ("instagram", ["comments", "messages"]),
        [MetaAccountKind.WhatsApp] = ("whatsapp_business_account",
            ["messages", "smb_message_echoes", "account_update", "calls", "user_preferences"]),
    };

    public async Task<IReadOnlyList<Registration>> CheckAsync(RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        var current = options.CurrentValue;
        if (string.IsNullOrEmpty(current.AppId) || string.IsNullOrEmpty(current.AppSecret))
            return [new Registration("webhook", RegistrationState.ByHand, "Meta cannot be asked.",
                $"Set Channels__Meta__AppId and Channels__Meta__Accounts; or enter {upkeep.PublicBaseUrl ?? "https://<app>"}/api/hooks/meta and the verify token in the App Dashboard, Webhooks.")];
        List<Registration> found = [.. await CheckAppAsync(current, upkeep, ct)];
        foreach (var (id, account) in current.Accounts)
        {
            if (account.Kind is { } kind) found.Add(await CheckAccountAsync(id, kind, current, upkeep, ct));
            if (!string.IsNullOrEmpty(account.AccessToken))
                found.Add(await CheckTokenAsync($"token of {id}", $"Channels__Meta__Accounts__{id}__AccessToken", account.AccessToken,
                    current, ct));
        }

        if (!string.IsNullOrEmpty(current.AccessToken))
            found.Add(await CheckTokenAsync("token", "Channels__Meta__AccessToken", current.AccessToken, current, ct));
        return found;
    }

    private async Task<List<Registration>> CheckAppAsync(MetaOptions current, RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        using var answer = await MetaCalls.SendAsync(calls, current.ApiUrl, AppToken(current), HttpMethod.Get,
            $"{current.AppId}/subscriptions", null, ct);
        if (!answer.Succeeded)
            return [Unknown("webhook", answer,
                "Compare Channels__Meta__AppId and Channels__Meta__AppSecret with the App Dashboard, Settings, Basic.")];
        List<Registration> found = [];
        if (current.Accounts.Values.All(account => account.Kind is null))
            found.Add(new Registration("accounts", RegistrationState.ByHand, "No account is named.",
                "Set Channels__Meta__Accounts__<id>__Kind for each page, Instagram account and WhatsApp business account."));
        foreach (var group in current.Accounts.Values.Where(a => a.Kind is not null)
            .GroupBy(a => Wanted[a.Kind!.Value].Object, StringComparer.Ordinal))
        {
            var name = $"webhook {group.Key}";
            var ours = upkeep.PublicBaseUrl is { } url ? $"{url}/api/hooks/meta" : null;
            var fields = group.SelectMany(a => Wanted[a.Kind!.Value].Fields).Distinct(StringComparer.Ordinal).ToList();
            var there = answer.Json.Get("data"u8).Items().FirstOrDefault(s => s.Get("object"u8).AsText() == group.Key);
            var callback = there.Get("callback_url"u8).AsText();
            var missing = fields.Except(there.Get("fields"u8).Items().Select(f => f.Get("name"u8).AsText() ?? ""), StringComparer.Ordinal)
                .ToList();
            if (callback is not null && ours is not null && !callback.Equals(ours, StringComparison.OrdinalIgnoreCase))
                found.Add(new Registration(name, RegistrationState.Foreign, $"It leads to {HostOf(callback)}.",
                    $"If this is not meant to be: enter {ours} in the App Dashboard, Webhooks."));
            else if (callback is not null && ours is not null && missing.Count == 0
                && there.Get("active"u8).ValueKind != JsonValueKind.False) found.Add(new Registration(name, RegistrationState.Right));
            else found.Add(await RepairAppAsync(name, group.Key, ours, fields, callback is null ? "No address is entered."
                : missing.Count > 0 ? $"Fields are missing: {string.Join(", ", missing)}." : "It is switched off.", current, upkeep, ct));
        }

        return found;
    }

    private async Task<Registration> RepairAppAsync(string name, string about, string? ours, List<string> fields, string differs,
        MetaOptions current, RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        if (upkeep.Repair && ours is not null && !string.IsNullOrEmpty(current.VerifyToken))
        {
            var body = new JsonObject { ["object"] = about, ["callback_url"] = ours, ["fields"] = string.Join(',', fields),
                ["verify_token"] = current.VerifyToken, ["include_values"] = true };
            using var answer = await MetaCalls.SendAsync(calls, current.ApiUrl, AppToken(current), HttpMethod.Post,
                $"{current.AppId}/subscriptions", body, ct);
            if (answer.Succeeded) return new Registration(name, RegistrationState.Repaired, $"It leads to {ours} now.");
        }

        return new Registration(name, RegistrationState.Drifted, differs, ours is null
            ? "Set Hooks__PublicBaseUrl."
            : $"Enter {ours} with the verify token and the fields {string.Join(", ", fields)} in the App Dashboard, Webhooks, or allow upkeep to repair.");
    }

    private async Task<Registration> CheckAccountAsync(string id, MetaAccountKind kind, MetaOptions current,
        RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        var (name, fields) = ($"subscription {id}", Wanted[kind].Fields);
        // An Instagram account with Facebook Login is subscribed through its page.
        if (kind == MetaAccountKind.Instagram)
            return new Registration(name, RegistrationState.ByHand, "It comes with the page it belongs to.");
        using var answer = await MetaCalls.SendAsync(calls, current, id, HttpMethod.Get, $"{id}/subscribed_apps", null, ct);
        if (!answer.Succeeded) return Unknown(name, answer, $"Compare Channels__Meta__Accounts__{id}__AccessToken and its permissions.");
        var ours = answer.Json.Get("data"u8).Items()
            .FirstOrDefault(app => (app.Get("id"u8).AsId() ?? app.Get("whatsapp_business_api_data"u8).Get("id"u8).AsId()) == current.AppId);
        var subscribed = ours.Get("subscribed_fields"u8).Items().Select(f => f.AsText() ?? "").ToList();
        if (ours.Get("override_callback_uri"u8).AsText() is { } other
            && (upkeep.PublicBaseUrl is null || !other.StartsWith(upkeep.PublicBaseUrl, StringComparison.OrdinalIgnoreCase)))
            return new Registration(name, RegistrationState.Foreign, $"Its messages go to {HostOf(other)}.");
        var whole = kind == MetaAccountKind.WhatsApp || !fields.Except(subscribed, StringComparer.Ordinal).Any();
        if (ours.ValueKind == JsonValueKind.Object && whole) return new Registration(name, RegistrationState.Right);
        if (upkeep.Repair)
        {
            // Existing subscriptions stay: the list replaces the one at Meta.
            var body = kind == MetaAccountKind.WhatsApp
                ? null : new JsonObject { ["subscribed_fields"] = string.Join(',', fields.Union(subscribed, StringComparer.Ordinal)) };
            using var repaired = await MetaCalls.SendAsync(calls, current, id, HttpMethod.Post, $"{id}/subscribed_apps", body
                ?? new JsonObject(), ct);
            if (repaired.Succeeded) return new Registration(name, RegistrationState.Repaired);
        }

        return new Registration(name, RegistrationState.Drifted, "The app is not subscribed, or not to all it needs.",
            $"Subscribe the app to {id} in the App Dashboard ({string.Join(", ", fields)}), or allow upkeep to repair.");
    }

    private async Task<Registration> CheckTokenAsync(string name, string setting, string token, MetaOptions current, CancellationToken ct)
    {
        using var answer = await MetaCalls.SendAsync(calls, current.ApiUrl, AppToken(current), HttpMethod.Get,
            $"debug_token?input_token={Uri.EscapeDataString(token)}", null, ct);
        if (!answer.Succeeded) return Unknown(name, answer, null);
        var data = answer.Json.Get("data"u8);
        var step = $"Make a new token (Business Settings, System users), set {setting}, and keep the old one as the previous until the new one works.";
        if (!data.Get("is_valid"u8).IsTrue()) return new Registration(name, RegistrationState.Drifted, "The token is not valid.", step);
        // 0 means never.
        var end = data.Get("expires_at"u8).AsId() is { } text
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : (DateTimeOffset?)null;
        return new Registration(name, RegistrationState.Right, null, end is null ? null : step, end);
    }

    private static Registration Unknown(string name, MetaAnswer answer, string? step) =>
        new(name, RegistrationState.Unknown, $"Meta could not be asked: {answer.Reason}.", answer.Reason == "refused" ? step : null);

    private static string AppToken(MetaOptions current) => $"{current.AppId}|{current.AppSecret}";

    private static string HostOf(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri.Host : "an address that cannot be read";
}
