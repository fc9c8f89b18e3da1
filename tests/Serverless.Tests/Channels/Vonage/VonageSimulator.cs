using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Vonage;

/// <summary>SMS by Vonage's Messages API, or calls to a number there.</summary>
internal sealed class VonageSimulator(VonageApi api, bool calls, FakeTime time) : IProviderSimulator
{
    private const string Ours = "493023125300";

    private string _customer = "";
    private int _tokens;

    public string Channel => "vonage";

    public (string Name, string? Value)[] Settings =>
    [
        ("Channels__Vonage__ApiUrl", api.Address.ToString()), ("Channels__Vonage__NumbersUrl", api.Address.ToString()),
        ("Channels__Vonage__ApiSecret", VonageApi.ApiSecret),
        ("Channels__Vonage__PrivateKey", VonageApi.PrivateKey), ("Channels__Vonage__LookMinutes", "15"),
    ];

    public int Sent => api.Sent.Count;

    private string Now => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static async Task<VonageSimulator> StartAsync(bool calls, FakeTime time) => new(await VonageApi.StartAsync(time), calls, time);

    public Utterance Ask(int customer, int number)
    {
        _customer = $"4930231250{customer:00}";
        var id = calls ? $"CON-{customer}-{number}" : $"aaaa0000-0000-4000-8000-00000000{customer:00}{number:00}";
        return new Utterance(id, calls ? Rings(id) : Tells("messages", new JsonObject
        {
            ["channel"] = "sms", ["message_uuid"] = id, ["to"] = Ours, ["from"] = _customer, ["timestamp"] = Now, ["message_type"] = "text",
            ["text"] = "Frage",
        }));
    }

    public HookCall? Echo(string reply) => Tells("messages/status", new JsonObject
    {
        ["channel"] = "sms", ["message_uuid"] = $"dddd0000-0000-4000-8000-{Sent:000000000000}", ["to"] = _customer, ["from"] = Ours,
        ["timestamp"] = Now, ["status"] = "delivered", ["client_ref"] = reply,
    });

    public ValueTask DisposeAsync() => api.DisposeAsync();

    private HookCall Rings(string conversation)
    {
        api.Calls.Add(new JsonObject
        {
            ["uuid"] = $"u-{conversation}", ["conversation_uuid"] = conversation, ["direction"] = "inbound", ["status"] = "completed",
            ["start_time"] = Now, ["duration"] = "5",
            ["from"] = new JsonObject { ["type"] = "phone", ["number"] = _customer },
            ["to"] = new JsonObject { ["type"] = "phone", ["number"] = Ours },
        }.ToJsonString());
        return Tells("voice/answer",
            new JsonObject { ["from"] = _customer, ["to"] = Ours, ["endpoint_type"] = "phone", ["conversation_uuid"] = conversation,
                ["uuid"] = $"u-{conversation}" });
    }

    // A token whose claims hold the hash of the body: https://developer.vonage.com/en/getting-started/concepts/webhooks
    private HookCall Tells(string door, JsonObject json)
    {
        var body = Encoding.UTF8.GetBytes(json.ToJsonString());
        var claims = new JsonObject
        {
            ["iat"] = time.GetUtcNow().ToUnixTimeSeconds(), ["jti"] = $"jti-{_tokens++}", ["iss"] = "Vonage",
            ["payload_hash"] = Convert.ToHexStringLower(SHA256.HashData(body)), ["api_key"] = VonageApi.ApiKey,
        };
        var signed = $"{Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8)}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        var secret = Encoding.UTF8.GetBytes(Seed.SettingsOf("vonage")["Channels__Vonage__SignatureSecret"]!);
        var token = $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))}";
        return new HookCall($"/api/hooks/vonage/{door}", body, ("Content-Type", "application/json"), ("Authorization", $"Bearer {token}"));
    }
}
