using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Platform.Json;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Vonage;

/// <content>Upkeep: the application calls our addresses, signed, and our numbers are linked to it.
/// https://developer.vonage.com/en/api/application.v2</content>
public sealed partial class VonageChannel : IRegistersWebhooks
{
    private const string KeysStep =
        "Set Channels__Vonage__ApiKey and Channels__Vonage__ApiSecret to those of the account (Dashboard, Settings).";

    private static readonly (string Capability, string Member, string Door)[] Doors =
    [
        ("voice", "answer_url", "voice/answer"), ("voice", "fallback_answer_url", "voice/answer"), ("voice", "event_url", "voice/events"),
        ("messages", "inbound_url", "messages"), ("messages", "status_url", "messages/status"),
    ];

    public async Task<IReadOnlyList<Registration>> CheckAsync(RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        var current = _options.CurrentValue;
        if (string.IsNullOrEmpty(current.ApplicationId))
            return [new("application", RegistrationState.Unknown, "It is not named.",
                "Set Channels__Vonage__ApplicationId to the id of the application (Dashboard, Applications).")];
        var url = new Uri($"{current.ApiUrl.TrimEnd('/')}/v2/applications/{Uri.EscapeDataString(current.ApplicationId)}");
        var answer = await _api.AccountAsync(HttpMethod.Get, url, null, ct);
        if (answer is not { Succeeded: true } || Parsed(answer) is not { } application) return [Unasked("application", answer)];
        List<Registration> found = [];
        if (upkeep.PublicBaseUrl is null)
            found.Add(new("application", RegistrationState.Drifted,
                "Hooks__PublicBaseUrl is not set, so our own addresses are not known."));
        else found.AddRange(await ApplicationAsync(url, application, $"{upkeep.PublicBaseUrl}/api/hooks/{ChannelName}/", upkeep.Repair,
            ct));
        found.AddRange(await NumbersAsync(current, upkeep.Repair, ct));
        return found;
    }

    private async Task<List<Registration>> ApplicationAsync(Uri url, JsonObject application, string hooks, bool repair,
        CancellationToken ct)
    {
        List<Registration> found = [];
        var capabilities = Child(application, "capabilities");
        var wantsVoice = capabilities["voice"] is JsonObject
            || _options.CurrentValue is { Numbers.Count: > 0 } or { Default.Rings.Count: > 0 };
        foreach (var (capability, member, door) in Doors.Where(d => d.Capability is "messages" || wantsVoice))
            found.Add(Door(Child(Child(capabilities, capability), "webhooks"), $"{capability} {member}", member, hooks, door));

        // Only a capability that is entirely ours may be reconfigured.
        bool Ours(string capability) =>
            !found.Exists(f => f.State is RegistrationState.Foreign && f.Name.StartsWith(capability, StringComparison.Ordinal));
        if (wantsVoice && Ours("voice"))
            found.Add(Setting(Child(capabilities, "voice"), "voice signed_callbacks", "signed_callbacks", true));
        if (Ours("messages")) found.Add(Setting(Child(capabilities, "messages"), "messages version", "version", "v1"));

        if (!found.Exists(f => f.State is RegistrationState.Drifted)) return found;
        if (!repair) return found;
        application.Remove("id");
        application.Remove("_links");
        using var body = new StringContent(PlainJson.Text(application), Encoding.UTF8, "application/json");
        var answer = await _api.AccountAsync(HttpMethod.Put, url, body, ct);
        return answer is { Succeeded: true }
            ? [.. found.Select(f => f.State is RegistrationState.Drifted
                ? new Registration(f.Name, RegistrationState.Repaired, f.Detail) : f)]
            : [.. found.Select(f => f.State is RegistrationState.Drifted
                ? f with { Detail = $"{f.Detail} Vonage did not change it ({answer?.Status})." } : f)];
    }

    /// <summary>Looks at one address, and writes ours into the document that may be sent back.</summary>
    private static Registration Door(JsonObject webhooks, string name, string member, string hooks, string door)
    {
        var wanted = hooks + door;
        var webhook = Child(webhooks, member);
        var address = Text(webhook["address"]);
        var step = $"Dashboard, Applications: enter {wanted} with POST as {member}.";
        if (address is { Length: > 0 } && !address.StartsWith(hooks, StringComparison.Ordinal))
            return new(name, RegistrationState.Foreign, "It leads to another address.");
        if (address == wanted && Text(webhook["http_method"]) is "POST") return new(name, RegistrationState.Right);
        webhook["address"] = wanted;
        webhook["http_method"] = "POST";
        return new(name, RegistrationState.Drifted, address == wanted
            ? "It is not called by POST, so its parameters are not signed." : "It is not our address.", step);
    }

    private static Registration Setting(JsonObject capability, string name, string member, JsonNode wanted)
    {
        if (JsonNode.DeepEquals(capability[member], wanted)) return new(name, RegistrationState.Right);
        capability[member] = wanted;
        return new(name, RegistrationState.Drifted, $"{member} is not {PlainJson.Text(wanted)}.",
            $"Dashboard, Applications: set {member} to {PlainJson.Text(wanted)}.");
    }

    /// <summary>Each number with an answer plan must lead to the application. https://developer.vonage.com/en/api/numbers</summary>
    private async Task<List<Registration>> NumbersAsync(VonageOptions current, bool repair, CancellationToken ct)
    {
        List<Registration> found = [];
        foreach (var number in current.Numbers.Keys.Order(StringComparer.Ordinal))
        {
            var name = $"number {number}";
            var address =
                $"{current.NumbersUrl.TrimEnd('/')}/account/numbers?pattern={Uri.EscapeDataString(number)}&search_pattern=1&size=10";
            var answer = await _api.AccountAsync(HttpMethod.Get, new Uri(address), null, ct);
            if (answer is not { Succeeded: true } || Parsed(answer) is not { } list)
            {
                found.Add(Unasked(name, answer));
                continue;
            }

            var own = (list["numbers"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(n => Text(n["msisdn"]) == number);
            found.Add(own is null
                ? new(name, RegistrationState.Drifted, "The account has no such number.",
                    $"Buy {number} (Dashboard, Numbers), or remove Channels__Vonage__Numbers__{number}.")
                : await NumberAsync(current, name, number, own, repair, ct));
        }

        return found;
    }

    private async Task<Registration> NumberAsync(VonageOptions current, string name, string number, JsonObject own, bool repair,
        CancellationToken ct)
    {
        var application = Text(own["app_id"]);
        if (application == current.ApplicationId) return new(name, RegistrationState.Right);
        if (application is { Length: > 0 } || Text(own["voiceCallbackValue"]) is { Length: > 0 }
            || Text(own["moHttpUrl"]) is { Length: > 0 })
            return new(name, RegistrationState.Foreign, "It leads to another application or address.");
        var missing = new Registration(name, RegistrationState.Drifted, "It is linked to no application.",
            $"Dashboard, Applications, Link: {number}.");
        if (!repair) return missing;
        using var form =
            new FormUrlEncodedContent([new("country", Text(own["country"]) ?? ""), new("msisdn", number),
                new("app_id", current.ApplicationId!)]);
        var answer = await _api.AccountAsync(HttpMethod.Post, new Uri($"{current.NumbersUrl.TrimEnd('/')}/numbers/update"), form, ct);
        return answer is { Succeeded: true } ? new(name, RegistrationState.Repaired, "It was linked to the application.")
            : missing with { Detail = $"Vonage did not link it ({answer?.Status})." };
    }

    private static Registration Unasked(string name, ProviderResponse? answer) => answer switch
    {
        null => new(name, RegistrationState.Unknown, "A credential is not set.", KeysStep),
        { Status: 401 or 403 } => new(name, RegistrationState.Unknown, $"Vonage refused the credential ({answer.Status}).", KeysStep),
        { Status: 404 } => new(name, RegistrationState.Drifted, "Vonage does not know it.", "Look at Channels__Vonage__ApplicationId."),
        { Status: 429 } => new(name, RegistrationState.Unknown, "Vonage limits our rate just now."),
        _ => new(name, RegistrationState.Unknown, $"Vonage could not be asked ({answer.Status})."),
    };

    private static JsonObject Child(JsonObject parent, string name)
    {
        if (parent[name] is JsonObject child) return child;
        child = [];
        parent[name] = child;
        return child;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static JsonObject? Parsed(ProviderResponse answer)
    {
        try
        {
            return JsonNode.Parse(answer.Body.Span) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
