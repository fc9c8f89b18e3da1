using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Somebody answers the customer with the phone app, outside this product (P16).</summary>
public sealed class When_our_own_people_answer(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Customer = "493023125017";

    private static Task<string> AskAsync(TestApp world, string id, DateTimeOffset at) =>
        SendAsync(world, MetaCall.Messages(new MetaSaid(id, Customer, id, at)));

    private static Task<string> AnswerAsync(TestApp world, string id, DateTimeOffset at) =>
        SendAsync(world, MetaCall.Echo(new MetaSaid(id, Customer, id, at)));

    private static async Task<string> SendAsync(TestApp world, byte[] body)
    {
        var delivery = await world.AcceptAsync(body);
        Assert.Equal(0, await world.DrainAsync(bus: false));
        return await world.EndOfAsync(delivery);
    }

    [Fact]
    public async Task The_clock_stops_until_the_customer_writes_again()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var at = world.Time.GetUtcNow();
        Assert.Equal("ended: case", await AskAsync(world, "wamid.asks", at));
        Assert.Equal(at.AddDays(1), DateTimeOffset.Parse((await world.OnlyCaseAsync()).Head("dueAt")));

        world.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("ended: outbound", await AnswerAsync(world, "wamid.answers", at.AddMinutes(10)));
        var answered = await world.OnlyCaseAsync();
        Assert.Equal(("", ""), (answered.Head("dueAt"), answered.Head("waitingSince")));
        Assert.Equal(["wamid.asks", "wamid.answers"], answered.Texts());
        Assert.Equal("serverless.contact.sent.v1", world.Told()[^1].Type);

        world.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("ended: joined", await AskAsync(world, "wamid.asks-again", at.AddMinutes(20)));
        Assert.Equal(at.AddMinutes(20).AddDays(1), DateTimeOffset.Parse((await world.OnlyCaseAsync()).Head("dueAt")));
    }

    [Fact]
    public async Task An_answer_to_nobody_opens_nothing()
    {
        await using var world = await TestApp.StartAsync(azurite);
        Assert.Equal("ended: outbound", await AnswerAsync(world, "wamid.answers", world.Time.GetUtcNow()));
        Assert.Empty(await world.CasesAsync());
        Assert.Empty(world.Told());
        Assert.Equal("ended: outbound", await AnswerAsync(world, "wamid.answers-more", world.Time.GetUtcNow()));
        Assert.Empty(await world.CasesAsync());
    }

    [Fact]
    public async Task An_answer_that_comes_first_waits_for_its_contact_and_has_answered_it()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var at = world.Time.GetUtcNow();
        Assert.Equal("ended: outbound", await AnswerAsync(world, "wamid.answers", at));
        Assert.Equal("ended: case", await AskAsync(world, "wamid.asks", at.AddMinutes(-5)));
        var file = await world.OnlyCaseAsync();
        Assert.Equal(["wamid.asks", "wamid.answers"], file.Texts());
        Assert.Equal("", file.Head("dueAt"));
        Assert.NotEqual("", file.Head("answeredAt"));
    }

    [Fact]
    public async Task An_older_answer_does_not_stop_the_clock_of_a_newer_question()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var at = world.Time.GetUtcNow();
        Assert.Equal("ended: outbound", await AnswerAsync(world, "wamid.notice", at.AddMinutes(-30)));
        Assert.Equal("ended: case", await AskAsync(world, "wamid.asks", at));
        Assert.NotEqual("", (await world.OnlyCaseAsync()).Head("dueAt"));
    }

    [Fact]
    public async Task An_answer_that_races_its_question_stops_the_clock_whoever_is_first()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await using var twin = await world.TwinAsync();
        var at = world.Time.GetUtcNow();
        const int Rounds = 12;
        for (var round = 0; round < Rounds; round++)
        {
            var customer = $"4930231254{round:d2}";
            var question =
                await world.AcceptAsync(MetaCall.Messages(new MetaSaid($"wamid.asks-{round}", customer, "Frage", at.AddMinutes(-5))));
            var answer = await world.AcceptAsync(MetaCall.Echo(new MetaSaid($"wamid.answers-{round}", customer, "Antwort", at)));
            Assert.All(await Task.WhenAll(world.WorkAsync(question), twin.WorkAsync(answer)), done => Assert.True(done));
            Assert.Equal("ended: case", await world.EndOfAsync(question));
            Assert.Equal("ended: outbound", await world.EndOfAsync(answer));
        }

        var cases = await world.CasesAsync();
        Assert.Equal(Rounds, cases.Count);
        Assert.All(cases, file => Assert.Equal(["Frage", "Antwort"], file.Texts()));
        Assert.All(cases, file => Assert.Equal("", file.Head("dueAt")));
    }
}
