using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Vonage;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Vonage;

/// <content>What its tests have in common.</content>
public sealed partial class VonageAbilitiesTests
{
    private static JsonObject Application(string hooks)
    {
        JsonObject Door(string door) =>
            new() { ["address"] = hooks.Length == 0 ? "" : hooks + door, ["http_method"] = "GET", ["socket_timeout"] = 5000 };
        return new JsonObject
        {
            ["id"] = VonageApi.ApplicationId,
            ["name"] = "Contact",
            ["keys"] = new JsonObject { ["public_key"] = "-----BEGIN PUBLIC KEY-----" },
            ["capabilities"] = new JsonObject
            {
                ["voice"] = new JsonObject { ["webhooks"] = new JsonObject { ["answer_url"] = Door("voice/answer"),
                    ["fallback_answer_url"] = Door("voice/answer"), ["event_url"] = Door("voice/events") }, ["signed_callbacks"] = false,
                    ["region"] = "eu-west" },
                ["messages"] =
                new JsonObject { ["webhooks"] = new JsonObject { ["inbound_url"] = Door("messages"),
                    ["status_url"] = Door("messages/status") }, ["version"] = "v0.1" },
            },
            ["_links"] = new JsonObject { ["self"] = new JsonObject { ["href"] = "/v2/applications/1" } },
        };
    }

    private static JsonObject Number(string digits) => new() { ["country"] = "GB", ["msisdn"] = digits, ["type"] = "landline" };

    private static string Held(string conversation, string direction, string status, string at, string from, string to, int seconds) =>
        $$$"""{"uuid":"u-{{{conversation}}}-{{{direction}}}","conversation_uuid":"{{{conversation}}}","direction":"{{{direction}}}","status":"{{{status}}}","start_time":"{{{at}}}","duration":"{{{seconds}}}","from":{"type":"phone","number":"{{{from}}}"},"to":{"type":"phone","number":"{{{to}}}"}}""";

    private Contact Contact(string seed) =>
        ((Parsed.Found)Read(Seed.Of("vonage").Single(s => s.Name.Contains(seed, StringComparison.Ordinal))
            .ToDelivery(_channel))).Event.Contact;

    private Parsed Read(Delivery delivery) => _channel.Read(delivery).Select(e => e.Read()).Single();

    private Delivery Look(ProviderRecord held) =>
        Call($"look/{held.Kind}", "") with { Method = "LOOK", Body = held.Body, Arrival = Arrival.LookedAgain };

    private Delivery Call(string door, string body) => new()
    {
        Id = new string('0', 32),
        Channel = "vonage",
        Method = "POST",
        PathAndQuery = $"/api/hooks/vonage/{door}",
        Headers = new Dictionary<string, string>(StringComparer.Ordinal),
        Body = Encoding.UTF8.GetBytes(body),
        ReceivedAt = _time.GetUtcNow(),
    };

    private VonageChannel Make(params (string Name, string? Value)[] more)
    {
        var settings = Seed.SettingsOf("vonage");
        foreach (var name in settings.Keys.Where(k => k.Contains("Numbers__", StringComparison.Ordinal)
            && !k.Contains("442079460200", StringComparison.Ordinal)).ToList()) settings.Remove(name);
        settings["Channels__Vonage__ApiUrl"] = settings["Channels__Vonage__NumbersUrl"] = _vonage.Address.ToString();
        settings["Channels__Vonage__ApiSecret"] = VonageApi.ApiSecret;
        settings["Channels__Vonage__PrivateKey"] = VonageApi.PrivateKey;
        foreach (var (name, value) in more) settings[name] = value;
        var configuration = Seed.Configuration(settings);
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_time).AddSingleton(_ => new GuardedHttp(loopbackToo: true))
            .AddSingleton<ProviderHttp>();
        services.AddOptions<HooksOptions>().Configure(h => h.PublicBaseUrl = settings["Hooks__PublicBaseUrl"]);
        VonageChannel.Add(services, configuration);
        return (VonageChannel)services.BuildServiceProvider().GetRequiredService<IChannel>();
    }
}
