using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Tests.Channels.Acs;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <content>What its tests have in common.</content>
public sealed partial class When_a_call_is_answered
{
    private async Task<string> RingAsync(int late = 0, string from = "+442079460302")
    {
        var at = _world.Time.GetUtcNow().AddSeconds(-late);
        return await GridAsync("IncomingCall", new
        {
            to = new { kind = "phoneNumber", rawId = "4:+493023125481", phoneNumber = new { value = "+493023125481" } },
            from = new { kind = "phoneNumber", rawId = "4:" + from, phoneNumber = new { value = from } },
            serverCallId = _call,
            incomingCallContext = "ticket-of-the-call",
        }, at, "incoming-" + _call);
    }

    private async Task<string> GridAsync(string type, object data, DateTimeOffset? at = null, string? id = null)
    {
        var body = JsonSerializer.Serialize(new[]
        {
            new
            {
                id = id ?? $"g-{++_event}-{_call}",
                source = "/subscriptions/1/resourcegroups/contact/providers/microsoft.communication/communicationservices/beispiel-acs",
                subject = $"/recording/call/1/serverCallId/{_call}/recordingId/1",
                type = $"Microsoft.Communication.{type}",
                time = (at ?? _world.Time.GetUtcNow()).ToString("O", CultureInfo.InvariantCulture),
                specversion = "1.0",
                data,
            },
        });
        return await DeliveredAsync("/api/hooks/acs", body, KeyValuePair.Create("x-webhook-secret", "fake-acs-secret-for-seeds"));
    }

    private async Task<string> TellAsync(string type, string? place, (string Name, string Json)? more = null, int? token = 0,
        string? address = null, (string Name, string Value)? header = null)
    {
        var data = new JsonObject { ["callConnectionId"] = AcsServer.ConnectionId, ["serverCallId"] = _call, ["operationContext"] = place };
        if (more is { } field) data[field.Name] = JsonNode.Parse(field.Json);
        var body = new JsonArray(new JsonObject
        {
            ["id"] = $"c-{++_event}-{_call}",
            ["source"] = $"calling/callConnections/{AcsServer.ConnectionId}",
            ["type"] = $"Microsoft.Communication.{type}",
            ["time"] = _world.Time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
            ["specversion"] = "1.0",
            ["data"] = data,
        }).ToJsonString();
        List<KeyValuePair<string, string>> headers = token is { } number
            ? [KeyValuePair.Create("Authorization", $"Bearer {(await Tokens.Value).GetProperty("tokens")[number].GetString()}")] : [];
        if (header is { } further) headers.Add(KeyValuePair.Create(further.Name, further.Value));
        return await DeliveredAsync(address ?? Address(), body, [.. headers]);
    }

    // As Call Automation got it, without the host that only the world outside sees.
    private string Address() => new Uri((string)_azure.Operations.First(o => o.Name == "answer").Body["callbackUri"]!).PathAndQuery;

    private string Last() => (string)_azure.Operations.Last(o => o.Body.ContainsKey("operationContext")).Body["operationContext"]!;

    private string Said() => (string)_azure.Operations.Last(o => o.Name == "play").Body["playSources"]!.AsArray()[^1]!["text"]!["text"]!;

    private async Task<HttpResponseMessage> SendAsync(string address, string body, IEnumerable<KeyValuePair<string, string>> headers) =>
        await _world.SendAsync("POST", address, headers.Append(KeyValuePair.Create("Content-Type", "application/cloudevents-batch+json")),
            Encoding.UTF8.GetBytes(body));

    private async Task<string> DeliveredAsync(string address, string body, params KeyValuePair<string, string>[] headers)
    {
        using var answer = await SendAsync(address, body, headers);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(0, await _world.DrainAsync(bus: false));
        return answer.Headers.GetValues("X-Delivery-Id").Single();
    }

    private async Task<string> EndAsync(string delivery) => (await _world.EndOfAsync(delivery, "acs")).Split(':')[0];

    private async Task<JsonElement> ContactAsync() =>
        (await _world.OnlyCaseAsync()).GetProperty("contacts").EnumerateArray().Single().GetProperty("contact");

    private static object Token(string audience, string issuer = "https://acscallautomation.communication.azure.com") => new
    {
        claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iss"] = issuer,
            ["aud"] = audience,
            ["exp"] = new DateTimeOffset(2036, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds(),
        },
        key = "a",
    };
}
