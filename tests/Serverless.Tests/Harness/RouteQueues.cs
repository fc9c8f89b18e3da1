using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>The queues of routes, in a test's hands.</summary>
internal static class RouteQueues
{
    /// <summary>Settings that switch every route off.</summary>
    public static (string Name, string? Value)[] Off =>
        [.. new[] { "NotifyWebhook", "NotifyTeams", "NotifyMail", "AcknowledgeCustomer" }.Select(f =>
            ($"AzureWebJobs.{f}.Disabled", (string?)"true"))];

    /// <summary>What a route has to work now, taken off its queue.</summary>
    public static async Task<List<string>> TakeNoticesAsync(this TestApp world, string route)
    {
        await world.Later.ShowAsync();
        using var queue = new InboundDriver(world, $"notify-{route}");
        return [.. await queue.LoseAsync()];
    }

    /// <summary>Puts a message into a route's queue, as the outbox does.</summary>
    public static async Task PutNoticeAsync(this TestApp world, string route, string message) =>
        await world.Services.GetRequiredService<Serverless.Platform.Storage.QueueStore>()
        .SendAsync($"notify-{route}", System.Text.Encoding.UTF8.GetBytes(message), TimeSpan.Zero, CancellationToken.None);

    /// <summary>How many messages a route's queue holds, those for later included.</summary>
    public static async Task<int> CountNoticesAsync(this TestApp world, string route)
    {
        using var queue = new InboundDriver(world, $"notify-{route}");
        return await queue.CountAsync();
    }

    /// <summary>Moves the clock to the next message that waits, if it is due by then. False when there is none.</summary>
    public static bool MoveToNext(this TestApp world, DateTimeOffset until)
    {
        if (world.Later.Waiting is not [{ Due: var next }, ..] || next > until) return false;
        if (next > world.Time.GetUtcNow()) world.Time.Set(next);
        return true;
    }

    /// <summary>From one waiting message to the next, and at last to the end.</summary>
    public static async Task PassAsync(this TestApp world, DateTimeOffset end)
    {
        do Assert.Equal(0, await world.DrainAsync());
        while (world.MoveToNext(end));
        world.Time.Set(end);
    }
}
