using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Storage;

/// <summary>What a query finds, in order, page by page.</summary>
public sealed class QueryConformance(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly string _table = AzuriteFixture.UniqueName();
    private readonly CallCount _count = new();

    [Fact]
    public async Task More_than_a_thousand_rows_come_page_by_page_each_once_and_in_order()
    {
        var tables = azurite.Tables(_count);
        for (var start = 0; start < 1100; start += 100)
            await tables.BatchAsync(_table,
                [.. Enumerable.Range(start, 100).Select(i => new TableOperation.Insert(new TableRow("ü p'", $"{i:D5} ä")))], default);
        var before = _count.Storage;
        var keys = new List<string>();
        await foreach (var row in tables.QueryAllAsync(_table, TableQuery.Partition("ü p'"), default)) keys.Add(row.RowKey);
        Assert.Equal([.. Enumerable.Range(0, 1100).Select(i => $"{i:D5} ä")], keys);
        Assert.Equal(2, _count.Storage - before);
    }

    [Fact]
    public async Task A_continuation_goes_on_where_the_page_ended()
    {
        var tables = azurite.Tables();
        foreach (var partition in new[] { "a", "b" })
            await tables.BatchAsync(_table,
                [.. Enumerable.Range(0, 5).Select(i => new TableOperation.Insert(new TableRow(partition, $"{i}")))], default);
        var query = TableQuery.Partitions("a", "c").Top(4);
        var keys = new List<string>();
        string? continuation = null;
        do
        {
            var page = await tables.QueryAsync(_table, query, default, continuation);
            Assert.True(page.Rows.Count <= 4);
            keys.AddRange(page.Rows.Select(r => r.PartitionKey + r.RowKey));
            continuation = page.Continuation;
            Assert.True(continuation is null || continuation.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
        }
        while (continuation is not null);
        Assert.Equal(["a0", "a1", "a2", "a3", "a4", "b0", "b1", "b2", "b3", "b4"], keys);
    }

    [Theory]
    [InlineData("not base64!")]
    [InlineData("a")]
    public async Task A_continuation_that_is_none_is_refused(string continuation) =>
        await Assert.ThrowsAsync<ArgumentException>(() =>
            azurite.Tables().QueryAsync(_table, TableQuery.Partition("p"), default, continuation));

    [Fact]
    public async Task Conditions_narrow_what_is_found()
    {
        var tables = azurite.Tables();
        var noon = new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
        TableRow Row(string key, string text, long number, DateTimeOffset time) =>
            new("p", key) { ["Text"] = text, ["Number"] = number, ["Time"] = time, ["Flag"] = number > 1 };
        await tables.BatchAsync(
            _table,
            [
                new TableOperation.Insert(Row("event|1", "it's", 1, noon)),
                new TableOperation.Insert(Row("event|2", "ü", 5_000_000_000, noon.AddHours(1))),
                new TableOperation.Insert(Row("head", "it's", 2, noon.AddHours(2))),
            ],
            default);
        async Task<string> Found(TableQuery query) =>
            string.Join(' ', (await tables.QueryAsync(_table, query, default)).Rows.Select(r => r.RowKey));
        var partition = TableQuery.Partition("p");
        Assert.Equal("event|1 event|2", await Found(partition.RowPrefix("event|")));
        Assert.Equal("event|2", await Found(partition.Rows("event|2", "head")));
        Assert.Equal("event|1 head", await Found(partition.Where($"Text eq {TableQuery.Literal("it's")}")));
        Assert.Equal("event|2", await Found(partition.Where($"Number ge {TableQuery.Literal(5_000_000_000)} or Text eq 'none'")));
        Assert.Equal("event|2 head", await Found(partition.Where($"Time gt {TableQuery.Literal(noon)}")));
        Assert.Equal("event|2",
            await Found(partition.RowPrefix("event|").Where($"Flag eq {TableQuery.Literal(true)}").Where("Text ne 'x'")));
        var selected = Assert.Single((await tables.QueryAsync(_table, partition.RowPrefix("head").Select("Number"), default)).Rows);
        Assert.Equal(("p", "head", 2L, null), (selected.PartitionKey, selected.RowKey, selected.Long("Number"), selected.Text("Text")));
    }

    [Fact]
    public async Task A_range_of_partitions_ends_before_its_end()
    {
        var tables = azurite.Tables();
        foreach (var partition in new[] { "00|a", "00|b", "01|a", "02|a" })
            await tables.InsertAsync(_table, new TableRow(partition, "r"), default);
        var page = await tables.QueryAsync(_table, TableQuery.Partitions("00|b", "02|a"), default);
        Assert.Equal("00|b 01|a", string.Join(' ', page.Rows.Select(r => r.PartitionKey)));
    }
}
