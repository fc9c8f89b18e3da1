using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Notifications;
using Serverless.Platform.Storage;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>When a later try is made, and what a repetition changes.</summary>
public abstract partial class RouteConformance
{
    [Fact]
    public async Task Waits_rise_as_scheduled_never_below_and_never_twice_under_one_id()
    {
        int[] plan = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400];
        await using var down = await Subscriber.StartAsync(Subscriber.Status(500));
        await using var world = await StartAsync(Target("down", down.Address));
        await TellAsync(world);
        foreach (var (index, seconds) in plan.Index())
        {
            var message = Assert.Single(world.Later.Waiting);
            Assert.Equal((Route, "down", index + 1), (message.Route, message.Target, message.Attempt));
            Assert.InRange(SecondsUntil(world, message), seconds, (seconds * 1.2) + 1);
            Assert.Equal(message.Due.ToUnixTimeSeconds(), (await NoticeAsync(world, "down")).GetProperty("nextAt").GetDateTimeOffset()
                .ToUnixTimeSeconds(), 1.0);
            await NextAsync(world);
            Assert.Equal(index + 2, down.Told.Count);
        }

        Assert.Empty(world.Later.Waiting);
        Assert.Single(down.Told.Select(IdOf).Distinct());
    }

    [Fact]
    public async Task All_tries_used_up_is_a_kept_failure_with_every_try_listed()
    {
        await using var down = await Subscriber.StartAsync(Subscriber.Status(500));
        await using var world = await StartAsync(Target("down", down.Address), [("Notification__RetrySeconds", "1,2.5,3")]);
        await TellAsync(world);
        for (var attempt = 1; attempt <= 3; attempt++) await NextAsync(world);
        var failed = Assert.Single(await NoticesAsync(world, "&state=failed"));
        Assert.Equal(Route, failed.GetProperty("route").GetString());
        Assert.Equal(3, failed.GetProperty("attempt").GetInt32());
        Assert.False(failed.TryGetProperty("nextAt", out _));
        var tries = failed.GetProperty("tries").EnumerateArray().ToList();
        Assert.Equal(4, tries.Count);
        Assert.All(tries, t => Assert.Equal("500", t.GetProperty("reason").GetString()));
        Assert.Equal(tries.Select(t => t.GetProperty("at").GetDateTimeOffset()).Order(),
            tries.Select(t => t.GetProperty("at").GetDateTimeOffset()));
        Assert.Empty(world.Later.Waiting);
        Assert.Equal(1, (await world.SummaryAsync()).GetProperty("notices").GetProperty(Route).GetProperty("failed").GetInt32());
    }

    [Fact]
    public async Task A_wait_that_the_target_asks_for_makes_the_pause_longer_up_to_a_limit()
    {
        (string Name, string Asks, double Seconds)[] wishes =
        [
            ("seconds", "120", 120),
            ("date", (Form.At + TimeSpan.FromMinutes(10)).ToString("R", CultureInfo.InvariantCulture), 600),
            ("past", (Form.At - TimeSpan.FromMinutes(10)).ToString("R", CultureInfo.InvariantCulture), 5),
            ("zero", "0", 5),
            ("year", "31536000", 7200),
            ("century", Form.At.AddYears(100).ToString("R", CultureInfo.InvariantCulture), 7200),
            ("nonsense", "soon", 5),
        ];
        var all = await Task.WhenAll(wishes.Select((w, i) =>
            Subscriber.StartAsync(Subscriber.Status(i % 2 == 0 ? 503 : 429, ("Retry-After", w.Asks)))));
        await using var world =
            await StartAsync([[("Notification__LongestWaitHours", "2")],
                .. all.Zip(wishes, (subscriber, wish) => Target(wish.Name, subscriber.Address))]);
        await TellAsync(world);
        foreach (var wish in wishes)
        {
            var wait = SecondsUntil(world, ScheduledFor(world, wish.Name));
            Assert.True(wait >= wish.Seconds && wait <= (wish.Seconds * 1.2) + 1, $"{wish.Name}: {wait} s instead of {wish.Seconds}");
        }

        foreach (var subscriber in all) await subscriber.DisposeAsync();
    }

    [Fact]
    public async Task A_limit_on_wishes_never_cuts_the_schedule()
    {
        await using var down = await Subscriber.StartAsync(Subscriber.Status(503, ("Retry-After", "31536000")));
        await using var world = await StartAsync(Target("down", down.Address),
            [("Notification__LongestWaitHours", "1"), ("Notification__RetrySeconds", "36000")]);
        await TellAsync(world);
        Assert.InRange(SecondsUntil(world, ScheduledFor(world, "down")), 36000, (36000 * 1.2) + 1);
    }

    [Fact]
    public async Task A_message_delivered_again_after_success_does_not_tell_again_by_any_instance()
    {
        await using var well = await Subscriber.StartAsync();
        var (account, time) = (azurite.OwnAccount(), new FakeTime());
        await using var one = await StartAsync(account, null, time, Target("well", well.Address));
        await using var other = await StartAsync(account, one.Broker, time, Target("well", well.Address));
        await ArriveAsync(one, Form);
        var message = Assert.Single(await TakeAsync(one));
        Assert.True(await WorkAsync(one, message));
        Assert.True(await WorkAsync(one, message));
        Assert.True(await WorkAsync(other, message));
        Assert.Single(well.Told);
        Assert.Equal("delivered:204", await StandAsync(other, "well"));
    }

    [Fact]
    public async Task Two_instances_with_one_message_make_one_try_and_one_later_one()
    {
        await using var down = await Subscriber.StartAsync(Subscriber.Status(503));
        var (account, time) = (azurite.OwnAccount(), new FakeTime());
        await using var one = await StartAsync(account, null, time, Target("down", down.Address));
        await using var other = await StartAsync(account, one.Broker, time, Target("down", down.Address));
        await ArriveAsync(one, Form);
        var message = Assert.Single(await TakeAsync(one));
        Assert.All(await Task.WhenAll(WorkAsync(one, message), WorkAsync(other, message)), Assert.True);
        Assert.Single(down.Told);
        Assert.Single(one.Later.Waiting, m => m.Attempt == 1);
        // Who came second looks again when the first must be done.
        Assert.All(one.Later.Waiting.Where(m => m.Attempt == 0), m => Assert.Equal(600, SecondsUntil(one, m), 1.0));
        Assert.Equal("waiting:503", await StandAsync(one, "down"));

        down.Answer = Subscriber.Status(200);
        await other.PassAsync(time.GetUtcNow().AddMinutes(11));
        Assert.Equal("delivered:200", await StandAsync(one, "down"));
        Assert.Equal(2, down.Told.Count);
        Assert.Single(down.Told.Select(IdOf).Distinct());
        Assert.Empty(one.Later.Waiting);
    }

    [Fact]
    public async Task A_crash_between_the_later_message_and_the_note_repeats_the_try_under_its_id_and_makes_each_later_one_once()
    {
        await using var down = await Subscriber.StartAsync(Subscriber.Status(503));
        await using var world = await StartAsync(Target("down", down.Address));
        await ArriveAsync(world, Form);
        var message = Assert.Single(await TakeAsync(world));
        Assert.True(await WorkAsync(world, message));
        await ForgetNoteAsync(world);
        // The host delivers it again.
        Assert.True(await WorkAsync(world, message));
        Assert.Single(down.Told);

        await world.PassAsync(world.Time.GetUtcNow().AddMinutes(11));
        Assert.InRange(down.Told.Count, 2, 3);
        Assert.Single(down.Told.Select(IdOf).Distinct());
        Assert.Equal(2, Assert.Single(world.Later.Waiting).Attempt);
    }

    [Fact]
    public async Task An_instance_that_dies_between_telling_and_its_note_is_followed_by_one_that_tells_again_under_the_same_id()
    {
        await using var well = await Subscriber.StartAsync();
        await using var living = await StartAsync(Target("well", well.Address));
        using var gate = new StepGate();
        await using var doomed =
            await living.TwinAsync([.. Target("well", well.Address), ("AzureWebJobsStorage", gate.Through(living.ConnectionString))]);
        await ArriveAsync(living, Form);
        var message = Assert.Single(await TakeAsync(living));
        well.Answer = context =>
        {
            gate.DieAfter(0);
            return Subscriber.Status(204)(context);
        };
        var work = WorkAsync(doomed, message);
        await gate.Died.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Single(well.Told);
        Assert.Equal("sending:sending", await StandAsync(living, "well"));
        well.Answer = Subscriber.Status(204);

        // Nobody has deleted its message: whoever gets it waits until the claim of the dead has run out.
        Assert.True(await WorkAsync(living, message));
        Assert.Single(well.Told);
        await NextAsync(living);
        Assert.Equal(2, well.Told.Count);
        Assert.Single(well.Told.Select(IdOf).Distinct());
        Assert.Equal("delivered:204", await StandAsync(living, "well"));
        gate.Dispose();
        await work;
    }

    [Fact]
    public async Task While_tables_are_down_a_notice_waits_in_its_queue_and_is_told_afterwards()
    {
        await using var subscriber = await Subscriber.StartAsync();
        await using var world = await StartAsync(Target("well", subscriber.Address));
        subscriber.Answer = context =>
        {
            world.Gate.ShutTables();
            return Subscriber.Status(204)(context);
        };
        await ArriveAsync(world, Form);
        Assert.Equal(0, await world.DrainAsync(queue: false));
        var first = Assert.Single(world.Later.Waiting);
        Assert.Equal((null, 0, 1), (first.Target, first.Attempt, first.Postponed));

        world.Time.Set(first.Due);
        Assert.Equal(0, await world.DrainAsync(queue: false));
        var again = Assert.Single(world.Later.Waiting);
        Assert.Equal((null, 0, 2), (again.Target, again.Attempt, again.Postponed));
        Assert.InRange(SecondsUntil(world, again), 30, 37);

        // The try that could not be noted is claimed still.
        world.Gate.Reopen();
        subscriber.Answer = Subscriber.Status(204);
        await NextAsync(world);
        Assert.Single(subscriber.Told);
        await NextAsync(world);
        Assert.Equal("delivered:204", await StandAsync(world, "well"));
        Assert.Equal(2, subscriber.Told.Count);
        Assert.Single(subscriber.Told.Select(IdOf).Distinct());
    }

    [Fact]
    public async Task A_first_try_after_four_days_tells_nobody_and_can_be_sent_again()
    {
        await using var subscriber = await Subscriber.StartAsync();
        await using var world = await StartAsync(Target("late", subscriber.Address));
        await ArriveAsync(world, Form);
        world.Time.Advance(NotificationSender.Expires + TimeSpan.FromMinutes(1));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Empty(subscriber.Told);
        Assert.Equal("failed:expired", await StandAsync(world, "late"));

        var id = (await NoticeAsync(world, "late")).GetProperty("eventId").GetString();
        Assert.Equal(1, (await world.ReviewAsync("notices/resend", new JsonObject { ["event"] = id })).GetProperty("sent").GetInt32());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Single(subscriber.Told);
    }

    [Fact]
    public async Task What_comes_before_its_time_is_put_back_and_no_try_is_counted()
    {
        await using var down = await Subscriber.StartAsync(Subscriber.Status(503, ("Retry-After", "86400")));
        await using var world = await StartAsync(Target("down", down.Address));
        await TellAsync(world);
        var later = Assert.Single(world.Later.Waiting);
        Assert.True(await WorkAsync(world, later.Text));
        Assert.Single(down.Told);
        Assert.All(world.Later.Waiting, m => Assert.Equal((1, later.Due), (m.Attempt, m.Due)));
        Assert.Equal(2, world.Later.Waiting.Count);
    }

    // What a process leaves behind that died before its note.
    private static async Task ForgetNoteAsync(TestApp world)
    {
        var tables = world.Services.GetRequiredService<TableStore>();
        for (var shard = 0; shard < 16; shard++)
        {
            await foreach (var row in tables.QueryAllAsync("notices", TableQuery.Partition($"20261120|{shard:x1}"), CancellationToken.None))
            {
                var claim = new TableRow(row.PartitionKey, row.RowKey) { ["State"] = NotificationState.Sending,
                    ["ClaimedUntil"] = world.Time.GetUtcNow() + TimeSpan.FromMinutes(10), ["ClaimedBy"] = "the dead" };
                await tables.MergeAsync("notices", claim, row.ETag, CancellationToken.None);
            }
        }
    }

    private static async Task EraseAsync(TestApp world, string caseId)
    {
        var tables = world.Services.GetRequiredService<TableStore>();
        await foreach (var row in tables.QueryAllAsync("cases", TableQuery.Partition(caseId), CancellationToken.None))
            await tables.DeleteAsync("cases", row.PartitionKey, row.RowKey, row.ETag, CancellationToken.None);
    }
}
