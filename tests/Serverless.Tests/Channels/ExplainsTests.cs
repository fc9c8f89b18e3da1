using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels;

/// <summary>A person who looks at a call that failed its check is told what is likely wrong, on every channel where that can be told; a
/// good call has nothing to tell.</summary>
public sealed class ExplainsTests
{
    [Theory]
    [InlineData("placetel", "Channels__Placetel__Secret")]
    [InlineData("x", "Channels__X__ConsumerSecret")]
    [InlineData("discourse", "Channels__Discourse__Sites__community__Secret")]
    [InlineData("telegram", "Channels__Telegram__Bots__service__SecretToken")]
    [InlineData("vonage", "Channels__Vonage__SignatureSecret")]
    [InlineData("acs", "Channels__Acs__Secret")]
    public void Blanks_around_a_secret(string name, string setting)
    {
        var settings = Seed.SettingsOf(name);
        settings[setting] = $" {settings[setting]}\n";
        Assert.Equal(["blank-in-setting"], Explained(name, settings, Good(name)));
        Assert.Empty(Explained(name, Seed.SettingsOf(name), Good(name)));
    }

    [Theory]
    [InlineData("placetel")]
    [InlineData("x")]
    [InlineData("discourse")]
    [InlineData("sipgate")]
    [InlineData("vonage")]
    [InlineData("generic")]
    public void A_body_that_was_written_anew(string name)
    {
        var good = Good(name);
        Assert.Equal(["body-changed"], Explained(name, Seed.SettingsOf(name), good with { Body = [.. good.Body, (byte)'\n'] }));
        Assert.Empty(Explained(name, Seed.SettingsOf(name), good with { Body = [.. good.Body, (byte)'x'] }));
    }

    [Theory]
    [InlineData("discourse", "community", "partners", "other-site")]
    [InlineData("telegram", "service", "shop", "other-bot")]
    public void The_address_of_another_of_ours(string name, string ours, string other, string code)
    {
        var good = Good(name);
        Assert.Equal([code],
            Explained(name, Seed.SettingsOf(name), good
                with { PathAndQuery = good.PathAndQuery.Replace(ours, other, StringComparison.Ordinal) }));
    }

    [Theory]
    [InlineData("telegram", "X-Telegram-Bot-Api-Secret-Token", "webhook-without-word")]
    [InlineData("vonage", "Authorization", "not-signed")]
    [InlineData("acs", "x-webhook-secret", "no-proof")]
    public void A_proof_that_is_not_there(string name, string header, string code)
    {
        var good = Good(name);
        Assert.Equal([code],
            Explained(name, Seed.SettingsOf(name), good
                with { Headers = [.. good.Headers.Where(h => !h.Key.Equals(header, StringComparison.OrdinalIgnoreCase))] }));
    }

    [Theory]
    [InlineData("generic", "Channels__Generic__ToleranceMinutes", "5")]
    [InlineData("vonage", "Channels__Vonage__TokenHours", "1")]
    public void A_clock_that_is_off(string name, string setting, string value)
    {
        var settings = Seed.SettingsOf(name);
        settings[setting] = value;
        Assert.Equal(["clock"], Explained(name, settings, Good(name), TimeSpan.FromDays(2)));
    }

    [Fact]
    public void An_account_or_address_of_somebody_else()
    {
        var settings = Seed.SettingsOf("vonage");
        settings["Channels__Vonage__ApiKey"] = "fa4e0002";
        Assert.Equal(["other-account"], Explained("vonage", settings, Good("vonage")));
        settings = Seed.SettingsOf("acs");
        settings["Channels__Acs__Secret"] = "another";
        Assert.Equal(["other-secret"],
            Explained("acs", settings, Seed.Of("acs").Single(s => s.Name.Contains("/19-", StringComparison.Ordinal))));
        Assert.Equal(["other-resource"],
            Explained("acs", Seed.SettingsOf("acs"), Seed.Of("acs").Single(s => s.Name.Contains("/20-", StringComparison.Ordinal))));
    }

    [Fact]
    public void What_a_stranger_sends_never_makes_it_throw()
    {
        foreach (var channel in Seed.Channels.Select(name => (Name: name, Channel: Channel(name, Seed.SettingsOf(name))))
            .Where(c => c.Channel is IExplainsFailures))
        {
            foreach (var seed in Seed.Of(channel.Name))
            {
                var delivery = seed.ToDelivery(channel.Channel);
                foreach (var headers in new[] { delivery.Headers, new Dictionary<string, string>(StringComparer.Ordinal),
                    delivery.Headers.ToDictionary(h => h.Key, h => h.Value + "x", StringComparer.Ordinal) })
                    foreach (var body in new[] { delivery.Body, Encoding.UTF8.GetBytes("{"), new byte[] { 0xff } })
                        Assert.All(((IExplainsFailures)channel.Channel).Explain(delivery with { Headers = headers, Body = body }), hint =>
                            Assert.EndsWith(".", hint.Says, StringComparison.Ordinal));
            }
        }
    }

    private static Seed Good(string name) =>
        Seed.Of(name)
        .First(s => s.IsGenuine && s.Body.Length > 0 && s.Method == "POST"
            && (name != "discourse" || s.PathAndQuery.EndsWith("community", StringComparison.Ordinal)));

    private static List<string> Explained(string name, Dictionary<string, string?> settings, Seed seed, TimeSpan late = default)
    {
        var channel = Channel(name, settings);
        return [.. ((IExplainsFailures)channel).Explain(seed.ToDelivery(channel) with { ReceivedAt = seed.At + late }).Select(h => h.Code)];
    }

    private static IChannel Channel(string name, Dictionary<string, string?> settings)
    {
        // Named, and never called.
        (settings["AzureWebJobsStorage"], settings["ServiceBusConnection"]) = ("UseDevelopmentStorage=true",
            "Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true");
        var configuration = Seed.Configuration(settings);
        var services = new ServiceCollection().AddSingleton(configuration).AddSingleton<TimeProvider>(new FakeTime());
        services.AddParts(configuration);
        return services.BuildServiceProvider().GetRequiredService<ChannelDirectory>().Find(name)!;
    }
}
