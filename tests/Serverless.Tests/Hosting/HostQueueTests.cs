using System.Text;
using Serverless.Local.Hosting;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Hosting;

/// <summary>The storage-queue trigger against the real Azurite.</summary>
[Collection("azurite")]
public sealed class HostQueueTests(AzuriteFixture azurite) : IDisposable
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

    public void Dispose() => http.Dispose();

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static async Task GoneAsync(QueueRest queue)
    {
        // Deleted, not merely hidden: a count of the service tells.
        for (var left = await queue.CountAsync(CancellationToken.None); left > 0; left = await queue.CountAsync(CancellationToken.None)) await Task.Yield();
    }

    private HostBench Bench(out QueueRest queue, string queues = "", TimeSpan? visibility = null)
    {
        var bench = new HostBench();
        var name = azurite.UniqueName("work");
        bench.Settings["AzureWebJobsStorage"] = azurite.ConnectionString;
        bench.WriteHostJson(extensions: $$"""{ "queues": { "maxPollingInterval": "00:00:00.2", "visibilityTimeout": "{{visibility ?? TimeSpan.Zero}}", "batchSize": 4, "newBatchThreshold": 2, "maxDequeueCount": 3{{queues}} } }""");
        bench.QueueFunction("Work", name);
        queue = Queue(name);
        return bench;
    }

    private QueueRest Queue(string name) => new(http, QueueAccount.Parse("AzureWebJobsStorage", new Dictionary<string, string>(StringComparer.Ordinal) { ["AzureWebJobsStorage"] = azurite.ConnectionString }), name);
}
