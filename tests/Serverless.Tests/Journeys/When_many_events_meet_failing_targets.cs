using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Notifications;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>
/// Many events, and one call in five fails: each ends delivered, or kept as a failure that can be told again. Sixty here, since each costs
/// the emulator a dozen calls;
/// <c>load --fan-out --events 10000 --failing 20 --kills 2</c> of infra/local does it with ten thousand and real processes.
/// </summary>
public sealed class When_many_events_meet_failing_targets(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int Events = 60;

    [Fact]
    public async Task Each_ends_delivered_or_kept_and_none_is_lost()
    {
        var calls = 0;
        await using var shaky = await Subscriber.StartAsync(context => Interlocked.Increment(ref calls) % 5 == 0
            ? Subscriber.Status(503)(context) : Subscriber.Status(204)(context));
        await using var dead = await Subscriber.StartAsync(Subscriber.Status(500));
        await using var world = await TestApp.StartAsync(azurite,
            [("Notification__RetrySeconds", "5,5,5,5"), .. Target("shaky", shaky.Address), .. Target("dead", dead.Address)]);
        var told = Enumerable.Range(0, Events).Select(i => Event(i, world.Time.GetUtcNow())).ToList();
        var runner = world.Services.GetRequiredService<NotificationDispatcher>();
        await Parallel.ForEachAsync(told, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (e, ct) =>
            await runner.RunAsync("webhook", e, ct));
        // Far fewer than one call an event went to the one that is dead: the others waited for its sake no longer than for an answer.
        Assert.InRange(dead.Told.Count, CircuitBreakers.Most, Events / 2);

        for (var round = 0; round < 6; round++)
        {
            world.Time.Advance(TimeSpan.FromSeconds(10));
            Assert.Equal(0, await world.DrainAsync());
        }

        Assert.Empty(world.Later.Waiting);
        var states = new List<NotificationState>();
        await foreach (var state in world.Services.GetRequiredService<AttemptStore>()
            .OfDaysAsync(world.Time.GetUtcNow(), world.Time.GetUtcNow(), null, CancellationToken.None)) states.Add(state);
        Assert.Equal((Events, Events),
            (states.Count(s => s is { Target: "shaky", State: NotificationState.Delivered }),
                states.Count(s => s is { Target: "dead", State: NotificationState.Failed })));
        Assert.Equal(Events, shaky.Told.Select(t => t.Headers["webhook-id"]).Distinct(StringComparer.Ordinal).Count());
    }

    private static (string, string?)[] Target(string name, Uri address) =>
        [($"Webhook__Subscribers__{name}__Url", address.ToString()),
            ($"Webhook__Subscribers__{name}__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24=")];

    private static string Event(int number, DateTimeOffset at) => JsonSerializer.Serialize(new
    {
        specversion = "1.0",
        id = string.Create(CultureInfo.InvariantCulture, $"{(char)('A' + (number % 26))}event-{number}"),
        source = "/cases",
        type = "serverless.case.opened.v1",
        subject = "case",
        time = at,
        data = new { caseId = string.Create(CultureInfo.InvariantCulture, $"case-{number}"), number = "K1", state = "open" },
    });
}
