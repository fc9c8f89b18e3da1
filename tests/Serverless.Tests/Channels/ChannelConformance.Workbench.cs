using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels;

/// <content>The tools the promises are tested with.</content>
public abstract partial class ChannelConformance
{
    /// <summary>What reading one element gave; no reading when it threw.</summary>
    protected sealed record Outcome(string Position, Parsed? Reading, Exception? Thrown);

    protected IReadOnlyList<Seed> Seeds => field ??= Seed.Of(Name);

    protected IEnumerable<Seed> Genuine => Seeds.Where(s => s.IsGenuine);

    protected IEnumerable<Seed> Handshakes => Seeds.Where(s => s.IsHandshake);

    /// <summary>A fresh copy of the settings the tests run under.</summary>
    protected Dictionary<string, string?> Settings
    {
        get
        {
            var settings = Seed.SettingsOf(Name);
            foreach (var (name, value) in SettingsHere) settings[name] = value;
            return settings;
        }
    }

    /// <summary>A new channel.</summary>
    /// <param name="settings">Default: <see cref="Settings"/>.</param>
    /// <param name="now">Default: the clock of the first seed.</param>
    protected IChannel Channel(IReadOnlyDictionary<string, string?>? settings = null, DateTimeOffset? now = null)
    {
        var configuration = Seed.Configuration(settings ?? Settings);
        var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(new FakeTime(now ?? Seeds[0].At));
        // For a channel with abilities: nothing of what seeds name is public, so nobody is ever called.
        services.AddSingleton(_ => new GuardedHttp(loopbackToo: false)).AddSingleton<ProviderHttp>();
        services.AddOptions<HooksOptions>().Bind(configuration.GetSection("Hooks"));
        Add(services, configuration);
        return services.BuildServiceProvider().GetRequiredService<IChannel>();
    }

    /// <summary>The verdict on a seed that arrives, by default, at the clock at which it was sent.</summary>
    protected VerificationResult Verify(Seed seed, IReadOnlyDictionary<string, string?>? settings = null, DateTimeOffset? now = null)
    {
        var channel = Channel(settings, now ?? seed.At);
        return channel.Verify(seed.ToDelivery(channel) with { ReceivedAt = now ?? seed.At });
    }

    /// <summary>Reads a seed as Normalise does, what its thin elements point at included.</summary>
    protected static List<Outcome> Read(IChannel channel, Seed seed, Delivery delivery) => [.. Read(channel, delivery).Select(outcome =>
    {
        if (outcome.Reading is not Parsed.Reference { Resource: var resource }) return outcome;
        if (!seed.Fetched.TryGetValue(resource, out var document)) return outcome with { Reading = new Parsed.Ignored("gone-at-provider") };
        try
        {
            var reading = Assert.IsAssignableFrom<IFetchesContent>(channel).Read(delivery, resource, document);
            Assert.IsNotType<Parsed.Reference>(reading);
            return outcome with { Reading = reading };
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            return outcome with { Reading = null, Thrown = e };
        }
    })];

    /// <summary>Reads as Normalise does: in order, and what throws costs only itself. A delivery that cannot be taken apart is one
    /// outcome.</summary>
    protected static List<Outcome> Read(IChannel channel, Delivery delivery)
    {
        var outcomes = new List<Outcome>();
        try
        {
            foreach (var element in channel.Read(delivery))
            {
                try
                {
                    outcomes.Add(new(element.Position, element.Read(), null));
                }
                catch (Exception e)
                {
                    outcomes.Add(new(element.Position, null, e));
                }
            }
        }
        catch (Exception e)
        {
            outcomes.Add(new($"rest of delivery after {outcomes.Count}", null, e));
        }

        return outcomes;
    }

    private static readonly double[] Places = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9];

    /// <summary>Runs a check on each seed and says which seed failed it.</summary>
    protected static void All(IEnumerable<Seed> seeds, Action<Seed> check) => Assert.All(seeds.ToList(), check);

    protected static JsonElement ToJson(ContactEvent happened) =>
        JsonSerializer.SerializeToElement(happened, ContactJson.Default.ContactEvent);

    protected static Dictionary<string, string?> With(Dictionary<string, string?> settings, string name, string? value) =>
        new(settings, StringComparer.OrdinalIgnoreCase) { [name] = value };

    /// <summary>The seed with a header changed, or left out where <paramref name="change"/> gives null. The header must be there.</summary>
    protected static Seed WithHeader(Seed seed, string name, Func<string, string?> change)
    {
        Assert.Contains(seed.Headers, h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase));
        return seed with
        {
            Headers = [.. seed.Headers
                .Select(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase) ? KeyValuePair.Create(h.Key, change(h.Value)!) : h)
                .Where(h => h.Value is not null)],
        };
    }

    /// <summary>Up to <paramref name="count"/> different positions from first to last.</summary>
    private static IEnumerable<int> Spread(int length, int count) =>
        length == 0 ? [] : Enumerable.Range(0, count).Select(i => i * (length - 1) / (count - 1)).Distinct();

    /// <summary>A digit has no case, and never equals the character it stands in for: hex, base64 and text all differ then.</summary>
    private static char Other(char c) => c == '7' ? '1' : '7';

    /// <summary>Changes one character, but none of the last three of a long value: there base64 has bits that mean nothing.</summary>
    private static string Changed(string value, double place)
    {
        if (value.Length == 0) return "7";
        var at = (int)(place * (value.Length > 8 ? value.Length - 3 : value.Length));
        return value[..at] + Other(value[at]) + value[(at + 1)..];
    }

    private static void AssertAnswer(SeedAnswer expected, WebhookResponse actual)
    {
        Assert.Equal(expected.Status, actual.Status);
        if (expected.ContentType is not null) Assert.Equal(expected.ContentType, actual.ContentType);
        if (expected.Body is not null) Assert.Equal(expected.Body, Encoding.UTF8.GetString(actual.Body.Span));
        foreach (var (name, value) in expected.Headers)
            Assert.Equal(value, actual.Headers.FirstOrDefault(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value);
    }
}
