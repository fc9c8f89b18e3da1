using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Notifications;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A process wrote that it was about to put a message, and died before it did: Tick puts it, once, ten minutes after its
/// time.</summary>
public sealed class When_a_promised_message_is_lost(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task The_end_of_a_digest_window_is_told_by_the_next_tick_but_one()
    {
        await using var anna = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, [
            ("Owners__Default", "anna"), ("Recipients__Entries__anna__TeamsUrl", anna.Address.ToString()),
            ("Recipients__Entries__anna__DigestCount", "5"), ("Recipients__Entries__anna__DigestMinutes", "60"),
            ("Notification__BurstCount", "0")]);
        await ArriveAsync(world, 2);
        // One message for the window, however many came.
        var end = Assert.Single(world.Later.Waiting).Due;
        world.Later.Lose();
        world.Time.Set(end.AddMinutes(9));
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Empty(anna.Told);

        world.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.True(await world.TickAsync());
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Single(anna.Told);
        Assert.All((await NoticesAsync(world)).Where(n => n.StartsWith("teams", StringComparison.Ordinal)), n =>
            Assert.Equal("teams:delivered", n));

        world.Time.Advance(TimeSpan.FromHours(2));
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Single(anna.Told);
    }

    [Fact]
    public async Task Two_windows_that_end_at_once_tell_what_was_collected_once()
    {
        await using var anna = await Subscriber.StartAsync();
        (string, string?)[] settings =
        [
            ("Owners__Default", "anna"), ("Recipients__Entries__anna__TeamsUrl", anna.Address.ToString()),
            ("Recipients__Entries__anna__DigestCount", "9"), ("Notification__BurstCount", "0"),
        ];
        await using var world = await TestApp.StartAsync(azurite, settings);
        await using var twin = await world.TwinAsync(settings);
        await ArriveAsync(world, 2);
        var end = Assert.Single(world.Later.Waiting);
        world.Time.Set(end.Due);
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 6)
            .Select(i => (i % 2 == 0 ? world : twin).InvokeAsync("NotifyTeams", "notice", end.Text))), Assert.True);
        await world.PassAsync(world.Time.GetUtcNow().AddMinutes(11));
        Assert.Single(anna.Told);
    }

    [Fact]
    public async Task A_round_that_was_written_is_made_once()
    {
        await using var down = await Subscriber.StartAsync(Subscriber.Status(413));
        await using var world = await TestApp.StartAsync(azurite, ("Webhook__Subscribers__one__Url", down.Address.ToString()),
            ("Webhook__Subscribers__one__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24="));
        await ArriveAsync(world, 1);
        Assert.Equal("webhook:failed", Assert.Single(await NoticesAsync(world)));
        down.Answer = Subscriber.Status(204);

        // What ResendAsync does, up to the message.
        var (log, due) = (world.Services.GetRequiredService<AttemptStore>(), world.Services.GetRequiredService<DueMessages>());
        var day = new NotificationSelection { From = world.Time.GetUtcNow().AddDays(-1), To = world.Time.GetUtcNow().AddDays(1) };
        var kept = Assert.Single((await log.PageAsync(day, null, 10, CancellationToken.None)).Notices);
        var notice = Notification.Parse(System.Text.Encoding.UTF8.GetString(kept.Event!.Value.Span)) with { Resend = 1 };
        await due.ExpectRoundAsync(notice, "webhook", "one", CancellationToken.None);
        Assert.True(await log.BeginRoundAsync(kept, 1, world.Time.GetUtcNow(), CancellationToken.None));

        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Single(down.Told);
        world.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.True(await world.TickAsync());
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(2, down.Told.Count);
        Assert.Equal("webhook:delivered", Assert.Single(await NoticesAsync(world)));
    }

    [Fact]
    public async Task A_round_over_a_try_that_still_runs_is_told_once_at_most_twice_under_one_id()
    {
        var (reached, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var slow = await Subscriber.StartAsync(async context =>
        {
            reached.TrySetResult();
            await answer.Task;
            context.Response.StatusCode = 204;
        });
        await using var world = await TestApp.StartAsync(azurite, ("Webhook__Subscribers__one__Url", slow.Address.ToString()),
            ("Webhook__Subscribers__one__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24="));
        await world.WorkAsync(
            await world.AcceptAsync(
                MetaCall.Messages(new MetaSaid("m-1", "491511234501", "Die Heizung ist aus.", world.Time.GetUtcNow()))));
        var draining = world.DrainAsync();
        await reached.Task;
        var id = (await world.GetAsync("/api/operations/notices")).EnumerateArray().Single().GetProperty("eventId").GetString();
        Assert.Equal(1, (await world.ReviewAsync("notices/resend", new JsonObject { ["event"] = id })).GetProperty("sent").GetInt32());
        answer.SetResult();
        Assert.Equal(0, await draining);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("webhook:delivered", Assert.Single(await NoticesAsync(world)));
        Assert.InRange(slow.Told.Count, 1, 2);
        Assert.Single(slow.Told.Select(t => t.Headers["webhook-id"]).Distinct());
    }

    private static async Task ArriveAsync(TestApp world, int customers)
    {
        for (var i = 0; i < customers; i++)
            await world.WorkAsync(
                await world.AcceptAsync(
                    MetaCall.Messages(new MetaSaid($"m-{i}", $"49151123450{i}", "Die Heizung ist aus.", world.Time.GetUtcNow()))));
        Assert.Equal(0, await world.DrainAsync());
    }

    private static async Task<List<string>> NoticesAsync(TestApp world) =>
        [.. (await world.GetAsync("/api/operations/notices")).EnumerateArray()
            .Select(n => $"{n.GetProperty("route").GetString()}:{n.GetProperty("state").GetString()}")];
}
