using System.Text.Json;
using Serverless.Local.ServiceBus;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>What the suite works with: a world in which one contact arrives, and the message that tells of it.</summary>
public abstract partial class RouteConformance
{
    private protected static readonly Seed Form = Find("generic/01-web-form-with-umlauts");

    /// <summary>The route's name in queues and in the list of notices.</summary>
    protected abstract string Route { get; }

    /// <summary>The function that works the route's queue.</summary>
    protected abstract string Function { get; }

    /// <summary>Settings that make somebody who listens at this address a target of the route.</summary>
    /// <param name="name">The target's name.</param>
    /// <param name="address">Where it listens.</param>
    /// <param name="events">Event types it wants.</param>
    protected abstract (string Name, string? Value)[] Target(string name, Uri address, string events = "*");

    /// <summary>Settings that make a target ask for the customer's words.</summary>
    protected abstract (string Name, string? Value)[] AskingForText(string name);

    /// <summary>The id by which the target tells a repetition.</summary>
    protected abstract string IdOf(RecordedRequest request);

    private protected static Seed Find(string name) => Seed.Of(name.Split('/')[0]).Single(s => s.Name == name);

    protected Task<TestApp> StartAsync(params (string Name, string? Value)[][] settings) =>
        StartAsync(azurite.OwnAccount(), null, new FakeTime(), [.. settings.SelectMany(s => s)]);

    /// <summary>A world over an account and bus that another world may use too.</summary>
    protected virtual Task<TestApp> StartAsync(string account, LocalTopic? bus, FakeTime time,
        params (string Name, string? Value)[] settings) => TestApp.StartAsync(account, bus, time, settings);

    /// <summary>Changes targets while the app runs.</summary>
    protected virtual Task SetAsync(TestApp world, params (string Name, string? Value)[] settings)
    {
        world.Set(settings);
        return Task.CompletedTask;
    }

    /// <summary>A contact arrives and is worked; what it has to tell waits in the queues of routes.</summary>
    private protected static async Task ArriveAsync(TestApp world, Seed seed)
    {
        if (seed.At > world.Time.GetUtcNow()) world.Time.Set(seed.At);
        using var answer = await world.SendAsync(seed);
        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal(0, await world.DrainAsync(bus: false));
    }

    /// <summary>A contact arrives and everybody is told, or tried.</summary>
    protected static async Task TellAsync(TestApp world)
    {
        await ArriveAsync(world, Form);
        Assert.Equal(0, await world.DrainAsync());
    }

    /// <summary>Moves the clock to the next message that waits and works it.</summary>
    protected static async Task NextAsync(TestApp world)
    {
        Assert.True(world.MoveToNext(DateTimeOffset.MaxValue));
        Assert.Equal(0, await world.DrainAsync());
    }

    /// <summary>The messages that the route has to work now, taken off its queue.</summary>
    protected Task<List<string>> TakeAsync(TestApp world) => world.TakeNoticesAsync(Route);

    protected Task<bool> WorkAsync(TestApp world, string body) => world.InvokeAsync(Function, "notice", body);

    /// <summary>The notices of the day, by target and in order of their events' ids.</summary>
    protected static async Task<List<JsonElement>> NoticesAsync(TestApp world, string query = "") =>
        [.. (await world.GetAsync($"/api/operations/notices?day=2026-11-20{query}")).EnumerateArray()
            .OrderBy(n => n.GetProperty("target").GetString(), StringComparer.Ordinal)
            .ThenBy(n => n.GetProperty("eventId").GetString(), StringComparer.Ordinal)];

    /// <summary>The only notice of a target.</summary>
    protected static async Task<JsonElement> NoticeAsync(TestApp world, string target) =>
        Assert.Single(await NoticesAsync(world), n => n.GetProperty("target").GetString() == target);

    /// <summary>State and reason of a target's only notice, e.g. <c>waiting:503</c>.</summary>
    protected static async Task<string> StandAsync(TestApp world, string target)
    {
        var notice = await NoticeAsync(world, target);
        return $"{notice.GetProperty("state").GetString()}:{notice.GetProperty("reason").GetString()}";
    }

    /// <summary>Asks again and again, for something that another thread is about to do.</summary>
    protected static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await holds()) limit.Token.ThrowIfCancellationRequested();
    }

    private protected static LaterMessage ScheduledFor(TestApp world, string target) =>
        Assert.Single(world.Later.Waiting, m => m.Target == target);

    private protected static double SecondsUntil(TestApp world, LaterMessage message) =>
        (message.Due - world.Time.GetUtcNow()).TotalSeconds;
}
