using Serverless.Platform.Storage;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Storage;

/// <summary>What goes into a row comes out of it the same.</summary>
public sealed class RowConformance(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly DateTimeOffset Moment = new DateTimeOffset(2026, 11, 20, 9, 15, 0, TimeSpan.FromHours(2)).AddTicks(1234567);
    private readonly string _table = AzuriteFixture.UniqueName();
    private readonly TableStore _tables = azurite.Tables();

    [Fact]
    public async Task Every_type_comes_back_as_it_went()
    {
        var id = Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");
        var row = new TableRow("p", "r")
        {
            ["Text"] = "Grüße, 'Zitat' \"quote\" \\ <b> & 🙂 \u2028 \r\n\t \u0001 {}",
            ["Empty"] = "",
            ["LooksLikeATime"] = "2026-11-20T09:15:00Z",
            ["LooksLikeANumber"] = "42",
            ["Int"] = int.MinValue,
            ["Long"] = long.MaxValue,
            ["SmallLong"] = 5L,
            ["Flag"] = true,
            ["NoFlag"] = false,
            ["Half"] = 0.5,
            ["Whole"] = 2.0,
            ["Time"] = Moment,
            ["Bytes"] = new byte[] { 0, 1, 255 },
            ["NoBytes"] = Array.Empty<byte>(),
            ["Id"] = id,
            ["Nothing"] = null,
        };
        await _tables.InsertAsync(_table, row, default);
        var read = (await _tables.GetAsync(_table, "p", "r", default))!;
        AssertSame(row, read);
        Assert.Equal(TimeSpan.Zero, read.Time("Time")!.Value.Offset);
        Assert.Null(read["Nothing"]);
        Assert.Equal(5L, read.Long("SmallLong"));
        Assert.Null(read.Text("Int"));
        AssertSame(row, Assert.Single((await _tables.QueryAsync(_table, TableQuery.Partition("p"), default)).Rows));

        var batched = new TableRow("p", "batched");
        foreach (var name in new[] { "Text", "Time", "Bytes", "Id", "Long", "Whole" }) batched[name] = row[name];
        await _tables.BatchAsync(_table, [new TableOperation.Insert(batched)], default);
        AssertSame(batched, (await _tables.GetAsync(_table, "p", "batched", default))!);
    }

    [Theory]
    [InlineData("it's", "o''brien")]
    [InlineData("a b+c%20d", "x=y&z;,:@$!()*")]
    [InlineData("ü🙂", "日本語")]
    [InlineData("0f|meta|2026112009", "event|aGFsbG8_-")]
    [InlineData("..", ".")]
    [InlineData("{json:\"x\"}", "<xml>[1]^`~")]
    public async Task Odd_keys_find_their_row(string partitionKey, string rowKey)
    {
        var row = new TableRow(partitionKey, rowKey) { ["N"] = 1 };
        Assert.Equal(WriteState.Written, (await _tables.InsertAsync(_table, row, default)).State);
        Assert.Equal(1, (await _tables.GetAsync(_table, partitionKey, rowKey, default))!.Int("N"));
        row["N"] = 2;
        Assert.Equal(WriteState.Written, (await _tables.ReplaceAsync(_table, row, row.ETag, default)).State);
        var batch = await _tables.BatchAsync(_table, [new TableOperation.Merge(new TableRow(partitionKey, rowKey) { ["M"] = 3 }, row.ETag)],
            default);
        Assert.Equal(WriteState.Written, batch.State);
        var read = Assert.Single((await _tables.QueryAsync(_table, TableQuery.Partition(partitionKey).RowPrefix(rowKey), default)).Rows);
        Assert.Equal((rowKey, 2, 3), (read.RowKey, read.Int("N"), read.Int("M")));
        Assert.Equal(WriteState.Written, (await _tables.DeleteAsync(_table, partitionKey, rowKey, read.ETag, default)).State);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(200_000)]
    [InlineData(TableRow.MaxBytes)]
    public async Task Bytes_spread_over_properties_come_back_whole(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        var row = new TableRow("p", $"r{length}") { ["Channel"] = "meta" };
        row.SetBytes("body", bytes);
        await _tables.InsertAsync(_table, row, default);
        var read = await _tables.GetAsync(_table, "p", $"r{length}", default);
        Assert.Equal(bytes, read!.Bytes("body")!.Value.ToArray());
        Assert.Null(read.Bytes("other"));
    }

    [Fact]
    public async Task Shorter_bytes_merged_over_longer_ones_come_back_short()
    {
        var row = new TableRow("p", "r");
        row.SetBytes("body", new byte[150_000]);
        await _tables.InsertAsync(_table, row, default);
        var merge = new TableRow("p", "r");
        merge.SetBytes("body", new byte[65_536]);
        await _tables.MergeAsync(_table, merge, row.ETag, default);
        Assert.Equal(65_536, (await _tables.GetAsync(_table, "p", "r", default))!.Bytes("body")!.Value.Length);
        row.SetBytes("body", new byte[10]);
        Assert.Null(row["body1"]);
    }

    [Fact]
    public async Task Only_the_properties_asked_for_come_back()
    {
        await _tables.InsertAsync(_table, new TableRow("p", "r") { ["A"] = 1, ["B"] = 2L, ["C"] = "c" }, default);
        var read = await _tables.GetAsync(_table, "p", "r", default, "A,B");
        Assert.Equal(("p", "r", 1, 2L, null), (read!.PartitionKey, read.RowKey, read.Int("A"), read.Long("B"), read.Text("C")));
    }

    private static void AssertSame(TableRow expected, TableRow actual)
    {
        Assert.Equal(expected.Values.Count(), actual.Values.Count());
        foreach (var (name, value) in expected.Values)
        {
            if (value is ReadOnlyMemory<byte> bytes) Assert.Equal(bytes.ToArray(), ((ReadOnlyMemory<byte>)actual[name]!).ToArray());
            else Assert.Equal((name, value), (name, actual[name]));
        }
    }
}
