using System.Text;
using Serverless.Telemetry;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Storage;

[Collection("azurite")]
public sealed class QueueAndBlobConformance(AzuriteFixture azurite)
{
    [Fact]
    public async Task A_blob_is_put_read_listed_and_taken_away()
    {
        var blobs = azurite.Blobs();
        var container = azurite.UniqueName("c");
        var content = Encoding.UTF8.GetBytes("Grüße 🙂");
        Assert.Null(await blobs.GetAsync(container, "a/b", default));
        await blobs.PutAsync(container, "2026-11/a b+ü%'&?#.bin", content, default);
        await blobs.PutAsync(container, "2026-11/empty", ReadOnlyMemory<byte>.Empty, default);
        await blobs.PutAsync(container, "2026-12/other", content, default);

        Assert.Equal(content, (await blobs.GetAsync(container, "2026-11/a b+ü%'&?#.bin", default))!.Value.ToArray());
        Assert.Equal(0, (await blobs.GetAsync(container, "2026-11/empty", default))!.Value.Length);
        var names = new List<string>();
        await foreach (var name in blobs.ListAsync(container, "2026-11/", default)) names.Add(name);
        Assert.Equal(["2026-11/a b+ü%'&?#.bin", "2026-11/empty"], names);

        await blobs.DeleteAsync(container, "2026-11/empty", default);
        await blobs.DeleteAsync(container, "2026-11/empty", default);
        Assert.Null(await blobs.GetAsync(container, "2026-11/empty", default));
    }

    [Fact]
    public async Task An_unknown_queue_is_created_by_the_first_message_and_then_costs_one_call()
    {
        var count = new CallCount();
        var queues = azurite.Queues(count);
        var queue = azurite.UniqueName("q");
        await queues.SendAsync(queue, "{}"u8.ToArray(), TimeSpan.Zero, default);
        Assert.Equal(3, count.Storage);
        await queues.SendAsync(queue, "{}"u8.ToArray(), TimeSpan.Zero, default);
        Assert.Equal(4, count.Storage);
    }
}
