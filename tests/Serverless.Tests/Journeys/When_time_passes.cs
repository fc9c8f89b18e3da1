using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Intake;
using Serverless.Platform.Storage;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Nothing is kept for longer than the settings say, and nothing goes before.</summary>
public sealed class When_time_passes(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static Task<bool> DailyAsync(TestApp world) =>
        world.InvokeAsync("Daily", "timer", new System.Text.Json.Nodes.JsonObject { ["IsPastDue"] = false });

    private static async Task<string> SayAsync(TestApp world, string id)
    {
        var delivery = await world.AcceptAsync(MetaCall.Messages(new MetaSaid(id, "493023125017", "Hallo", world.Time.GetUtcNow())));
        await world.DrainAsync();
        return delivery;
    }

    private static async Task<bool> IsThereAsync(TestApp world, string delivery) =>
        await world.Services.GetRequiredService<DeliveryStore>()
        .FindAsync(new DeliveryKey("meta", delivery), CancellationToken.None) is not null;

    [Fact]
    public async Task A_month_of_deliveries_goes_once_its_youngest_is_old_enough()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var november = await SayAsync(world, "wamid.november");
        world.Time.Set(new DateTimeOffset(2027, 2, 28, 3, 17, 0, TimeSpan.Zero));
        Assert.True(await DailyAsync(world));
        Assert.True(await IsThereAsync(world, november));

        world.Time.Set(new DateTimeOffset(2027, 3, 1, 3, 17, 0, TimeSpan.Zero));
        var march = await SayAsync(world, "wamid.march");
        Assert.True(await DailyAsync(world));
        Assert.False(await IsThereAsync(world, november));
        Assert.True(await IsThereAsync(world, march));
        // The case has its own copy.
        Assert.Equal(2, (await world.OnlyCaseAsync()).Texts().Count);
        Assert.Contains("retention dropped deliveries202611", world.Log.Lines);

        // A day on which no month ends.
        var before = world.Calls.Storage;
        Assert.True(await DailyAsync(world));
        Assert.InRange(world.Calls.Storage - before, 1, 40);
    }

    [Fact]
    public async Task A_month_that_holds_a_delivery_nobody_worked_stays()
    {
        await using var world = await TestApp.StartAsync(azurite);
        Assert.True(await world.TickAsync());
        world.Set(("Channels__Meta__Paused", "true"));
        var paused = await SayAsync(world, "wamid.paused");
        world.Time.Set(new DateTimeOffset(2026, 12, 10, 3, 17, 0, TimeSpan.Zero));
        Assert.True(await DailyAsync(world));
        world.Time.Set(new DateTimeOffset(2027, 4, 1, 3, 17, 0, TimeSpan.Zero));
        Assert.True(await DailyAsync(world));
        Assert.True(await IsThereAsync(world, paused));
        Assert.Contains(world.Log.Lines, l => l.StartsWith("retention keeps deliveries202611", StringComparison.Ordinal));

        world.Set(("Channels__Meta__Paused", "false"));
        Assert.True(await world.TickAsync());
        await world.DrainAsync();
        Assert.Equal("Hallo", Assert.Single((await world.OnlyCaseAsync()).Texts()));
        Assert.True(await world.TickAsync());
        Assert.True(await DailyAsync(world));
        Assert.False(await IsThereAsync(world, paused));
    }

    [Fact]
    public async Task A_closed_case_goes_six_years_after_the_end_of_its_year()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Cases__ReopenDays", "365"));
        await SayAsync(world, "wamid.1");
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.other", "493023125018", "Moin", world.Time.GetUtcNow())));
        await world.DrainAsync();
        var files = await world.CasesAsync();
        foreach (var file in files) await world.CloseAsync(file.CaseId());
        // One is opened again and closed a year later.
        world.Time.Set(new DateTimeOffset(2027, 6, 1, 9, 0, 0, TimeSpan.Zero));
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.again", "493023125018", "Moin", world.Time.GetUtcNow())));
        await world.DrainAsync();
        var again = (await world.OnlyCaseAsync()).CaseId();
        await world.CloseAsync(again);
        await world.DrainAsync();

        world.Time.Set(new DateTimeOffset(2032, 12, 31, 3, 17, 0, TimeSpan.Zero));
        Assert.True(await DailyAsync(world));
        Assert.NotEmpty(await world.FindAsync("Hallo"));
        world.Time.Set(new DateTimeOffset(2033, 1, 1, 3, 17, 0, TimeSpan.Zero));
        Assert.True(await DailyAsync(world));
        Assert.Equal([], await world.FindAsync("Hallo", "493023125017"));
        Assert.Equal(again, (await world.CaseAsync(again)).CaseId());
        Assert.Single(world.Told());
        for (var tick = 0; tick < 2; tick++)
        {
            world.Time.Advance(TimeSpan.FromMinutes(11));
            Assert.True(await world.TickAsync());
        }

        Assert.Empty((await world.GetAsync("/api/operations/privacy")).EnumerateArray());
        world.Time.Set(new DateTimeOffset(2034, 1, 1, 3, 17, 0, TimeSpan.Zero));
        Assert.True(await DailyAsync(world));
        Assert.Equal([], await world.FindAsync("Moin"));
    }

    [Fact]
    public async Task Rows_of_logs_go_at_their_age_and_not_before()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Recipients__Entries__workshop__Email", "workshop@example.com"),
            ("Retention__NoticeDays", "30"), ("Retention__ActionMonths", "12"));
        var tables = world.Services.GetRequiredService<TableStore>();
        var now = world.Time.GetUtcNow();
        string Day(int ago) => now.AddDays(-ago).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        (string Table, string Partition, string Row, DateTimeOffset At, bool Goes)[] rows =
        [
            ("notices", $"{Day(31)}|f", "old", now, true), ("notices", $"{Day(29)}|0", "young", now, false),
            ("notices", "off|webhook", "crm", now.AddYears(-5), false),
            ("actions", "202510", "old", now, true), ("actions", "202511", "young", now, false),
            ("links", "_-hash", "used", now.AddDays(-92), true), ("links", "hash", "used", now.AddDays(-90), false),
            ("poison", "inbound", "old", now.AddMonths(-13), true), ("poison", "inbound", "young", now.AddMonths(-11), false),
            ("recipients", "choices", "gone", now.AddMonths(-13), true), ("recipients", "choices", "workshop", now.AddMonths(-13), false),
            ("recipients", "choices", "left", now, false),
        ];
        foreach (var (table, partition, row, at, _) in rows)
            await tables.InsertAsync(table, new TableRow(partition, row) { ["At"] = at, ["KeptAt"] = at }, CancellationToken.None);
        for (var i = 0; i < 120; i++) await tables.InsertAsync("notices", new TableRow($"{Day(40)}|3", $"{i:d4}"), CancellationToken.None);

        Assert.True(await DailyAsync(world));
        foreach (var (table, partition, row, _, goes) in rows)
            Assert.True(goes == await tables.GetAsync(table, partition, row, CancellationToken.None) is null, $"{table} {partition} {row}");
        Assert.Contains("retention notices gone=121 all=True", world.Log.Lines);
    }

    [Fact]
    public async Task Counters_go_by_when_they_were_written()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var tables = world.Services.GetRequiredService<TableStore>();
        // The service notes the machine's own time, which the test's clock is far ahead of.
        await tables.InsertAsync("notices", new TableRow("receipts|0123|20261120", "case|receipt"), CancellationToken.None);
        await tables.InsertAsync("notices", new TableRow("burst|0123|8", "n|event"), CancellationToken.None);
        world.Time.Set(TimeProvider.System.GetUtcNow().AddDays(3));
        Assert.True(await DailyAsync(world));
        Assert.Null(await tables.GetAsync("notices", "receipts|0123|20261120", "case|receipt", CancellationToken.None));
        Assert.NotNull(await tables.GetAsync("notices", "burst|0123|8", "n|event", CancellationToken.None));
        world.Time.Advance(TimeSpan.FromDays(90));
        Assert.True(await DailyAsync(world));
        Assert.Null(await tables.GetAsync("notices", "burst|0123|8", "n|event", CancellationToken.None));
    }
}
