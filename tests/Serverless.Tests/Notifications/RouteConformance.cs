using System.Net;
using System.Net.Sockets;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>What every route promises (P8, P13), acted through the world: a contact arrives, the bus is drained, somebody real
/// listens.</summary>
public abstract partial class RouteConformance(AzuriteFixture azurite)
{
    [Fact]
    public async Task Any_2xx_is_delivered_and_told_once()
    {
        await using var ok = await Subscriber.StartAsync(Subscriber.Status(200));
        await using var accepted = await Subscriber.StartAsync(Subscriber.Status(202));
        await using var empty = await Subscriber.StartAsync(Subscriber.Status(204));
        await using var flood = await Subscriber.StartAsync(Subscriber.Flood);
        await using var drip = await Subscriber.StartAsync(Subscriber.Drip);
        Subscriber[] all = [ok, accepted, empty, flood, drip];
        await using var world = await StartAsync([.. all.Select((s, i) => Target($"t{i}", s.Address))]);
        await TellAsync(world);
        foreach (var (index, subscriber) in all.Index())
        {
            Assert.Single(subscriber.Told);
            Assert.StartsWith("delivered:20", await StandAsync(world, $"t{index}"), StringComparison.Ordinal);
        }

        Assert.Empty(world.Later.Waiting);
        Assert.Equal(all.Length, (await world.SummaryAsync()).GetProperty("notices").GetProperty(Route).GetProperty("delivered")
            .GetInt32());
    }

    [Fact]
    public async Task Any_other_answer_is_tried_again_and_a_redirect_is_not_followed()
    {
        int[] statuses = [301, 302, 307, 400, 401, 404, 429, 500, 503];
        await using var elsewhere = await Subscriber.StartAsync();
        var all = await Task.WhenAll(statuses.Select(s =>
            Subscriber.StartAsync(Subscriber.Status(s, ("Location", elsewhere.Address.ToString())))));
        await using var world = await StartAsync([.. all.Zip(statuses, (subscriber, status) => Target($"t{status}", subscriber.Address))]);
        await TellAsync(world);
        foreach (var (subscriber, status) in all.Zip(statuses))
        {
            Assert.Single(subscriber.Told);
            Assert.Equal($"waiting:{status}", await StandAsync(world, $"t{status}"));
            subscriber.Answer = Subscriber.Status(204);
        }

        world.Time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(0, await world.DrainAsync());
        foreach (var (subscriber, status) in all.Zip(statuses))
        {
            Assert.Equal(2, subscriber.Told.Count);
            Assert.Single(subscriber.Told.Select(IdOf).Distinct());
            Assert.Equal("delivered:204", await StandAsync(world, $"t{status}"));
            await subscriber.DisposeAsync();
        }

        Assert.Empty(elsewhere.Told);
    }

    [Fact]
    public async Task A_target_that_cuts_or_refuses_the_connection_is_tried_again_and_costs_the_other_nothing()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        await using var cuts = await Subscriber.StartAsync(Subscriber.Cut);
        await using var well = await Subscriber.StartAsync();
        await using var world = await StartAsync(Target("closed", new Uri($"http://127.0.0.1:{port}/")), Target("cuts", cuts.Address),
            Target("well", well.Address));
        await TellAsync(world);
        Assert.StartsWith("waiting:", await StandAsync(world, "closed"), StringComparison.Ordinal);
        Assert.StartsWith("waiting:", await StandAsync(world, "cuts"), StringComparison.Ordinal);
        Assert.Equal("delivered:204", await StandAsync(world, "well"));

        // A later try goes to the failing targets only.
        Assert.Equal(["closed", "cuts"], world.Later.Waiting.Select(m => m.Target).Order(StringComparer.Ordinal));
        cuts.Answer = Subscriber.Status(200);
        world.Time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("delivered:200", await StandAsync(world, "cuts"));
        Assert.Single(well.Told);
    }

    [Fact]
    public async Task A_target_that_hangs_is_left_after_the_timeout_and_costs_the_other_nothing()
    {
        await using var hangs = await Subscriber.StartAsync(Subscriber.Hang);
        await using var well = await Subscriber.StartAsync();
        await using var world = await StartAsync(Target("hangs", hangs.Address), Target("well", well.Address));
        await ArriveAsync(world, Form);
        var working = world.DrainAsync();
        await hangs.ReachedAsync();
        await EventuallyAsync(async () => (await NoticesAsync(world, "&state=delivered")).Count == 1);
        Assert.Equal("sending:sending", await StandAsync(world, "hangs"));
        Assert.Equal("delivered:204", await StandAsync(world, "well"));
        Assert.False(working.IsCompleted);

        world.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(0, await working);
        Assert.Equal("waiting:timeout", await StandAsync(world, "hangs"));
        Assert.Equal(20_000, (await NoticeAsync(world, "hangs")).GetProperty("tries")[0].GetProperty("milliseconds").GetInt32());
        Assert.Equal("hangs", Assert.Single(world.Later.Waiting).Target);
    }

    [Fact]
    public async Task A_target_that_hung_holds_two_places_at_most_until_it_answers_in_time()
    {
        await using var hangs = await Subscriber.StartAsync(Subscriber.Hang);
        await using var world = await StartAsync(Target("hangs", hangs.Address));
        string[] seeds = ["generic/01-web-form-with-umlauts", "generic/02-app-message-with-emoji", "meta/03-messenger-german-umlauts",
            "meta/13-page-comment-complaint"];
        foreach (var seed in seeds) await ArriveAsync(world, Find(seed));
        var messages = await TakeAsync(world);
        Assert.Equal(4, messages.Count);

        var first = WorkAsync(world, messages[0]);
        await hangs.ReachedAsync();
        world.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.True(await first);

        var held = messages[1..3].Select(m => WorkAsync(world, m)).ToList();
        await hangs.ReachedAsync();
        await hangs.ReachedAsync();
        Assert.True(await WorkAsync(world, messages[3]));
        Assert.Equal(3, hangs.Told.Count);
        Assert.Single(await NoticesAsync(world), n => n.GetProperty("reason").GetString() == "target-hangs"
            && n.GetProperty("state").GetString() == "waiting");
        world.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.All(await Task.WhenAll(held), Assert.True);

        hangs.Answer = Subscriber.Status(204);
        world.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, await world.DrainAsync());
        Assert.All(await NoticesAsync(world), n => Assert.Equal("delivered", n.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task A_410_switches_the_target_off_until_its_address_changes()
    {
        await using var gone = await Subscriber.StartAsync(Subscriber.Status(410));
        await using var anew = await Subscriber.StartAsync();
        await using var world = await StartAsync(Target("gone", gone.Address));
        await TellAsync(world);
        Assert.Equal("failed:410", await StandAsync(world, "gone"));
        var part = (await world.GetAsync("/api/health")).GetProperty("parts").GetProperty($"route:{Route}");
        Assert.Equal("yellow", part.GetProperty("status").GetString());
        Assert.Contains("gone", Assert.Single(part.GetProperty("says").EnumerateArray()).GetString(), StringComparison.Ordinal);

        await ArriveAsync(world, Find("generic/02-app-message-with-emoji"));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Single(gone.Told);
        Assert.Single(await NoticesAsync(world, "&state=failed"), n => n.GetProperty("reason").GetString() == "switched-off-by-410");

        await SetAsync(world, Target("gone", anew.Address));
        await ArriveAsync(world, Find("meta/03-messenger-german-umlauts"));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Single(anew.Told);
        Assert.Equal("green", (await world.GetAsync("/api/health")).GetProperty("parts").GetProperty($"route:{Route}").GetProperty("status")
            .GetString());
    }

    [Fact]
    public async Task A_413_fails_for_good()
    {
        await using var small = await Subscriber.StartAsync(Subscriber.Status(413));
        await using var world = await StartAsync(Target("small", small.Address));
        await TellAsync(world);
        Assert.Equal("failed:413", await StandAsync(world, "small"));
        Assert.Empty(world.Later.Waiting);
    }

    [Fact]
    public async Task A_target_gets_only_the_events_it_wants()
    {
        await using var ends = await Subscriber.StartAsync();
        await using var cases = await Subscriber.StartAsync();
        await using var contacts = await Subscriber.StartAsync();
        await using var world = await StartAsync(
            Target("ends", ends.Address, "serverless.case.closed.v1"), Target("cases", cases.Address, "serverless.case.*"),
            Target("contacts", contacts.Address, "serverless.contact.*, serverless.credential.expiring.v1"));
        await TellAsync(world);
        Assert.Empty(ends.Told);
        Assert.Single(cases.Told);

        var id = (await world.CasesAsync()).Single().GetProperty("case").GetProperty("id").GetString();
        using var closed = await world.RawAsync(HttpMethod.Post, $"/api/cases/{id}/close", """{"cause":"unknown"}""");
        Assert.Equal(HttpStatusCode.OK, closed.StatusCode);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Single(ends.Told);
        Assert.Equal(2, cases.Told.Count);
        Assert.Empty(contacts.Told);
    }

    [Fact]
    public async Task What_was_erased_is_not_told_to_those_who_ask_for_its_words()
    {
        await using var reads = await Subscriber.StartAsync();
        await using var counts = await Subscriber.StartAsync();
        await using var world = await StartAsync(Target("reads", reads.Address), AskingForText("reads"), Target("counts", counts.Address));
        await ArriveAsync(world, Form);
        var id = (await world.CasesAsync()).Single().GetProperty("case").GetProperty("id").GetString()!;
        await EraseAsync(world, id);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Empty(reads.Told);
        Assert.Equal("void:erased", await StandAsync(world, "reads"));
        Assert.Equal("delivered:204", await StandAsync(world, "counts"));
        Assert.Empty(world.Later.Waiting);
    }
}
