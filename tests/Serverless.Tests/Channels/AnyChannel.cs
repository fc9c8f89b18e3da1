using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Acs;
using Serverless.Channels.Discourse;
using Serverless.Channels.Generic;
using Serverless.Channels.Placetel;
using Serverless.Channels.Sipgate;
using Serverless.Channels.Telegram;
using Serverless.Channels.Twilio;
using Serverless.Channels.Vonage;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels;

/// <summary>Any channel under the settings of its seeds, to read a delivery of a test's own.</summary>
internal static class AnyChannel
{
    internal static readonly DateTimeOffset Arrival = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, Action<IServiceCollection, IConfiguration>> Add = new(StringComparer.Ordinal)
    {
        ["acs"] = AcsChannel.Add,
        ["discourse"] = DiscourseChannel.Add,
        ["generic"] = GenericChannel.Add,
        ["placetel"] = PlacetelChannel.Add,
        ["sipgate"] = SipgateChannel.Add,
        ["telegram"] = TelegramChannel.Add,
        ["twilio"] = TwilioChannel.Add,
        ["vonage"] = VonageChannel.Add,
    };

    /// <summary>What each element of a delivery reads as.</summary>
    internal static List<Parsed> Read(string channel, string path, string body, params (string Name, string Value)[] headers) =>
        [.. Of(channel).Read(Delivery(channel, path, Encoding.UTF8.GetBytes(body), headers)).Select(e => e.Read())];

    internal static List<Parsed> Read(string channel, string path, byte[] body, params (string Name, string Value)[] headers) =>
        [.. Of(channel).Read(Delivery(channel, path, body, headers)).Select(e => e.Read())];

    /// <summary>The only event of a delivery.</summary>
    internal static ContactEvent Event(string channel, string path, string body, params (string Name, string Value)[] headers) =>
        Assert.IsType<Parsed.Found>(Assert.Single(Read(channel, path, body, headers))).Event;

    internal static string Ignored(Parsed reading) => Assert.IsType<Parsed.Ignored>(reading).Reason;

    internal static IChannel Of(string channel)
    {
        var configuration = Seed.Configuration(Seed.SettingsOf(channel));
        var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(new FakeTime(Arrival))
            .AddSingleton(_ => new GuardedHttp(loopbackToo: false)).AddSingleton<ProviderHttp>();
        services.AddOptions<HooksOptions>().Bind(configuration.GetSection("Hooks"));
        Add[channel](services, configuration);
        return services.BuildServiceProvider().GetRequiredService<IChannel>();
    }

    internal static Delivery Delivery(string channel, string path, byte[] body, params (string Name, string Value)[] headers) => new()
    {
        Id = new string('0', 32),
        Channel = channel,
        Method = "POST",
        PathAndQuery = $"/api/hooks/{channel}{path}",
        Headers = headers.ToDictionary(h => h.Name, h => h.Value, StringComparer.Ordinal),
        Body = body,
        ReceivedAt = Arrival,
    };
}
