using Serverless.Tests.Channels.Meta;
using Serverless.Tests.Channels.Twilio;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Replies by real providers' languages, through the whole app: out to the provider's API, and what comes back by webhook is
/// recognised.</summary>
public sealed class When_our_reply_comes_back(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task WhatsApp_tells_that_it_was_read_and_the_clock_has_stopped()
    {
        await using var api = await MetaApi.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, ("Channels__Meta__ApiUrl", api.Address),
            ("Channels__Meta__AccessToken", MetaApi.Token));
        var at = world.Time.GetUtcNow();
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.asks", "493023125017", "Frage", at)));
        await world.DrainAsync(bus: false);
        world.Time.Advance(TimeSpan.FromMinutes(1));
        var id = (await world.OnlyCaseAsync()).CaseId();
        var reply = await world.WriteAsync(id);
        Assert.Equal(0, await world.DrainAsync(bus: false));
        var sent = Assert.Single(api.Sent);
        Assert.Equal("309911223344556/messages", sent.Path);

        // The phone app shows it to Meta's other listeners as an echo; then the statuses come.
        var echo = await world.AcceptAsync(MetaCall.Echo(new MetaSaid("wamid.ours-1", "493023125017", "Antwort", world.Time.GetUtcNow())));
        var read = await world.AcceptAsync(MetaCall.Status("wamid.ours-1", "read", world.Time.GetUtcNow(), reply));
        var delivered = await world.AcceptAsync(MetaCall.Status("wamid.ours-1", "delivered", world.Time.GetUtcNow(), reply));
        Assert.Equal(0, await world.DrainAsync(bus: false));
        Assert.Equal(["ended: duplicate", "ended: updated", "ended: updated"],
            [await world.EndOfAsync(echo), await world.EndOfAsync(read), await world.EndOfAsync(delivered)]);
        Assert.Equal("read", await world.StateOfAsync(id, reply));
        var file = await world.CaseAsync(id);
        Assert.Equal(["Frage", "Antwort"], file.Texts());
        Assert.Equal("", file.Head("dueAt"));
    }

    [Fact]
    public async Task An_SMS_whose_connection_broke_is_uncertain_until_its_callback_comes()
    {
        await using var api = await TwilioApi.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, ("Channels__Twilio__ApiUrl", api.Address));
        await SendAsync(world, "messages", ("AccountSid", "AC1"), ("MessageSid", "SM-in"), ("From", "+4915125550142"),
            ("To", "+493023125200"), ("Body", "Frage"), ("NumMedia", "0"));
        var id = (await world.OnlyCaseAsync()).CaseId();
        var reply = await world.WriteAsync(id);
        api.Cuts = true;
        Assert.Equal(0, await world.DrainAsync(bus: false));
        Assert.Equal("uncertain: unreachable", await world.StateOfAsync(id, reply));

        world.Time.Advance(TimeSpan.FromMinutes(1));
        await SendAsync(world, $"messages/status?reply={reply}", ("AccountSid", "AC1"), ("MessageSid", "SM-out"),
            ("MessageStatus", "delivered"), ("From", "+493023125200"), ("To", "+4915125550142"));
        Assert.Equal("delivered", await world.StateOfAsync(id, reply));
        Assert.Equal(["Frage", "Antwort"], (await world.CaseAsync(id)).Texts());
        Assert.Single(api.Calls);
    }

    private static async Task SendAsync(TestApp world, string door, params (string Name, string Value)[] form)
    {
        await world.TakeAsync(TwilioSimulator.Call(door, form));
        Assert.Equal(0, await world.DrainAsync(bus: false));
    }

    [Theory]
    [InlineData("email", "ended: duplicate")]
    [InlineData("messenger", "ended: duplicate")]
    [InlineData("instagram", "ended: duplicate")]
    [InlineData("page-comment", "ended: duplicate")]
    [InlineData("x-post", "ended: duplicate")]
    [InlineData("x-message", "ended: duplicate")]
    [InlineData("telegram-business", "ended: duplicate")]
    [InlineData("telegram-bot", null)]
    [InlineData("discourse", "ended: duplicate")]
    [InlineData("twilio", "ended: updated")]
    [InlineData("vonage-message", "ended: updated")]
    [InlineData("acs", "ended: updated")]
    [InlineData("sipgate-message", null)]
    [InlineData("placetel", null)]
    public async Task It_stands_in_its_case_once_and_the_clock_has_stopped(string way, string? end)
    {
        var time = new FakeTime();
        await using var voice = await SimulatorSteps.StartAsync(way, time);
        await using var world = await azurite.WorldAsync(voice, time);
        var asked = await world.HearAsync(voice, voice.Ask(1, 0).Call);
        Assert.Equal(way == "sipgate-message" ? null : "ended: case", asked);
        var id = (await world.OnlyCaseAsync()).CaseId();
        Assert.NotEqual("", (await world.CaseAsync(id)).Head("dueAt"));

        time.Advance(TimeSpan.FromMinutes(1));
        var reply = await world.WriteAsync(id);
        Assert.Equal(0, await world.DrainAsync(bus: false));
        Assert.Equal(1, voice.Sent);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(end, await world.HearAsync(voice, voice.Echo(reply)));
        // The provider lists it as well, where it has a list.
        await world.LookAsync();

        var file = await world.OnlyCaseAsync();
        Assert.Equal(id, file.CaseId());
        Assert.Equal([way == "placetel" ? null : "Frage", "Antwort"], file.Texts());
        Assert.Equal("outbound", file.GetProperty("contacts")[1].GetProperty("contact").GetProperty("direction").GetString());
        Assert.Equal("", file.Head("waitingSince"));
        // A missed call is owed a talk: a text does not keep that promise.
        Assert.Equal(way == "placetel", file.Head("dueAt").Length > 0);
        Assert.Equal(end == "ended: updated" ? "delivered" : "sent", await world.StateOfAsync(id, reply));
        Assert.Equal(1, voice.Sent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_whose_connection_broke_went_out_once_its_echo_shows_it(bool overtakes)
    {
        var time = new FakeTime();
        await using var voice = await MetaSimulator.StartAsync("messenger", time);
        await using var world = await azurite.WorldAsync(voice, time);
        await world.HearAsync(voice, voice.Ask(1, 0).Call);
        var id = (await world.OnlyCaseAsync()).CaseId();
        time.Advance(TimeSpan.FromMinutes(1));
        var reply = await world.WriteAsync(id);
        voice.Api.Cuts = true;
        if (overtakes) Assert.True(await world.WorkAsync(await world.TakeAsync(voice.Echo(reply)!)));
        Assert.Equal(0, await world.DrainAsync(bus: false));
        Assert.Equal(overtakes ? "sent" : "uncertain: unreachable", await world.StateOfAsync(id, reply));
        voice.Api.Cuts = false;

        if (!overtakes) Assert.Equal("ended: outbound", await world.HearAsync(voice, voice.Echo(reply)));
        await AssertSettledAsync(world, id, reply);
        Assert.Equal(overtakes ? 0 : 1, world.Told().Count(t => t.Type == "serverless.reply.failed.v1"));
    }

    [Fact]
    public async Task An_SMS_whose_connection_broke_went_out_once_the_second_look_finds_it()
    {
        var time = new FakeTime();
        await using var voice = await TwilioSimulator.StartAsync(time);
        await using var world = await azurite.WorldAsync(voice, time);
        await world.HearAsync(voice, voice.Ask(1, 0).Call);
        var id = (await world.OnlyCaseAsync()).CaseId();
        var reply = await world.WriteAsync(id);
        voice.Api.Cuts = true;
        Assert.Equal(0, await world.DrainAsync(bus: false));
        voice.Api.Cuts = false;
        voice.Echo(reply);
        await world.LookAsync();
        await AssertSettledAsync(world, id, reply);
    }

    private static async Task AssertSettledAsync(TestApp world, string caseId, string reply)
    {
        Assert.Equal("sent", await world.StateOfAsync(caseId, reply));
        var file = await world.OnlyCaseAsync();
        Assert.Equal(["Frage", "Antwort"], file.Texts());
        Assert.Equal("", file.Head("dueAt"));
    }
}
