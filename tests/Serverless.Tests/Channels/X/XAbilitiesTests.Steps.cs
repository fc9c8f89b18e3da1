using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.X;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.X;

/// <content>What its tests have in common.</content>
public sealed partial class XAbilitiesTests
{
    private async Task<List<(string Name, RegistrationState State)>> Found(RegistrationCheckRequest upkeep) =>
        [.. (await _channel.CheckAsync(upkeep, default)).Select(r => (r.Name, r.State))];

    private Contact Complaint() =>
        Read(Encoding.UTF8.GetString(Seed.Of("x").Single(s => s.Name.Contains("03-", StringComparison.Ordinal)).Body)).Contact;

    private static string Mention(string id) =>
        $$"""{"id":"{{id}}","author_id":"{{Jana}}","created_at":"2026-11-20T08:41:07.000Z","text":"@beispieltechnik Hallo","edit_history_tweet_ids":["{{id}}"]}""";

    private ContactEvent Read(string body) => ((Parsed.Found)_channel.Read(new Delivery
    {
        Id = new string('0', 32),
        Channel = "x",
        Method = "LOOK",
        PathAndQuery = "/api/hooks/x/look/post",
        Headers = new Dictionary<string, string>(StringComparer.Ordinal),
        Body = Encoding.UTF8.GetBytes(body),
        ReceivedAt = _time.GetUtcNow(),
        Arrival = Arrival.LookedAgain,
    }).Select(e => e.Read()).Single()).Event;

    private XChannel Make(params (string Name, string? Value)[] more)
    {
        var settings = Seed.SettingsOf("x");
        settings["Channels__X__ApiUrl"] = _x.Address.ToString();
        settings["Channels__X__BearerToken"] = XApi.BearerToken;
        foreach (var (name, value) in more) settings[name] = value;
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_time).AddSingleton(_ => new GuardedHttp(loopbackToo: true))
            .AddSingleton<ProviderHttp>();
        XChannel.Add(services, Seed.Configuration(settings));
        return (XChannel)services.BuildServiceProvider().GetRequiredService<IChannel>();
    }
}
