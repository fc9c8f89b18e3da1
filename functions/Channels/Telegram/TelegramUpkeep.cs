using System.Globalization;
using System.Text.Json;

namespace Serverless.Channels.Telegram;

/// <content>
/// Upkeep: <c>getWebhookInfo</c> and <c>setWebhook</c>. Reconciliation is not possible: Telegram lists no past updates (getUpdates is
/// closed while a webhook is set, and gives each once), so what can be reported is how many wait and what went wrong.
/// https://core.telegram.org/bots/api#getwebhookinfo
/// </content>
public sealed partial class TelegramChannel : IRegistersWebhooks, IReconciles
{
    /// <summary>The kinds that are parsed. Kinds that no case needs are not subscribed.</summary>
    private static readonly string[] Needed =
        ["message", "edited_message", "business_message", "edited_business_message", "deleted_business_messages", "callback_query",
            "my_chat_member"];

    public IReadOnlyList<ReconciliationSource> Sources => [];

    public IReadOnlyList<string> Blind =>
        ["Telegram cannot be asked for past messages: updates that did not reach us wait there for 24 hours and come by themselves; upkeep tells how many wait and the last error. What is older is lost."];

    public Task<ReconciliationResult> ReadAsync(string source, ReconciliationStart from, CancellationToken ct) =>
        Task.FromResult<ReconciliationResult>(new ReconciliationResult.Page([], from.Cursor, More: false));

    public async Task<IReadOnlyList<Registration>> CheckAsync(RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        List<Registration> found = [];
        foreach (var name in options.CurrentValue.Bots.Keys.Order(StringComparer.Ordinal).ToList())
            found.Add(await CheckAsync(name, upkeep, ct));
        return found;
    }

    private async Task<Registration> CheckAsync(string name, RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        var entry = $"webhook {name}";
        var setting = $"Channels__Telegram__Bots__{name}__";
        if (ApiOf(name) is not var (api, bot))
            return new(entry, RegistrationState.Unknown, "There is no bot token.",
                $"Set {setting}BotToken to the token that BotFather gave.");
        var answer = await api.CallAsync("getWebhookInfo", static _ => { }, ct);
        var info = answer.Result;
        if (info.ValueKind is not JsonValueKind.Object)
            return answer.Status is 401 or 404
                ? new(entry, RegistrationState.Unknown, "Telegram does not know this token.",
                    $"Set {setting}BotToken to the bot's token of today (BotFather, /token).")
                : new(entry, RegistrationState.Unknown,
                    $"Telegram could not be asked: {(answer.Status is 0 ? "no answer" : answer.Status.ToString(CultureInfo.InvariantCulture))}.");

        var (url, state) = (info.Get("url"u8).AsText(), Waiting(info));
        if (upkeep.PublicBaseUrl is null)
            return new(entry, RegistrationState.Unknown, "Hooks__PublicBaseUrl is not set, so the address cannot be compared.",
                "Set Hooks__PublicBaseUrl to the https address under which the world reaches this app.");
        var ours = $"{upkeep.PublicBaseUrl}/api/hooks/{ChannelName}/{name.ToLowerInvariant()}";
        if (url is not null && url != ours)
        {
            // A foreign address may carry a secret in its path: only its host is shown.
            var host = Uri.TryCreate(url, UriKind.Absolute, out var foreign) ? foreign.Host : "an address that cannot be read";
            return new(entry, RegistrationState.Foreign, $"Its updates go to {host}. {state}",
                $"If this deployment shall have them, call deleteWebhook with this bot's token; upkeep registers {ours} then.");
        }

        var drift = url is null ? "No webhook is set." : Missing(info) ?? Refused(info);
        if (drift is null) return new(entry, RegistrationState.Right, state);
        if (!upkeep.Repair || string.IsNullOrEmpty(bot.SecretToken))
            return new(entry, RegistrationState.Drifted, $"{drift} {state}".TrimEnd(),
                $"Switch repair on, or call setWebhook with url={ours}, secret_token=the value of {setting}SecretToken and allowed_updates={JsonList()}.");
        var set = await api.CallAsync("setWebhook", json => Write(json, ours, bot.SecretToken), ct);
        return set.Result.IsTrue()
            ? new(entry, RegistrationState.Repaired, drift)
            : new(entry, RegistrationState.Drifted,
                $"{drift} setWebhook was refused: {set.Description ?? set.Status.ToString(CultureInfo.InvariantCulture)}",
                $"{ours} must be https, public, on port 443, 80, 88 or 8443.");
    }

    private static void Write(Utf8JsonWriter json, string url, string secret)
    {
        json.WriteString("url"u8, url);
        json.WriteString("secret_token"u8, secret);
        json.WriteStartArray("allowed_updates"u8);
        foreach (var kind in Needed) json.WriteStringValue(kind);
        json.WriteEndArray();

        // What waits was written by customers.
        json.WriteBoolean("drop_pending_updates"u8, value: false);
    }

    // An empty list is Telegram's own: everything but reactions and members, so all we need.
    private static string? Missing(JsonElement info)
    {
        var allowed = info.Get("allowed_updates"u8);
        if (allowed.ValueKind is not JsonValueKind.Array || allowed.GetArrayLength() == 0) return null;
        var missing = Needed.Except(allowed.EnumerateArray().Select(a => a.AsText() ?? ""), StringComparer.Ordinal).ToList();
        return missing.Count == 0 ? null : $"Not asked for: {string.Join(", ", missing)}.";
    }

    // The secret token cannot be read back; that we refused a call within the last day is the one sign that Telegram has another.
    private string? Refused(JsonElement info) =>
        info.Get("last_error_message"u8).AsText()?.Contains("403", StringComparison.Ordinal) == true && LastError(info) is { } at
        && time.GetUtcNow() - at < TimeSpan.FromDays(1)
            ? "Telegram was refused here: it may carry another secret token."
            : null;

    private static string? Waiting(JsonElement info)
    {
        var waiting = info.Get("pending_update_count"u8).AsNumber() ?? 0;
        var error = info.Get("last_error_message"u8).AsText() is { } message && LastError(info) is { } at
            ? $"Last error {at:yyyy-MM-dd HH:mm}Z: {(message.Length > 200 ? message[..200] : message)}." : null;
        return waiting > 0 ? $"{waiting} updates wait at Telegram. {error}".TrimEnd() : error;
    }

    private static DateTimeOffset? LastError(JsonElement info) =>
        info.Get("last_error_date"u8).AsNumber() is { } seconds and > 0 and < 100_000_000_000
        ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private static string JsonList() => $"[{string.Join(",", Needed.Select(kind => $"\"{kind}\""))}]";
}
