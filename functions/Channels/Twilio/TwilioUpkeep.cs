using System.Text.Json;

namespace Serverless.Channels.Twilio;

/// <content>Compares the addresses of every phone number of the account with ours.</content>
/// <remarks>https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource</remarks>
public sealed partial class TwilioChannel : IRegistersWebhooks
{
    // Called again on errors. https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
    private const string Again = "#rc=5&rp=5xx,ct,rt";

    // A number fresh from the shop plays or sends this.
    private const string Demo = "https://demo.twilio.com/";

    private static readonly Hook[] Hooks =
    [
        new("voice", "voice_url", "VoiceUrl", "VoiceMethod", "voice", ""),
        new("call status", "status_callback", "StatusCallback", "StatusCallbackMethod", "voice/status", Again),
        new("messages", "sms_url", "SmsUrl", "SmsMethod", "messages", Again),
    ];

    /// <summary>One address of a number.</summary>
    private sealed record Hook(string Name, string Field, string Parameter, string MethodParameter, string Door, string Fragment);

    public async Task<IReadOnlyList<Registration>> CheckAsync(RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        var current = options.CurrentValue;
        if (string.IsNullOrEmpty(current.AccountSid))
            return [new Registration("phone numbers", RegistrationState.ByHand, "Twilio cannot be asked.",
                $"Set Channels__Twilio__AccountSid; or enter {upkeep.PublicBaseUrl ?? "https://<app>"}/api/hooks/{ChannelName}/voice, .../voice/status and .../messages at each number.")];
        List<Registration> found = [];
        foreach (var account in current.KnownAccounts)
        {
            var numbers = await CheckAsync(account, current, upkeep, ct);
            found.AddRange(numbers);
            if (numbers is [{ State: RegistrationState.Unknown }]) continue;
            found.AddRange(await CheckServicesAsync(account, current, upkeep, ct));
            found.AddRange(await CheckSendersAsync(account, current, upkeep, ct));
        }

        return found;
    }

    private async Task<List<Registration>> CheckAsync(string account, TwilioOptions current, RegistrationCheckRequest upkeep,
        CancellationToken ct)
    {
        List<Registration> found = [];
        var path = $"/2010-04-01/Accounts/{Uri.EscapeDataString(account)}/IncomingPhoneNumbers.json?PageSize=1000";
        while (path is not null)
        {
            var answer = await TwilioCalls.SendAsync(calls, current, account, HttpMethod.Get, path, null, ct);
            using var json = answer.Succeeded ? JsonOf(answer) : null;
            if (json is null || !json.RootElement.TryGetProperty("incoming_phone_numbers", out var numbers))
                return [new Registration($"account {account}", RegistrationState.Unknown,
                    $"Twilio could not be asked: {TwilioCalls.Reason(answer)}.", answer.Status is 401 or 403
                    ? $"Compare {TwilioCalls.Setting(account, current)} with the console." : null)];
            foreach (var number in numbers.EnumerateArray()) found.AddRange(await CheckAsync(account, number, current, upkeep, ct));
            path = json.RootElement.TryGetProperty("next_page_uri", out var next) && next.GetString() is { Length: > 0 } following
                && following.StartsWith("/2010-04-01/", StringComparison.Ordinal) ? following : null;
        }

        return found;
    }

    private async Task<List<Registration>> CheckAsync(string account, JsonElement number, TwilioOptions current,
        RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        var name = $"number {Field(number, "phone_number")?.TrimStart('+')}";
        List<Registration> found = [];
        List<(Hook Hook, string Wanted)> wrong = [];
        foreach (var hook in Hooks)
        {
            if (!Can(number, hook)) continue;
            var wanted = upkeep.PublicBaseUrl is { } url ? $"{url}/api/hooks/{ChannelName}/{hook.Door}{hook.Fragment}" : null;
            var there = Field(number, hook.Field);
            var application = Field(number, hook.Name == "messages" ? "sms_application_sid" : "voice_application_sid")
                ?? (hook.Name == "messages" ? null : Field(number, "trunk_sid"));
            if (application is not null)
                found.Add(new Registration($"{name} {hook.Name}", RegistrationState.Foreign, "An application or trunk answers for it."));
            else if (wanted is not null && Same(there, wanted)) found.Add(new Registration($"{name} {hook.Name}", RegistrationState.Right));
            else if (there is null || there.StartsWith(Demo, StringComparison.OrdinalIgnoreCase) || IsOwn(there, upkeep))
            {
                if (wanted is not null && upkeep.Repair) wrong.Add((hook, wanted));
                else found.Add(Drifted(name, hook, wanted, there));
            }
            else found.Add(new Registration($"{name} {hook.Name}", RegistrationState.Foreign, $"It leads to {HostOf(there)}.",
                wanted is null ? null : $"If this is not meant to be: enter {wanted} in the Twilio console."));
        }

        if (wrong.Count > 0) found.AddRange(await RepairAsync(account, number, name, wrong, current, ct));
        return found;
    }

    private async Task<IEnumerable<Registration>> RepairAsync(string account, JsonElement number, string name,
        List<(Hook Hook, string Wanted)> wrong, TwilioOptions current, CancellationToken ct)
    {
        var form = wrong.SelectMany(w =>
            new KeyValuePair<string, string>[] { new(w.Hook.Parameter, w.Wanted), new(w.Hook.MethodParameter, "POST") }).ToList();
        var path = $"/2010-04-01/Accounts/{Uri.EscapeDataString(account)}/IncomingPhoneNumbers/{Uri.EscapeDataString(Field(number, "sid") ?? "")}.json";
        var answer = await TwilioCalls.SendAsync(calls, current, account, HttpMethod.Post, path, form, ct);
        return wrong.Select(w => answer.Succeeded
            ? new Registration($"{name} {w.Hook.Name}", RegistrationState.Repaired, $"It leads to {w.Wanted} now.")
            : Drifted(name, w.Hook, w.Wanted, Field(number, w.Hook.Field)));
    }

    private static Registration Drifted(string name, Hook hook, string? wanted, string? there) => new(
        $"{name} {hook.Name}", RegistrationState.Drifted, there is null ? "No address is entered." : "Another address is entered.",
        wanted is null
        ? "Set Hooks__PublicBaseUrl." : $"Enter {wanted} (POST) in the Twilio console at this number, or allow upkeep to repair.");

    // Numbers that cannot text have no address for it.
    private static bool Can(JsonElement number, Hook hook)
    {
        if (!number.TryGetProperty("capabilities", out var can) || can.ValueKind != JsonValueKind.Object) return true;
        return !can.TryGetProperty(hook.Name == "messages" ? "sms" : "voice", out var able) || able.ValueKind != JsonValueKind.False;
    }

    // The fragment after # is for Twilio and may be configured differently.
    private static bool Same(string? there, string wanted) =>
        there is not null && there.Split('#')[0].TrimEnd('/').Equals(wanted.Split('#')[0], StringComparison.OrdinalIgnoreCase);

    private static bool IsOwn(string there, RegistrationCheckRequest upkeep) =>
        upkeep.PublicBaseUrl is { } own && there.StartsWith($"{own}/", StringComparison.OrdinalIgnoreCase);

    private static string HostOf(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri.Host : "an address that cannot be read";

    private static string? Field(JsonElement item, string name) => item.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
