using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Platform.Json;

namespace Serverless.Channels.Sipgate;

/// <content>
/// Upkeep: the two webhook addresses of the account. All settings are written back, so the other ones are read first and preserved.
/// https://github.com/sipgate-io/sipgateio-node/blob/master/lib/webhook-settings/webhookSettings.ts
/// </content>
public sealed partial class SipgateChannel : IRegistersWebhooks
{
    private const string SettingsPath = "settings/sipgateio";

    private static readonly string[] Addresses = ["incomingUrl", "outgoingUrl"];

    public async Task<IReadOnlyList<Registration>> CheckAsync(RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        var current = options.CurrentValue;
        var wanted = upkeep.PublicBaseUrl is { Length: > 0 } address ? $"{address}/api/hooks/{ChannelName}" : null;
        if (!current.HasToken)
            return Both(RegistrationState.ByHand, "Channels__Sipgate__TokenId and __Token are not set, so sipgate cannot be asked.",
                $"In app.sipgate.com under Webhooks, URLs, enter {wanted ?? "<Hooks__PublicBaseUrl>/api/hooks/sipgate"} for incoming and for outgoing calls.");

        var answer = await SipgateApi.SendAsync(calls, current, HttpMethod.Get, SettingsPath, null, ct);
        if (answer.Status is 401 or 403)
            return Both(RegistrationState.Unknown, $"sipgate refused the token ({answer.Status}).",
                "Give the personal access token the scopes settings:sipgateio:read and settings:sipgateio:write, or make a new one.");
        if (!answer.Succeeded || Parse(answer.Body) is not { } settings)
            return Both(RegistrationState.Unknown, $"sipgate did not say what is registered ({answer.Status}).", null);

        var states = Addresses.Select(name => State(Text(settings, name), wanted, upkeep.PublicBaseUrl)).ToArray();
        if (upkeep.Repair && wanted is not null && states.Contains(RegistrationState.Drifted))
        {
            for (var i = 0; i < states.Length; i++)
                if (states[i] == RegistrationState.Drifted) settings[Addresses[i]] = wanted;
            var saved = await SipgateApi.SendAsync(calls, current, HttpMethod.Put, SettingsPath, PlainJson.Bytes(settings), ct);
            if (saved.Succeeded) states = [.. states.Select(s => s == RegistrationState.Drifted ? RegistrationState.Repaired : s)];
        }

        return [.. Addresses.Select((name, i) => Say(name, states[i], wanted))];
    }

    /// <summary>No address or a former path of ours may be repaired; another host may be another environment.</summary>
    private static RegistrationState State(string? registered, string? wanted, string? publicBaseUrl)
    {
        if (wanted is not null && registered == wanted) return RegistrationState.Right;
        if (string.IsNullOrEmpty(registered)
            || (publicBaseUrl is not null && registered.StartsWith($"{publicBaseUrl}/", StringComparison.OrdinalIgnoreCase)))
                return RegistrationState.Drifted;
        return RegistrationState.Foreign;
    }

    private static Registration Say(string name, RegistrationState state, string? wanted) => state switch
    {
        RegistrationState.Drifted =>
            new Registration(name, state, "No webhook leads here.", wanted is null
                ? "Set Hooks__PublicBaseUrl." : $"In app.sipgate.com under Webhooks, URLs, enter {wanted}."),
        RegistrationState.Foreign =>
            new Registration(name, state, "The webhook leads to another address.",
                $"If it should lead here, enter {wanted} in app.sipgate.com under Webhooks, URLs."),
        _ => new Registration(name, state),
    };

    private static Registration[] Both(RegistrationState state, string detail, string? step) =>
        [.. Addresses.Select(name => new Registration(name, state, detail, step))];

    private static JsonObject? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonNode.Parse(body.Span) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonObject settings, string name) =>
        settings[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
