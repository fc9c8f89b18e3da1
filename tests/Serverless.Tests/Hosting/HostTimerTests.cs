using Serverless.Local.Hosting;
using Xunit;

namespace Serverless.Tests.Hosting;

/// <summary>The timer trigger on a clock moved by hand.</summary>
public sealed class HostTimerTests
{
    private readonly ManualTime time = new(new DateTimeOffset(2026, 11, 20, 9, 12, 0, TimeSpan.Zero));

    [Fact]
    public async Task It_runs_when_due_not_on_start_and_says_so()
    {
        await using var bench = Bench();
        var host = await bench.StartAsync(bench.Options(time));
        await AdvanceAsync(TimeSpan.FromSeconds(179));
        await HostBench.Stays(TimeSpan.FromMilliseconds(200), () => bench.Calls("/Tick").Count == 0);

        time.Advance(TimeSpan.FromSeconds(1));
        await HostBench.Until(() => host.CountsOf("Tick").Succeeded == 1);
        await AdvanceAsync(TimeSpan.FromMinutes(5));
        await HostBench.Until(() => host.CountsOf("Tick").Succeeded == 2);

        var data = bench.Calls("/Tick")[1].Json["Data"]!["timer"]!;
        Assert.True((bool)data["Schedule"]!["AdjustForDST"]!);
        Assert.False((bool)data["IsPastDue"]!);
        Assert.Equal(new DateTimeOffset(2026, 11, 20, 9, 15, 0, TimeSpan.Zero), (DateTimeOffset)data["ScheduleStatus"]!["Last"]!);
        Assert.Equal(new DateTimeOffset(2026, 11, 20, 9, 20, 0, TimeSpan.Zero), (DateTimeOffset)data["ScheduleStatus"]!["Next"]!);
    }

    [Fact]
    public async Task A_missed_run_is_made_up_once_on_start_and_told_as_past_due()
    {
        await using var bench = Bench();
        await using (var first = await FunctionHost.StartAsync(bench.Options(time), CancellationToken.None)) Assert.Equal(0, first.CountsOf("Tick").Succeeded);
        time.Advance(TimeSpan.FromHours(3));

        var host = await bench.StartAsync(bench.Options(time));
        await HostBench.Until(() => host.CountsOf("Tick").Succeeded == 1);

        Assert.True((bool)Assert.Single(bench.Calls("/Tick")).Json["Data"]!["timer"]!["IsPastDue"]!);
        await AdvanceAsync(TimeSpan.FromMinutes(3));
        await HostBench.Until(() => host.CountsOf("Tick").Succeeded == 2);
        Assert.False((bool)bench.Calls("/Tick")[1].Json["Data"]!["timer"]!["IsPastDue"]!);
    }

    [Fact]
    public async Task A_start_before_the_next_run_runs_nothing()
    {
        await using var bench = Bench();
        await using (await FunctionHost.StartAsync(bench.Options(time), CancellationToken.None)) time.Advance(TimeSpan.FromSeconds(1));
        await bench.StartAsync(bench.Options(time));
        await HostBench.Stays(TimeSpan.FromMilliseconds(300), () => bench.Calls("/Tick").Count == 0);
    }

    [Fact]
    public async Task Run_now_runs_it_now_and_leaves_the_schedule_alone()
    {
        await using var bench = Bench();
        var host = await bench.StartAsync(bench.Options(time));
        Assert.True((await host.RunNowAsync("tick", CancellationToken.None)).Succeeded);
        Assert.Single(bench.Calls("/Tick"));
        await AdvanceAsync(TimeSpan.FromMinutes(3));
        await HostBench.Until(() => host.CountsOf("Tick").Succeeded == 2);
    }

    [Fact]
    public async Task A_failed_run_waits_for_the_next_one()
    {
        await using var bench = Bench();
        bench.Answer("/Tick", """{ "status": 500 }""");
        var host = await bench.StartAsync(bench.Options(time));
        await AdvanceAsync(TimeSpan.FromMinutes(3));
        await HostBench.Until(() => host.CountsOf("Tick").Failed == 1);
        await HostBench.Stays(TimeSpan.FromMilliseconds(200), () => host.CountsOf("Tick").Failed == 1);
        await AdvanceAsync(TimeSpan.FromMinutes(5));
        await HostBench.Until(() => host.CountsOf("Tick").Failed == 2);
    }

    private static HostBench Bench()
    {
        var bench = new HostBench();
        bench.TimerFunction();
        return bench;
    }

    // The host must be waiting on the clock before it moves.
    private async Task AdvanceAsync(TimeSpan by)
    {
        await HostBench.Until(() => time.Waiting > 0);
        time.Advance(by);
    }
}
