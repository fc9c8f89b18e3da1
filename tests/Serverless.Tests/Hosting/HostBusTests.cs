using Serverless.Local.Hosting;
using Serverless.Local.ServiceBus;
using Xunit;

namespace Serverless.Tests.Hosting;

/// <summary>The Service Bus trigger: what the host does with a message the handler fails on.</summary>
public sealed class HostBusTests
{
    [Fact]
    public async Task A_failed_message_comes_again_at_once_counted_and_is_dead_after_the_last_try()
    {
        await using var bench = new HostBench();
        bench.BusFunction();
        bench.Messaging(subscription: "\"maxDeliveryCount\": 3");
        bench.Answer("/Notify", """{ "status": 500 }""");
        var time = new ManualTime(new DateTimeOffset(2026, 11, 20, 9, 0, 0, TimeSpan.Zero));

        // The clock stands still: nothing here waits for time.
        var host = await bench.StartAsync(bench.Options(time));
        await SendAsync(host);
        await HostBench.Until(() => host.Broker!.DeadLetters("events", "hooks").Count == 1);

        Assert.Equal(["1", "2", "3"], bench.Calls("/Notify").Select(call => call.Json["Metadata"]!["DeliveryCount"]!.ToString()).ToArray());
        Assert.Equal("MaxDeliveryCountExceeded", host.Broker!.DeadLetters("events", "hooks")[0].Reason);
        Assert.Equal(3, host.CountsOf("Notify").Failed);

        bench.Answer("/Notify", "{}");
        using var resubmitted = await HostBench.Http.PostAsync(new Uri(host.FrontDoor, $"admin/bus/resubmit?code={host.MasterKey}"), null);
        Assert.Equal("""{"resubmitted":1}""", await resubmitted.Content.ReadAsStringAsync());
        await HostBench.Until(() => host.CountsOf("Notify").Succeeded == 1);
    }

    [Fact]
    public async Task The_lock_is_prolonged_while_the_function_runs()
    {
        await using var bench = new HostBench();
        bench.BusFunction();
        bench.Messaging(subscription: "\"lockDuration\": \"PT1M\"");
        bench.Answer("/Notify", """{ "never": true }""");
        var time = new ManualTime(new DateTimeOffset(2026, 11, 20, 9, 0, 0, TimeSpan.Zero));
        var host = await bench.StartAsync(bench.Options(time));
        await SendAsync(host);
        await HostBench.Until(() => bench.Calls("/Notify").Count == 1);

        for (var half = 0; half < 6; half++)
        {
            await HostBench.Until(() => time.Waiting >= 2);
            time.Advance(TimeSpan.FromSeconds(30));
        }

        await HostBench.Stays(TimeSpan.FromMilliseconds(200), () => bench.Calls("/Notify").Count == 1);
    }

    [Fact]
    public async Task A_handler_that_dies_with_a_message_gets_it_again()
    {
        await using var bench = new HostBench();
        bench.BusFunction();
        bench.Messaging();
        bench.Answer("/Notify", """{ "never": true }""");
        var host = await bench.StartAsync();
        await SendAsync(host);
        await HostBench.Until(() => bench.Calls("/Notify").Count == 1);
        bench.Answer("/Notify", "{}");
        host.KillHandler();
        await HostBench.Until(() => host.CountsOf("Notify").Succeeded == 1);
        Assert.Equal(2, bench.Calls("/Notify").Count);
    }

    [Fact]
    public async Task The_handler_learns_where_the_bus_is_and_a_shared_broker_outlives_its_host()
    {
        await using var bench = new HostBench();
        bench.BusFunction();
        bench.Messaging();
        await using var broker = LocalTopic.Start(bench.MessagingFile, TimeProvider.System, 0);
        await using (var host = await FunctionHost.StartAsync(bench.Options(broker: broker), CancellationToken.None)) Assert.Same(broker, host.Broker);
        Assert.Equal(broker.ConnectionString, bench.Starts()[0]["env"]!["Bus"]!.ToString());
        await HostBench.SendAsync(broker.Endpoint, "events", "x");
    }

    [Fact]
    public async Task A_subscription_that_is_not_planned_is_one_sentence()
    {
        await using var bench = new HostBench();
        bench.BusFunction(subscription: "other");
        bench.Messaging();
        Assert.Contains("events/other", (await Assert.ThrowsAsync<HostStartException>(() => bench.StartAsync())).Message, StringComparison.Ordinal);
    }

    private static Task SendAsync(FunctionHost host) => HostBench.SendAsync(host.Broker!.Endpoint, "events", "x");
}
