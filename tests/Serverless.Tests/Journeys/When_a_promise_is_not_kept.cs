using Azure;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Platform.Storage;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>The promised time passes without an answer: it is told, once a step, until somebody answers or closes.</summary>
public sealed class When_a_promise_is_not_kept(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Overdue = "serverless.case.overdue.v1";

    [Fact]
    public async Task It_is_told_once_a_step_and_no_more_after_the_last()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Cases__EscalateMinutes", "60,240"),
            ("ServiceLevels__DefaultMinutes", "120"));
        await ArriveAsync(world, MetaCall.Messages(From(world, "m-1", "Wo bleibt mein Paket?")));
        await TickAsync(world);
        Assert.Equal(0, Times(world));
        foreach (var (minutes, told) in new[] { (119, 0), (2, 1), (30, 1), (30, 2), (200, 2), (40, 3), (3000, 3) })
        {
            world.Time.Advance(TimeSpan.FromMinutes(minutes));
            await TickAsync(world);
            await TickAsync(world);
            Assert.Equal(told, Times(world));
        }

        Assert.Equal("3", (await world.OnlyCaseAsync()).Head("overdue"));
    }

    [Fact]
    public async Task An_answer_stops_the_clock_and_a_further_contact_starts_it_anew()
    {
        await using var world = await TestApp.StartAsync(azurite, ("ServiceLevels__DefaultMinutes", "120"));
        await ArriveAsync(world, MetaCall.Messages(From(world, "m-1", "Hallo?")));
        world.Time.Advance(TimeSpan.FromMinutes(60));
        await ArriveAsync(world, MetaCall.Echo(From(world, "m-2", "Wir sind dran.")));
        world.Time.Advance(TimeSpan.FromMinutes(90));
        await TickAsync(world);
        Assert.Equal(0, Times(world));

        await ArriveAsync(world, MetaCall.Messages(From(world, "m-3", "Und jetzt?")));
        world.Time.Advance(TimeSpan.FromMinutes(119));
        await TickAsync(world);
        Assert.Equal(0, Times(world));
        world.Time.Advance(TimeSpan.FromMinutes(2));
        await TickAsync(world);
        Assert.Equal(1, Times(world));

        var id = (await world.OnlyCaseAsync()).CaseId();
        await world.CloseAsync(id);
        world.Time.Advance(TimeSpan.FromMinutes(500));
        await TickAsync(world);
        Assert.Equal(1, Times(world));
    }

    [Fact]
    public async Task Two_instances_at_once_tell_it_once()
    {
        await using var world = await TestApp.StartAsync(azurite, ("ServiceLevels__DefaultMinutes", "120"));
        await ArriveAsync(world, MetaCall.Messages(From(world, "m-1", "Hallo?")));
        world.Time.Advance(TimeSpan.FromMinutes(121));
        await Task.WhenAll(TickAsync(world), TickAsync(world), TickAsync(world));
        await TickAsync(world);
        Assert.Equal(1, Times(world));
    }

    [Fact]
    public async Task A_case_that_cannot_be_looked_at_stops_none_behind_it_and_is_named()
    {
        await using var world = await TestApp.StartAsync(azurite, ("ServiceLevels__DefaultMinutes", "120"));
        List<string> ids = [];
        foreach (var number in new[] { "4915112345601", "4915112345602", "4915112345603" })
        {
            await ArriveAsync(world, MetaCall.Messages(new MetaSaid($"m-{number}", number, "Hallo?", world.Time.GetUtcNow())));
            ids.Add((await world.CasesAsync()).Select(c => c.CaseId()).Single(id => !ids.Contains(id)));
            world.Time.Advance(TimeSpan.FromSeconds(1));
        }

        var broken = new TableRow(ids[0], "head") { ["HandOver"] = "no JSON" };
        await world.Services.GetRequiredService<TableStore>().MergeAsync("cases", broken, ETag.All, CancellationToken.None);
        world.Time.Advance(TimeSpan.FromMinutes(121));
        Assert.False(await world.TickAsync());
        Assert.Equal(ids[1..].Order(StringComparer.Ordinal), world.Told().Where(t => t.Type == Overdue).Select(t => t.CaseId)
            .Order(StringComparer.Ordinal));
        Assert.Contains(world.Log.Lines, l => l.Contains($"clock {ids[0]} failed", StringComparison.Ordinal));
        Assert.Contains(world.Log.Lines, l => l.Contains("clocks failed count=1 of=3", StringComparison.Ordinal));
    }

    private static int Times(TestApp world) => world.Told().Count(t => t.Type == Overdue);

    private static async Task TickAsync(TestApp world) => Assert.True(await world.TickAsync());

    private static async Task ArriveAsync(TestApp world, byte[] body)
    {
        Assert.True(await world.WorkAsync(await world.AcceptAsync(body)));
    }

    private static MetaSaid From(TestApp world, string id, string text) => new(id, "4915112345678", text, world.Time.GetUtcNow());
}
