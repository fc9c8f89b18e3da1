using Serverless.Storage;
using Serverless.Telemetry;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Storage;

[Collection("azurite")]
public sealed class StoreConformance(AzuriteFixture azurite)
{
    private readonly string _table = azurite.UniqueName();
    private readonly CallCount _count = new();

    [Fact]
    public async Task An_insert_is_written_once_and_then_exists()
    {
        var tables = azurite.Tables(_count);
        var row = new TableRow("p", "r") { ["Name"] = "Ä" };
        var first = await tables.InsertAsync(_table, row, default);
        Assert.Equal(WriteState.Written, first.State);
        Assert.NotEqual(default, first.ETag);
        Assert.Equal(first.ETag, row.ETag);
        Assert.Equal(3, _count.Storage); // no table yet: insert, create, insert
        Assert.Equal(WriteState.Exists, (await tables.InsertAsync(_table, new TableRow("p", "r") { ["Name"] = "B" }, default)).State);
        Assert.Equal(4, _count.Storage);
        var read = await tables.GetAsync(_table, "p", "r", default);
        Assert.Equal("Ä", read!.Text("Name"));
        Assert.Equal(first.ETag, read.ETag);
        Assert.Equal(5, _count.Storage);
    }

    [Fact]
    public async Task A_batch_is_written_whole_and_gives_every_row_its_version()
    {
        var tables = azurite.Tables(_count);
        var rows = Enumerable.Range(0, 3).Select(i => new TableRow("p", $"r{i}") { ["N"] = i }).ToArray();
        var result = await tables.BatchAsync(_table, [.. rows.Select(r => new TableOperation.Insert(r))], default);
        Assert.Equal(WriteState.Written, result.State);
        Assert.Equal(3, _count.Storage); // no table yet: batch, create, batch
        foreach (var row in rows) Assert.Equal(row.ETag, (await tables.GetAsync(_table, "p", row.RowKey, default))!.ETag);
    }

    [Fact]
    public async Task A_failed_batch_names_the_operation_and_writes_nothing()
    {
        var tables = azurite.Tables();
        await tables.InsertAsync(_table, new TableRow("p", "taken"), default);
        var exists = await tables.BatchAsync(_table, [new TableOperation.Insert(new TableRow("p", "a")), new TableOperation.Insert(new TableRow("p", "taken"))], default);
        Assert.Equal(new BatchResult(WriteState.Exists, 1), exists);
        Assert.Null(await tables.GetAsync(_table, "p", "a", default));
    }
}
