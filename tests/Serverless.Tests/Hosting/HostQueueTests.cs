using System.Text;
using Serverless.Local.Hosting;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Hosting;

/// <summary>The storage-queue trigger against the real Azurite.</summary>
public sealed class HostQueueTests(AzuriteFixture azurite) : IDisposable, IClassFixture<AzuriteFixture>
{
    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler());

    [Fact]
    public async Task A_message_is_decoded_handed_over_and_removed()
    {
        await using var bench = Bench(out var queue);
        await queue.CreateAsync(CancellationToken.None);
        var host = await bench.StartAsync();

        await queue.PutAsync(Encode("""{"id":"d1","text":"ü"}"""), CancellationToken.None);
        await HostBench.Until(() => host.CountsOf("Work").Succeeded == 1);

        var json = Assert.Single(bench.Calls("/Work")).Json;
        Assert.Equal("\"{\\\"id\\\":\\\"d1\\\",\\\"text\\\":\\\"ü\\\"}\"", json["Data"]!["pointer"]!.ToString());
        Assert.Equal("\"1\"", json["Metadata"]!["DequeueCount"]!.ToJsonString());
        Assert.EndsWith("+00:00", json["Metadata"]!["InsertionTime"]!.ToString(), StringComparison.Ordinal);

        // The message's own "id" has replaced the queue's.
        Assert.Equal("\"d1\"", json["Metadata"]!["Id"]!.ToString());
        await HostBench.Until(() => host.InFlight == 0);
        await GoneAsync(queue);
    }

    [Fact]
    public async Task A_failed_message_is_hidden_for_the_visibility_timeout_and_buried_after_the_last_try()
    {
        await using var bench = Bench(out var queue, visibility: TimeSpan.FromSeconds(1));
        bench.Answer("/Work", """{ "status": 500 }""");
        await queue.CreateAsync(CancellationToken.None);
        await queue.PutAsync(Encode("bad"), CancellationToken.None);
        var host = await bench.StartAsync();
        await HostBench.Until(() => host.CountsOf("Work").Failed == 1);
        await HostBench.Stays(TimeSpan.FromMilliseconds(300), () => host.CountsOf("Work").Failed == 1);

        await HostBench.Until(() => host.CountsOf("Work").Failed == 3);

        var poison = Queue(queue.Name + "-poison");
        var buried = await TakeAsync(poison);
        Assert.Equal(Encode("bad"), buried.Text);
        await GoneAsync(queue);
        Assert.Equal(["1", "2", "3"], bench.Calls("/Work").Select(call => call.Json["Metadata"]!["DequeueCount"]!.ToString()).ToArray());
    }

    [Fact]
    public async Task A_missing_queue_is_polled_until_it_is_there()
    {
        await using var bench = Bench(out var queue);
        var host = await bench.StartAsync();
        await HostBench.Stays(TimeSpan.FromMilliseconds(500), () => host.State.Running);
        await queue.CreateAsync(CancellationToken.None);
        await queue.PutAsync(Encode("late"), CancellationToken.None);
        await HostBench.Until(() => host.CountsOf("Work").Succeeded == 1);
    }

    [Fact]
    public async Task A_message_that_is_not_base64_is_buried_unread()
    {
        await using var bench = Bench(out var queue);
        await queue.CreateAsync(CancellationToken.None);
        await queue.PutAsync("not base64!", CancellationToken.None);
        await bench.StartAsync();
        Assert.Equal("not base64!", (await TakeAsync(Queue(queue.Name + "-poison"))).Text);
        await GoneAsync(queue);
        Assert.Empty(bench.Calls("/Work"));
    }

    [Fact]
    public async Task A_poison_queue_has_no_poison_queue_so_its_messages_stay()
    {
        await using var bench = Bench(out var queue);
        bench.QueueFunction("Keep", queue.Name + "-poison");
        bench.Answer("/Keep", """{ "status": 500 }""");
        var poison = Queue(queue.Name + "-poison");
        await poison.CreateAsync(CancellationToken.None);
        await poison.PutAsync(Encode("kept"), CancellationToken.None);
        var host = await bench.StartAsync(bench.Options(queueLock: TimeSpan.FromSeconds(1)));

        // maxDequeueCount is 3 here: no fourth try, and nowhere to go.
        await HostBench.Until(() => host.CountsOf("Keep").Failed == 3);
        await HostBench.Stays(TimeSpan.FromSeconds(2), () => host.CountsOf("Keep").Failed == 3);
        Assert.Equal(1, await poison.CountAsync(CancellationToken.None));
        Assert.Null(await Queue(poison.Name + "-poison").TakeAsync(1, TimeSpan.FromSeconds(1), CancellationToken.None));
    }

    [Fact]
    public async Task At_most_batch_plus_threshold_are_worked_on_at_once()
    {
        await using var bench = Bench(out var queue);
        bench.Answer("/Work", """{ "never": true }""");
        await queue.CreateAsync(CancellationToken.None);
        for (var n = 0; n < 12; n++) await queue.PutAsync(Encode($"{n}"), CancellationToken.None);
        var host = await bench.StartAsync();

        // A batch of 4, none below the threshold of 2: no further batch.
        await HostBench.Until(() => host.InFlight == 4);
        await HostBench.Stays(TimeSpan.FromMilliseconds(500), () => host.InFlight == 4);
        bench.Answer("/Work", "{}");
        host.KillHandler();
        await HostBench.Until(() => host.CountsOf("Work").Succeeded == 12);
        await GoneAsync(queue);
    }

    [Fact]
    public async Task A_message_stays_hidden_while_it_is_worked_on_and_comes_back_when_the_host_dies_with_it()
    {
        await using var bench = Bench(out var queue);
        bench.Answer("/Work", """{ "never": true }""");
        await queue.CreateAsync(CancellationToken.None);
        await queue.PutAsync(Encode("long"), CancellationToken.None);
        var host = await bench.StartAsync(bench.Options(queueLock: TimeSpan.FromSeconds(2)));
        await HostBench.Until(() => bench.Calls("/Work").Count == 1);

        // More than one lock long: prolonged, so nobody else gets it.
        await HostBench.Stays(TimeSpan.FromSeconds(4), () => bench.Calls("/Work").Count == 1);
        Assert.Empty((await queue.TakeAsync(1, TimeSpan.FromSeconds(1), CancellationToken.None))!);

        bench.Answer("/Work", "{}");
        await host.DisposeAsync();
        var next = await bench.StartAsync();
        await HostBench.Until(() => next.CountsOf("Work").Succeeded == 1);
        Assert.Equal("2", bench.Calls("/Work")[^1].Json["Metadata"]!["DequeueCount"]!.ToString());
    }

    public void Dispose() => http.Dispose();

    private static async Task<QueueMessage> TakeAsync(QueueRest queue)
    {
        using var net = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            if (await queue.TakeAsync(1, TimeSpan.FromMinutes(1), net.Token) is [var message]) return message;
            await tick.WaitForNextTickAsync(net.Token);
        }
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    // Deleted, not merely hidden: the service's own count tells.
    private static async Task GoneAsync(QueueRest queue)
    {
        using var net = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await queue.CountAsync(net.Token) > 0) await tick.WaitForNextTickAsync(net.Token);
    }

    private HostBench Bench(out QueueRest queue, TimeSpan? visibility = null)
    {
        var bench = new HostBench();
        var name = AzuriteFixture.UniqueName("work");
        bench.Settings["AzureWebJobsStorage"] = azurite.ConnectionString;
        bench.WriteHostJson(extensions: $$"""{ "queues": { "maxPollingInterval": "00:00:00.2", "visibilityTimeout": "{{visibility ?? TimeSpan.Zero}}", "batchSize": 4, "newBatchThreshold": 2, "maxDequeueCount": 3 } }""");
        bench.QueueFunction("Work", name);
        queue = Queue(name);
        return bench;
    }

    private QueueRest Queue(string name) => new(http, QueueAccount.Parse("AzureWebJobsStorage", new Dictionary<string, string>(StringComparer.Ordinal) { ["AzureWebJobsStorage"] = azurite.ConnectionString }), name);
}
