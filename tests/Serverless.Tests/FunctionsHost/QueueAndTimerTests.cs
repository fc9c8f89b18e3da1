using System.Text;
using Azure.Storage.Queues;
using Microsoft.Extensions.Logging;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.FunctionsHost;

/// <summary>The queue and timer triggers, against the real Azurite (host-contract.md, "Queue and timer").</summary>
public sealed class QueueAndTimerTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task A_message_is_decoded_given_to_the_function_and_deleted()
    {
        await using var bench = new HostedWorker();
        var (queue, _) = bench.Queue(azurite.ConnectionString, AzuriteFixture.UniqueName("work"));
        await bench.StartAsync();
        await queue.SendMessageAsync(Encode("gr\u00fc\u00dfe"));
        await GoneAsync(queue);
        var record = Assert.Single(bench.Records, item => item["work"] is not null);
        Assert.Equal("gr\u00fc\u00dfe", (string?)record["work"]);
        var metadata = record["metadata"]!;
        Assert.Equal(("1", "gr\u00fc\u00dfe"), ((string?)metadata["DequeueCount"], (string?)metadata["QueueTrigger"]));
        foreach (var name in new[] { "Id", "PopReceipt", "InsertionTime", "ExpirationTime", "NextVisibleTime" })
            Assert.NotEmpty((string?)metadata[name] ?? "");
    }

    [Fact]
    public async Task Fields_of_a_JSON_body_overwrite_the_metadata()
    {
        await using var bench = new HostedWorker();
        var (queue, _) = bench.Queue(azurite.ConnectionString, AzuriteFixture.UniqueName("work"));
        await bench.StartAsync();
        await queue.SendMessageAsync(Encode("""{"id":7,"popReceipt":"mine","own":"x"}"""));
        await GoneAsync(queue);
        var metadata = Assert.Single(bench.Records, item => item["work"] is not null)["metadata"]!.AsObject()
            .ToDictionary(p => p.Key, p => (string?)p.Value, StringComparer.OrdinalIgnoreCase);
        Assert.Equal(("7", "mine", "x"), (metadata["Id"], metadata["PopReceipt"], metadata["own"]));
    }

    [Fact]
    public async Task After_its_tries_a_message_goes_to_the_poison_queue_with_its_original_text()
    {
        await using var bench = new HostedWorker();
        bench.Settings["AzureFunctionsJobHost__extensions__queues__maxDequeueCount"] = "3";
        var (queue, poison) = bench.Queue(azurite.ConnectionString, AzuriteFixture.UniqueName("work"));
        await bench.StartAsync();
        await queue.SendMessageAsync(Encode("fail"));
        await GoneAsync(queue);
        Assert.Equal(Encode("fail"), (await poison.ReceiveMessageAsync()).Value.Body.ToString());
        Assert.Equal(["1", "2", "3"], bench.Records.Where(item => item["work"] is not null)
            .Select(item => (string?)item["metadata"]!["DequeueCount"]));
        Assert.Equal(3, bench.Host.CountsOf("Work").Failed);
    }

    [Fact]
    public async Task What_is_not_base64_goes_to_the_poison_queue_at_once()
    {
        await using var bench = new HostedWorker();
        var (queue, poison) = bench.Queue(azurite.ConnectionString, AzuriteFixture.UniqueName("work"));
        await queue.SendMessageAsync("not base64!");
        await bench.StartAsync();
        await GoneAsync(queue);
        Assert.Equal("not base64!", (await poison.ReceiveMessageAsync()).Value.Body.ToString());
        Assert.Empty(bench.Records);
    }

    [Fact]
    public async Task A_message_stays_hidden_while_it_is_worked_on()
    {
        await using var bench = new HostedWorker();
        var (queue, _) = bench.Queue(azurite.ConnectionString, AzuriteFixture.UniqueName("work"));
        await bench.StartAsync(bench.Options(queueLock: TimeSpan.FromSeconds(2)));
        await queue.SendMessageAsync(Encode("wait:5000"));
        await GoneAsync(queue);
        Assert.Single(bench.Records, item => item["work"] is not null);
    }

    [Fact]
    public async Task A_worker_that_dies_over_a_message_gets_it_again_after_its_restart()
    {
        await using var bench = new HostedWorker();
        bench.Settings["AzureFunctionsJobHost__extensions__queues__maxDequeueCount"] = "2";
        var (queue, poison) = bench.Queue(azurite.ConnectionString, AzuriteFixture.UniqueName("work"));
        await bench.StartAsync(bench.Options(maxErrors: 9));
        await queue.SendMessageAsync(Encode("die"));
        await GoneAsync(queue);
        Assert.Equal(Encode("die"), (await poison.ReceiveMessageAsync()).Value.Body.ToString());
        Assert.Equal(2, bench.Records.Select(item => (int)item["process"]!).Distinct().Count());
    }

    [Fact]
    public async Task A_missing_queue_is_waited_for()
    {
        await using var bench = new HostedWorker();
        var (queue, _) = bench.Queue(azurite.ConnectionString, AzuriteFixture.UniqueName("work"));
        await queue.DeleteAsync();
        await bench.StartAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        await queue.CreateAsync();
        await queue.SendMessageAsync(Encode("hello"));
        await GoneAsync(queue);
        Assert.DoesNotContain(bench.Log, line => line.Level >= LogLevel.Warning
            && line.Text.Contains(queue.Name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_timer_runs_by_its_schedule_and_a_missed_run_is_made_good_at_the_next_start()
    {
        await using var bench = new HostedWorker();
        bench.Settings["BARE_SCHEDULE"] = "0 0 */1 * * *";
        await bench.StartAsync();
        await bench.Host.DisposeAsync();
        Assert.Empty(bench.Records);

        // As if the hour had passed while nothing ran.
        var file = Path.Combine(bench.Data, "timers", "Tick.json");
        await File.WriteAllTextAsync(file,
            """{"Last":"2026-11-20T08:00:00+00:00","Next":"2026-11-20T09:00:00+00:00","LastUpdated":"2026-11-20T08:00:00+00:00"}""");
        await bench.StartAsync();
        await TestFolder.UntilAsync(() => bench.Records.Count == 1);
        Assert.True((bool)bench.Records[0]["tick"]!);
        await TestFolder.UntilAsync(() => !File.ReadAllText(file).Contains("2026-11-20T09:00:00", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_schedule_under_a_minute_has_no_status()
    {
        await using var bench = new HostedWorker();
        bench.Settings["BARE_SCHEDULE"] = "*/1 * * * * *";
        await bench.StartAsync();
        await TestFolder.UntilAsync(() => bench.Records.Count(item => item["tick"] is not null) >= 2);
        Assert.All(bench.Records, item => Assert.Equal((false, null), ((bool)item["tick"]!, item["next"])));
        Assert.False(Directory.Exists(Path.Combine(bench.Data, "timers")));
    }

    [Fact]
    public async Task Something_that_is_not_a_schedule_is_an_error_of_that_function()
    {
        await using var bench = new HostedWorker();
        bench.Settings["BARE_SCHEDULE"] = "soon";
        await bench.StartAsync();
        Assert.Contains("soon", bench.Host.InError["Tick"], StringComparison.Ordinal);
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    // Deleted, not merely hidden: the service's own count tells.
    private static async Task GoneAsync(QueueClient queue)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((await queue.GetPropertiesAsync(limit.Token)).Value.ApproximateMessagesCount > 0) await Task.Delay(50, limit.Token);
    }
}
