using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Storage;

/// <summary>Limits of the real service that the emulator does not hold are held by us, before a call goes out.</summary>
public sealed class LimitTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly CallCount _count = new();

    public static TheoryData<string> BadKeys => new("", "a/b", "a\\b", "a#b", "a?b", "a\nb", "a\u007fb", "a\u0085b", new string('k', 513));

    [Theory]
    [MemberData(nameof(BadKeys))]
    public async Task A_key_that_the_service_refuses_is_refused(string key)
    {
        var tables = azurite.Tables(_count);
        await Assert.ThrowsAsync<ImpossibleKeyException>(() => tables.InsertAsync("limits", new TableRow("p", key), default));
        await Assert.ThrowsAsync<ImpossibleKeyException>(() => tables.InsertAsync("limits", new TableRow(key, "r"), default));
        await Assert.ThrowsAsync<ImpossibleKeyException>(() => tables.GetAsync("limits", "p", key, default));
        Assert.Throws<ImpossibleKeyException>(() => TableQuery.Partition(key));
        Assert.Equal(0, _count.Storage);
    }

    [Fact]
    public async Task A_row_that_the_service_refuses_is_refused()
    {
        var tables = azurite.Tables(_count);
        async Task Refused(Action<TableRow> fill)
        {
            var row = new TableRow("p", "r");
            await Assert.ThrowsAsync<ArgumentException>(() =>
            {
                fill(row); // a name is refused where it is set, a size where it is sent
                return tables.UpsertAsync("limits", row, default);
            });
        }

        await Refused(row => row["Text"] = new string('x', 32_769));
        await Refused(row => row["Bytes"] = new byte[65_537]);
        await Refused(row => { for (var i = 0; i < 253; i++) row[$"P{i}"] = i; });
        await Refused(row => { for (var i = 0; i < 17; i++) row[$"P{i}"] = new string('x', 32_000); });
        await Refused(row => row["no-dash"] = 1);
        await Refused(row => row["1st"] = 1);
        await Refused(row => row["Timestamp"] = 1);
        await Refused(row => row["Time"] = new DateTimeOffset(1600, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Throws<ArgumentException>(() => new TableRow("p", "r") { ["X"] = 1.5m });
        Assert.Throws<ArgumentException>(() => new TableRow("p", "r").SetBytes("b", new byte[TableRow.MaxBytes + 1]));
        Assert.Equal(0, _count.Storage);
    }

    [Fact]
    public async Task What_just_fits_is_taken()
    {
        var tables = azurite.Tables();
        var table = AzuriteFixture.UniqueName();
        var row = new TableRow(new string('p', 512), new string('r', 512)) { ["Text"] = new string('ü', 32_768) };
        for (var i = 0; i < 250; i++) row[$"P{i}"] = i;
        Assert.Equal(WriteState.Written, (await tables.InsertAsync(table, row, default)).State);
    }

    [Fact]
    public async Task A_batch_takes_no_more_bytes_than_were_reckoned_and_most_need_no_counting()
    {
        // Values that need the most room: marks that JSON escapes, bytes whose base64 has them, keys that a URL escapes.
        var row = new TableRow("p'ü\U0001F60A", new string('\'', 200) + new string('€', 300))
        {
            ["Text"] = string.Concat(Enumerable.Repeat("<\"ü€\0+\U0001F60A", 500)),
            ["Äöü"] = "ä",
            ["Int"] = int.MinValue,
            ["Long"] = long.MinValue,
            ["Double"] = -1.7976931348623157E+308,
            ["Flag"] = false,
            ["Id"] = Guid.NewGuid(),
            ["Time"] = DateTimeOffset.MaxValue,
        };
        row.SetBytes("Body", Enumerable.Repeat<byte>(0xFB, 3_000).ToArray());
        TableOperation[] operations =
        [
            new TableOperation.Insert(row),
            new TableOperation.Merge(
                new TableRow(row.PartitionKey, "m") { ["A"] = 1 },
                new Azure.ETag("W/\"datetime'2026-01-01T00%3A00%3A00.0000000Z'\"")),
            new TableOperation.Upsert(new TableRow(row.PartitionKey, "u")),
            new TableOperation.Delete(row.PartitionKey, "d", Azure.ETag.All),
        ];
        await using var wire = await RecordingEndpoint.StartAsync(202);
        await Assert.ThrowsAsync<StorageUnavailableException>(() =>
            new TableStore(TroubleTests.At(wire), _count).BatchAsync("limits", operations, default));
        var sent = Assert.Single(wire.Requests).Body.Length;
        var reckoned = (3 * TableLimits.CheckKeys(row.PartitionKey, "m")) + TableLimits.CheckRow(row);
        Assert.InRange(reckoned, sent, 6 * sent);

        TableBatch.Actions(operations, out var mayBeTooLong);
        Assert.False(mayBeTooLong);
        // A hundred rows of a usual size, and no more than that.
        TableBatch.Actions(Rows(5_000), out mayBeTooLong);
        Assert.False(mayBeTooLong);
        TableBatch.Actions(Rows(32_000), out mayBeTooLong);
        Assert.True(mayBeTooLong);

        static List<TableOperation> Rows(int characters) =>
            [.. Enumerable.Range(0, 100)
                .Select(i => new TableOperation.Insert(new TableRow("p", $"{i}") { ["Text"] = new string('x', characters) }))];
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("1abc")]
    [InlineData("a-b")]
    [InlineData("a')x")]
    public async Task A_table_name_that_is_none_is_refused(string table) =>
        await Assert.ThrowsAsync<ArgumentException>(() => azurite.Tables().InsertAsync(table, new TableRow("p", "r"), default));

    [Fact]
    public async Task A_query_without_bounds_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => TableQuery.Partition("p").Top(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => TableQuery.Partition("p").Top(1001));
        Assert.Throws<ArgumentException>(() => TableQuery.Partitions("b", "a"));
        Assert.Throws<ArgumentException>(() => TableQuery.Literal(new object()));
        await Assert.ThrowsAsync<ArgumentException>(() =>
            azurite.Queues().SendAsync("Upper", ReadOnlyMemory<byte>.Empty, default, default));
        await Assert.ThrowsAsync<ArgumentException>(() =>
            azurite.Queues().SendAsync("queue", new byte[QueueStore.MaxBytes + 1], default, default));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            azurite.Queues().SendAsync("queue", default, TimeSpan.FromDays(8), default));
        await Assert.ThrowsAsync<ArgumentException>(() => azurite.Blobs().PutAsync("container", "a/../b", default, default));
        await Assert.ThrowsAsync<ArgumentException>(() => azurite.Blobs().PutAsync("con--tainer", "a", default, default));
    }
}
