using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Platform.Json;

namespace Serverless.Channels.Twilio;

/// <content>Compares where messaging services and WhatsApp senders lead: messages to a number within a service go to the service's address
/// and not to the number's.</content>
/// <remarks>https://www.twilio.com/docs/messaging/api/service-resource, https://www.twilio.com/docs/whatsapp/api/senders</remarks>
public sealed partial class TwilioChannel
{
    private async Task<List<Registration>> CheckServicesAsync(string account, TwilioOptions current, RegistrationCheckRequest upkeep,
        CancellationToken ct)
    {
        var (services, reason) = await ListAsync(account, current, "/v1/Services?PageSize=100", "services", ct);
        if (services is null) return [Unasked($"messaging services of {account}", reason, upkeep)];
        List<Registration> found = [];
        foreach (var service in services)
            if (await CheckServiceAsync(account, service, current, upkeep, ct) is { } one) found.Add(one);
        return found;
    }

    private async Task<Registration?> CheckServiceAsync(string account, JsonElement service, TwilioOptions current,
        RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        var (sid, there, wanted) = (Field(service, "sid") ?? "", Field(service, "inbound_request_url"), MessagesAddress(upkeep));
        var name = $"messaging service {sid}";
        if (service.TryGetProperty("use_inbound_webhook_on_number", out var deferred) && deferred.ValueKind == JsonValueKind.True)
            return new Registration(name, RegistrationState.Right, "The addresses of its numbers count.");
        if (wanted is not null && Same(there, wanted)) return new Registration(name, RegistrationState.Right);
        // A service that only sends receives no messages.
        var path = $"/v1/Services/{Uri.EscapeDataString(sid)}";
        if ((await ListAsync(account, current, $"{path}/PhoneNumbers?PageSize=100", "phone_numbers", ct)).Items is { Count: 0 })
            return null;
        var step = wanted is null
            ? "Set Hooks__PublicBaseUrl."
            : $"In the Twilio console at Messaging, Services, {sid}, Integration: choose \"Defer to sender's webhook\", or enter {wanted} (POST).";
        if (there is null)
            return new Registration(name, RegistrationState.Drifted,
                "Twilio drops what is written to its numbers, or gives it to Conversations; its API does not say which.", step);
        if (!IsOwn(there, upkeep))
            return new Registration(name, RegistrationState.Foreign, $"It leads to {HostOf(there)}.",
                $"If this is not meant to be: {step}");
        if (wanted is null || !upkeep.Repair) return new Registration(name, RegistrationState.Drifted, "Another address is entered.", step);
        KeyValuePair<string, string>[] form = [new("InboundRequestUrl", wanted), new("InboundMethod", "POST")];
        var answer = await TwilioCalls.SendAsync(calls, current, account, HttpMethod.Post, new Uri(MessagingUrl(current) + path), () =>
            new FormUrlEncodedContent(form), ct);
        return answer.Succeeded ? new Registration(name, RegistrationState.Repaired, $"It leads to {wanted} now.")
            : new Registration(name, RegistrationState.Drifted, "Another address is entered.", step);
    }

    private async Task<List<Registration>> CheckSendersAsync(string account, TwilioOptions current, RegistrationCheckRequest upkeep,
        CancellationToken ct)
    {
        var (senders, reason) = await ListAsync(account, current, "/v2/Channels/Senders?Channel=whatsapp&PageSize=100", "senders", ct);
        if (senders is null) return [Unasked($"WhatsApp senders of {account}", reason, upkeep)];
        List<Registration> found = [];
        foreach (var sender in senders) found.Add(await CheckSenderAsync(account, sender, current, upkeep, ct));
        return found;
    }

    private async Task<Registration> CheckSenderAsync(string account, JsonElement sender, TwilioOptions current,
        RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        var name = $"WhatsApp sender {PhoneAddress.Bare(Field(sender, "sender_id"))?.TrimStart('+')}";
        // The list does not promise the addresses, the sender itself does.
        var address = new Uri($"{MessagingUrl(current)}/v2/Channels/Senders/{Uri.EscapeDataString(Field(sender, "sid") ?? "")}");
        var answer = await TwilioCalls.SendAsync(calls, current, account, HttpMethod.Get, address, null, ct);
        using var json = answer.Succeeded ? JsonOf(answer) : null;
        if (json is null) return Unasked(name, TwilioCalls.Reason(answer), upkeep);
        var webhook = json.RootElement.TryGetProperty("webhook", out var given) && given.ValueKind == JsonValueKind.Object
            ? JsonNode.Parse(given.GetRawText())!.AsObject() : [];
        var (there, wanted) = (given.ValueKind == JsonValueKind.Object ? Field(given, "callback_url") : null, MessagesAddress(upkeep));
        var step = wanted is null
            ? "Set Hooks__PublicBaseUrl." : $"Enter {wanted} (POST) in the Twilio console at Messaging, Senders, WhatsApp senders.";
        if (wanted is not null && Same(there, wanted)) return new Registration(name, RegistrationState.Right);
        if (there is not null && !IsOwn(there, upkeep))
            return new Registration(name, RegistrationState.Foreign, $"It leads to {HostOf(there)}.",
                $"If this is not meant to be: {step}");
        var drifted = new Registration(name, RegistrationState.Drifted, there is null ? "No address is entered."
            : "Another address is entered.", step);
        if (wanted is null || !upkeep.Repair) return drifted;
        // The other addresses of the sender go back as they are.
        (webhook["callback_url"], webhook["callback_method"]) = (wanted, "POST");
        var body = PlainJson.Bytes(new JsonObject { ["webhook"] = webhook });
        answer = await TwilioCalls.SendAsync(calls, current, account, HttpMethod.Post, address, () =>
            new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } }, ct);
        return answer.Succeeded ? new Registration(name, RegistrationState.Repaired, $"It leads to {wanted} now.") : drifted;
    }

    private async Task<(List<JsonElement>? Items, string Reason)> ListAsync(string account, TwilioOptions current, string path, string name,
        CancellationToken ct)
    {
        List<JsonElement> items = [];
        var home = MessagingUrl(current);
        for (var page = home + path; page is not null;)
        {
            var answer = await TwilioCalls.SendAsync(calls, current, account, HttpMethod.Get, new Uri(page), null, ct);
            using var json = answer.Succeeded ? JsonOf(answer) : null;
            if (json is null || !json.RootElement.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array)
                return (null, TwilioCalls.Reason(answer));
            items.AddRange(list.EnumerateArray().Select(item => item.Clone()));
            // What leads elsewhere is not followed, and never with our token.
            page = json.RootElement.TryGetProperty("meta", out var meta) && Field(meta, "next_page_url") is { } next
                && next.StartsWith($"{home}/", StringComparison.Ordinal) ? next : null;
        }

        return (items, "");
    }

    private static Registration Unasked(string name, string reason, RegistrationCheckRequest upkeep) => new(
        name, RegistrationState.Unknown, $"Twilio could not be asked: {reason}.",
        $"Look in the Twilio console that it leads to {MessagesAddress(upkeep) ?? $"https://<app>/api/hooks/{ChannelName}/messages"} (POST), or that its numbers' addresses count.");

    private static string? MessagesAddress(RegistrationCheckRequest upkeep) =>
        upkeep.PublicBaseUrl is { } url ? $"{url}/api/hooks/{ChannelName}/messages{Again}" : null;

    // Its host names the same edge and region. https://www.twilio.com/docs/global-infrastructure/understanding-twilio-regions
    private static string MessagingUrl(TwilioOptions current) =>
        current.ApiUrl.TrimEnd('/').Replace("//api.", "//messaging.", StringComparison.Ordinal);
}
