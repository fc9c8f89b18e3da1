using System.Globalization;
using System.Text.Json;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Discourse;

/// <content>Upkeep: the webhook with our address, by the admin API.
/// https://github.com/discourse/discourse/blob/main/app/controllers/admin/web_hooks_controller.rb</content>
public sealed partial class DiscourseChannel : IRegistersWebhooks
{
    // created, edited, destroyed, recovered: https://github.com/discourse/discourse/blob/main/app/models/web_hook_event_type.rb
    private static readonly (int Id, string Name)[] Needed = [(201, "post_created"), (202, "post_edited"), (203, "post_destroyed"),
        (204, "post_recovered")];

    public async Task<IReadOnlyList<Registration>> CheckAsync(RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        List<Registration> found = [];
        foreach (var name in options.CurrentValue.Sites.Keys.Order(StringComparer.Ordinal).ToList())
            found.Add(await CheckAsync(name, upkeep, ct));
        return found;
    }

    private async Task<Registration> CheckAsync(string name, RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        var entry = $"webhook {name}";
        var ours = $"{upkeep.PublicBaseUrl ?? "https://<this app>"}/api/hooks/{ChannelName}/{name.ToLowerInvariant()}";
        var step = $"As an admin of the forum: Admin, Advanced, Webhooks; payload URL {ours}, content type application/json, secret the value of Channels__Discourse__Sites__{name}__Secret, the post events created, updated, destroyed and recovered, no categories, tags or groups, certificate checked, active.";
        if (ApiOf(name) is not var (api, site))
            return new(entry, RegistrationState.Unknown, "There is no address of the forum.",
                $"Set Channels__Discourse__Sites__{name}__Url.");
        if (string.IsNullOrEmpty(site.ApiKey))
            return new(entry, RegistrationState.ByHand, "There is no API key, so it cannot be known.", step);
        if (upkeep.PublicBaseUrl is null)
            return new(entry, RegistrationState.Unknown, "Hooks__PublicBaseUrl is not set, so no webhook can be recognised as ours.",
                "Set Hooks__PublicBaseUrl to the https address under which the world reaches this app.");

        var (hook, trouble) = await FindAsync(api, ours, ct);
        switch (trouble?.Status)
        {
            case null: break;

            // Admin addresses do not exist for others.
            case 401 or 403
                or 404: return new(entry, RegistrationState.ByHand, "The API key is not a global one of an admin, so it cannot be known.",
                    step);
            case var status: return new(entry, RegistrationState.Unknown,
                $"The forum could not be asked: {(status is 0 ? "no answer" : status.Value.ToString(CultureInfo.InvariantCulture))}.");
        }

        var drift = hook is { } known ? Drift(known, site) : "There is no webhook with our address.";
        if (drift is null)
            return new(entry, RegistrationState.Right, hook?.Get("last_delivery_status"u8).AsNumber() is 2
                ? "Its last call failed." : null);
        if (!upkeep.Repair || string.IsNullOrEmpty(site.Secret)) return new(entry, RegistrationState.Drifted, drift, step);
        var id = hook?.Get("id"u8).AsId();
        var answer = await api.SendAsync(id is null ? HttpMethod.Post : HttpMethod.Put, id is null
            ? "admin/api/web_hooks.json" : $"admin/api/web_hooks/{id}.json", json => Write(json, ours, site.Secret), ct);
        return answer.Result.Get("web_hook"u8).ValueKind is JsonValueKind.Object
            ? new(entry, RegistrationState.Repaired, drift)
            : new(entry, RegistrationState.Drifted,
                $"{drift} The forum refused the change: {answer.Errors ?? answer.Status.ToString(CultureInfo.InvariantCulture)}", step);
    }

    // 50 on a page; more than a few pages is not a forum's list of webhooks.
    private static async Task<(JsonElement? Hook, ForumAnswer? Trouble)> FindAsync(ForumApi api, string ours, CancellationToken ct)
    {
        for (var offset = 0; offset < 500; offset += 50)
        {
            var answer = await api.GetAsync($"admin/api/web_hooks.json?limit=50&offset={offset.ToString(CultureInfo.InvariantCulture)}",
                ct);
            var hooks = answer.Result.Get("web_hooks"u8);
            if (hooks.ValueKind is not JsonValueKind.Array) return (null, answer);
            foreach (var hook in hooks.EnumerateArray())
            {
                if (hook.Get("payload_url"u8).AsText()?.Trim() == ours) return (hook, null);
            }

            if (hooks.GetArrayLength() < 50) break;
        }

        return (null, null);
    }

    private static string? Drift(JsonElement hook, DiscourseSite site)
    {
        if (!hook.Get("active"u8).IsTrue()) return "It is switched off: by a person, or by Discourse after it met 404 or 410.";
        if (hook.Get("secret"u8).AsText() is { } secret && !site.Secrets.Any(known => Hmac.SameText(known, secret)))
            return "It has another secret.";
        if (hook.Get("secret"u8).ValueKind is JsonValueKind.String && hook.Get("secret"u8).AsText() is null)
            return "It has no secret, so its calls are not signed.";
        if (hook.Get("verify_certificate"u8).ValueKind is JsonValueKind.False) return "It does not check our certificate.";
        foreach (var filter in new[] { "category_ids", "tag_names", "group_ids" })
        {
            if (hook.TryGetProperty(filter, out var list) && list.Items().Any()) return $"It is limited by {filter}.";
        }

        if (hook.Get("wildcard_web_hook"u8).IsTrue()) return null;
        var events = hook.Get("web_hook_event_types"u8).Items().Select(e => e.Get("name"u8).AsText()).ToList();

        // Before events could be chosen one by one there was "post" alone.
        if (events.Contains("post", StringComparer.Ordinal)) return null;
        var missing = Needed.Select(n => n.Name).Except(events, StringComparer.Ordinal).ToList();
        return missing.Count == 0 ? null : $"It lacks {string.Join(", ", missing)}.";
    }

    private static void Write(Utf8JsonWriter json, string url, string secret)
    {
        json.WriteStartObject("web_hook"u8);
        json.WriteString("payload_url"u8, url);
        json.WriteNumber("content_type"u8, 1);
        json.WriteString("secret"u8, secret);
        json.WriteBoolean("wildcard_web_hook"u8, value: false);
        json.WriteBoolean("verify_certificate"u8, value: true);
        json.WriteBoolean("active"u8, value: true);
        json.WriteStartArray("web_hook_event_type_ids"u8);
        foreach (var (id, _) in Needed) json.WriteNumberValue(id);
        json.WriteEndArray();
        json.WriteStartArray("category_ids"u8);
        json.WriteEndArray();
        json.WriteStartArray("tag_names"u8);
        json.WriteEndArray();
        json.WriteStartArray("group_ids"u8);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
