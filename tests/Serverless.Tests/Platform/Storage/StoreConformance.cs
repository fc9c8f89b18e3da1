using Azure;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Storage;

/// <summary>What one row's writes promise, on the real emulator, with the calls they cost.</summary>
public sealed class StoreConformance : IClassFixture<AzuriteFixture>
{
    private readonly string _table;
    private readonly CallCount _count = new();
    private readonly TableStore _tables;

    public StoreConformance(AzuriteFixture azurite)
    {
        _table = AzuriteFixture.UniqueName();
        _tables = azurite.Tables(_count);
    }

    [Fact]
    public async Task An_insert_is_written_once_and_then_exists()
    {
        var row = new TableRow("p", "r") { ["Name"] = "Ä" };
        var first = await _tables.InsertAsync(_table, row, default);
        Assert.Equal(WriteState.Written, first.State);
        Assert.NotEqual(default, first.ETag);
        Assert.Equal(first.ETag, row.ETag);
        Assert.Equal(WriteState.Exists, (await _tables.InsertAsync(_table, new TableRow("p", "r") { ["Name"] = "B" }, default)).State);
        var read = await _tables.GetAsync(_table, "p", "r", default);
        Assert.Equal("Ä", read!.Text("Name"));
        Assert.Equal(first.ETag, read.ETag);
    }

    [Fact]
    public async Task An_unknown_table_is_created_once_and_then_every_call_is_one_request()
    {
        await _tables.InsertAsync(_table, new TableRow("p", "1"), default);
        Assert.Equal(3, _count.Storage); // insert, create, insert
        await _tables.InsertAsync(_table, new TableRow("p", "2"), default);
        await _tables.UpsertAsync(_table, new TableRow("p", "2"), default);
        await _tables.GetAsync(_table, "p", "2", default);
        await _tables.DeleteAsync(_table, "p", "2", ETag.All, default);
        Assert.Equal(7, _count.Storage);
    }

    [Fact]
    public async Task Many_first_writes_at_once_create_the_table_together()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 16)
            .Select(i => _tables.InsertAsync(_table, new TableRow("p", $"{i}"), default)));
        Assert.All(results, r => Assert.Equal(WriteState.Written, r.State));
    }

    [Fact]
    public async Task An_unknown_table_reads_as_empty_and_is_not_created()
    {
        Assert.Null(await _tables.GetAsync(_table, "p", "r", default));
        Assert.Empty((await _tables.QueryAsync(_table, TableQuery.Partition("p"), default)).Rows);
        Assert.Equal(WriteState.Missing, (await _tables.DeleteAsync(_table, "p", "r", ETag.All, default)).State);
        Assert.Equal(WriteState.Missing, (await _tables.MergeAsync(_table, new TableRow("p", "r"), ETag.All, default)).State);
        Assert.Equal(4, _count.Storage);
        await _tables.DropAsync(_table, default);
    }

    [Fact]
    public async Task Replace_writes_only_over_the_version_named()
    {
        var row = new TableRow("p", "r") { ["A"] = 1, ["B"] = 2 };
        var old = (await _tables.InsertAsync(_table, row, default)).ETag;
        var second = await _tables.ReplaceAsync(_table, new TableRow("p", "r") { ["A"] = 3 }, old, default);
        Assert.Equal(WriteState.Written, second.State);
        Assert.NotEqual(old, second.ETag);
        Assert.Equal(WriteState.Changed, (await _tables.ReplaceAsync(_table, new TableRow("p", "r") { ["A"] = 4 }, old, default)).State);
        Assert.Equal(WriteState.Missing, (await _tables.ReplaceAsync(_table, new TableRow("p", "none"), old, default)).State);
        var read = await _tables.GetAsync(_table, "p", "r", default);
        Assert.Equal((3, (int?)null), (read!.Int("A"), read.Int("B")));
        Assert.Equal(WriteState.Written, (await _tables.ReplaceAsync(_table, read, read.ETag, default)).State);
    }

    [Fact]
    public async Task Merge_keeps_the_other_properties_and_never_creates()
    {
        await _tables.InsertAsync(_table, new TableRow("p", "r") { ["A"] = 1, ["B"] = 2 }, default);
        Assert.Equal(WriteState.Written, (await _tables.MergeAsync(_table, new TableRow("p", "r") { ["B"] = 5 }, ETag.All, default)).State);
        var read = await _tables.GetAsync(_table, "p", "r", default);
        Assert.Equal((1, 5), (read!.Int("A"), read.Int("B")));
        Assert.Equal(WriteState.Missing,
            (await _tables.MergeAsync(_table, new TableRow("p", "erased") { ["B"] = 5 }, ETag.All, default)).State);
        Assert.Null(await _tables.GetAsync(_table, "p", "erased", default));
        Assert.Equal(WriteState.Changed,
            (await _tables.MergeAsync(_table, new TableRow("p", "r") { ["B"] = 6 },
                new ETag("W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\""), default)).State);
        await Assert.ThrowsAsync<ArgumentException>(() => _tables.MergeAsync(_table, new TableRow("p", "r"), default, default));
    }

    [Fact]
    public async Task Upsert_writes_whatever_was_there()
    {
        Assert.Equal(WriteState.Written, (await _tables.UpsertAsync(_table, new TableRow("p", "r") { ["A"] = 1 }, default)).State);
        Assert.Equal(WriteState.Written, (await _tables.UpsertAsync(_table, new TableRow("p", "r") { ["B"] = 2 }, default)).State);
        var read = await _tables.GetAsync(_table, "p", "r", default);
        Assert.Equal(((int?)null, 2), (read!.Int("A"), read.Int("B")));
    }

    [Fact]
    public async Task Delete_takes_only_the_version_named()
    {
        var old = (await _tables.InsertAsync(_table, new TableRow("p", "r"), default)).ETag;
        var now = (await _tables.UpsertAsync(_table, new TableRow("p", "r"), default)).ETag;
        Assert.Equal(WriteState.Changed, (await _tables.DeleteAsync(_table, "p", "r", old, default)).State);
        Assert.Equal(WriteState.Written, (await _tables.DeleteAsync(_table, "p", "r", now, default)).State);
        Assert.Equal(WriteState.Missing, (await _tables.DeleteAsync(_table, "p", "r", ETag.All, default)).State);
    }

    [Fact]
    public async Task A_dropped_table_is_gone_with_its_rows()
    {
        await _tables.InsertAsync(_table, new TableRow("p", "r"), default);
        await _tables.DropAsync(_table, default);
        Assert.Null(await _tables.GetAsync(_table, "p", "r", default));
    }
}
