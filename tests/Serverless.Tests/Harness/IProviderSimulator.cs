using System.Net;
using Serverless.Tests.Channels.Acs;
using Serverless.Tests.Channels.Discourse;
using Serverless.Tests.Channels.Email;
using Serverless.Tests.Channels.Meta;
using Serverless.Tests.Channels.Placetel;
using Serverless.Tests.Channels.Sipgate;
using Serverless.Tests.Channels.Telegram;
using Serverless.Tests.Channels.Twilio;
using Serverless.Tests.Channels.Vonage;
using Serverless.Tests.Channels.X;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>One way of one provider as journeys need it: customers ask there, what we answer comes back. The provider's strict double holds
/// everything that is said.</summary>
internal interface IProviderSimulator : IAsyncDisposable
{
    /// <summary>Name of the channel.</summary>
    string Channel { get; }

    /// <summary>What the channel needs besides the settings of its seeds.</summary>
    (string Name, string? Value)[] Settings { get; }

    /// <summary>How many texts of ours the provider has taken.</summary>
    int Sent { get; }

    /// <summary>A customer writes or calls, now.</summary>
    /// <param name="customer">Who; each one has a conversation.</param>
    /// <param name="number">Zero-based index of the message.</param>
    Utterance Ask(int customer, int number);

    /// <summary>The provider shows what it took from us last, or tells what became of it; null where it does neither by itself.</summary>
    /// <param name="reply">Our id of it.</param>
    HookCall? Echo(string reply);
}

/// <summary>A way on which files come.</summary>
internal interface ISendsFiles : IProviderSimulator
{
    /// <summary>Whether the host that the files lie on is down.</summary>
    bool IsDown { set; }

    /// <summary>A customer sends a file, now.</summary>
    Utterance Show(byte[] file);
}

/// <summary>What a customer said or did.</summary>
/// <param name="Id">The external id of its contact.</param>
/// <param name="Call">How the provider tells of it; null where it tells of nothing by itself.</param>
internal sealed record Utterance(string Id, HookCall? Call);

/// <summary>A call of a provider, signed as it signs. Journeys are no signature tests: those use the provider's own library.</summary>
/// <param name="Path">From <c>/api/hooks/</c> on.</param>
/// <param name="Body">To the byte.</param>
/// <param name="Headers">With the signature.</param>
internal sealed record HookCall(string Path, byte[] Body, params (string Name, string Value)[] Headers);

/// <summary>All voices, and steps with them.</summary>
internal static class SimulatorSteps
{
    /// <summary>Starts a voice and its double.</summary>
    public static async Task<IProviderSimulator> StartAsync(string name, FakeTime time) => name switch
    {
        "email" => await EmailSimulator.StartAsync(time),
        "messenger" or "instagram" or "page-comment" => await MetaSimulator.StartAsync(name, time),
        "x-post" or "x-message" => await XSimulator.StartAsync(name == "x-post", time),
        "telegram-bot" or "telegram-business" => await TelegramSimulator.StartAsync(name == "telegram-business", time),
        "discourse" => await DiscourseSimulator.StartAsync(time),
        "twilio" => await TwilioSimulator.StartAsync(time),
        "vonage-message" or "vonage-call" => await VonageSimulator.StartAsync(name == "vonage-call", time),
        "sipgate-message" or "sipgate-call" => await SipgateSimulator.StartAsync(name == "sipgate-call", time),
        "acs" => await AcsSimulator.StartAsync(time),
        "placetel" => await PlacetelSimulator.StartAsync(),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such voice."),
    };

    /// <summary>A world in which the voice is heard. Its second look has begun.</summary>
    public static async Task<TestApp> WorldAsync(this AzuriteFixture azurite, IProviderSimulator voice, FakeTime time)
    {
        var world = await TestApp.StartAsync(azurite.OwnAccount(), null, time,
            [($"Channels__{voice.Channel}__Enabled", "true"), .. voice.Settings]);
        Assert.True(await world.TickAsync());
        time.Advance(TimeSpan.FromMinutes(1));
        return world;
    }

    /// <summary>The provider calls; gives the delivery's id.</summary>
    public static async Task<string> TakeAsync(this TestApp world, HookCall call)
    {
        using var answer = await world.SendAsync("POST", call.Path, call.Headers.Select(h => KeyValuePair.Create(h.Name, h.Value)),
            call.Body);
        Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Accepted or HttpStatusCode.NoContent,
            $"{call.Path}: {answer.StatusCode}");
        return answer.Headers.GetValues("X-Delivery-Id").Single();
    }

    /// <summary>The next look at everything a provider holds, and all that follows from it.</summary>
    public static async Task LookAsync(this TestApp world)
    {
        world.Time.Advance(TimeSpan.FromMinutes(16));
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync(bus: false));
    }

    /// <summary>What the provider tells is told and worked; where it tells of nothing by itself, it is looked for. How the delivery ended;
    /// null without one.</summary>
    public static async Task<string?> HearAsync(this TestApp world, IProviderSimulator voice, HookCall? call)
    {
        if (call is null)
        {
            await world.LookAsync();
            return null;
        }

        var delivery = await world.TakeAsync(call);
        Assert.Equal(0, await world.DrainAsync(bus: false));
        return await world.EndOfAsync(delivery, voice.Channel);
    }
}
