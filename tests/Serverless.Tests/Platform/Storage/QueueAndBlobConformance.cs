using System.Text;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Storage;

/// <summary>What queues and blobs promise, on the real emulator.</summary>
public sealed class QueueAndBlobConformance(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task A_blob_is_put_read_listed_and_taken_away()
    {
        var blobs = azurite.Blobs();
        var container = AzuriteFixture.UniqueName("c");
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
        var queue = AzuriteFixture.UniqueName("q");
        await queues.SendAsync(queue, "{}"u8.ToArray(), TimeSpan.Zero, default);
        Assert.Equal(3, count.Storage);
        await queues.SendAsync(queue, "{}"u8.ToArray(), TimeSpan.Zero, default);
        Assert.Equal(4, count.Storage);
    }

    [Fact]
    public async Task A_message_is_read_back_as_base64_and_never_expires()
    {
        var queue = AzuriteFixture.UniqueName("q");
        const string Json = """{"text":"Grüße <&> 🙂"}""";
        await azurite.Queues().SendAsync(queue, Encoding.UTF8.GetBytes(Json), TimeSpan.Zero, default);
        var message = Assert.Single(await ReadAsync(queue));
        Assert.Equal(Json, Encoding.UTF8.GetString(Convert.FromBase64String(message.MessageText)));
        Assert.Equal(9999, message.ExpiresOn!.Value.Year);
    }

    [Fact]
    public async Task The_largest_message_fits()
    {
        var queue = AzuriteFixture.UniqueName("q");
        await azurite.Queues().SendAsync(queue, new byte[QueueStore.MaxBytes], TimeSpan.Zero, default);
        Assert.Single(await ReadAsync(queue));
    }

    [Fact]
    public async Task A_delayed_message_is_not_seen_before_its_time()
    {
        var queue = AzuriteFixture.UniqueName("q");
        await azurite.Queues().SendAsync(queue, "{}"u8.ToArray(), TimeSpan.FromDays(7), default);
        Assert.Empty(await ReadAsync(queue));
        await azurite.Queues().SendAsync(queue, "{}"u8.ToArray(), TimeSpan.FromMilliseconds(1), default); // rounded up to a second
        Assert.Empty(await ReadAsync(queue));
    }

    [Fact]
    public async Task Blobs_over_a_page_and_a_body_of_three_megabytes()
    {
        var blobs = azurite.Blobs();
        var container = AzuriteFixture.UniqueName("c");
        var large = new byte[3 * 1024 * 1024];
        new Random(1).NextBytes(large);
        await blobs.PutAsync(container, "large", large, default);
        Assert.Equal(large, (await blobs.GetAsync(container, "large", default))!.Value.ToArray());
        await foreach (var name in blobs.ListAsync(AzuriteFixture.UniqueName("none"), "", default)) Assert.Fail(name);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(4 * 1024 * 1024)]
    [InlineData((9 * 1024 * 1024) + 7)]
    public async Task A_stream_is_written_in_blocks_and_read_as_a_stream(int length)
    {
        var blobs = azurite.Blobs();
        var container = AzuriteFixture.UniqueName("c");
        var content = new byte[length];
        new Random(7).NextBytes(content);
        if (length > 0)
        {
            using var source = new MemoryStream(content);
            Assert.Null(await blobs.PutStreamAsync(container, "a/b", source, "image/png", length - 1, default));
        }

        Assert.Null(await blobs.OpenAsync(container, "a/b", default));
        using (var source = new MemoryStream(content))
        {
            var facts = await blobs.PutStreamAsync(container, "a/b", source, "image/png", length, default);
            Assert.Equal(new BlobFacts(length, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content))), facts);
        }

        await using var stream = await blobs.OpenAsync(container, "a/b", default);
        using var read = new MemoryStream();
        await stream!.CopyToAsync(read);
        Assert.Equal(content, read.ToArray());
    }

    // The text as it lies in the queue, not decoded.
    private async Task<QueueMessage[]> ReadAsync(string queue) =>
        (await new QueueClient(azurite.ConnectionString, queue,
            new QueueClientOptions(QueueClientOptions.ServiceVersion.V2024_08_04)).ReceiveMessagesAsync(32)).Value;
}
