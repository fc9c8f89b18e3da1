using Azure;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Storage;

/// <summary>A batch is written whole or not at all, and says which operation stood in its way.</summary>
public sealed class BatchConformance(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly string _table = AzuriteFixture.UniqueName();
    private readonly CallCount _count = new();

    [Fact]
    public async Task All_rows_are_written_and_get_their_versions()
    {
        var tables = azurite.Tables(_count);
        var rows = Enumerable.Range(0, 100)
            .Select(i => new TableRow("p", $"r{i}") { ["N"] = i, ["Text"] = "HTTP/1.1 409 Conflict\r\n--changeset_ PATCH {" }).ToArray();
        var result = await tables.BatchAsync(_table, [.. rows.Select(r => new TableOperation.Insert(r))], default);
        Assert.Equal(new BatchResult(WriteState.Written, -1), result);
        Assert.Equal(3, _count.Storage); // no table yet: batch, create, batch
        Assert.Equal(rows[99].ETag, (await tables.GetAsync(_table, "p", "r99", default))!.ETag);
        Assert.All(rows, row => Assert.NotEqual(default, row.ETag));
    }

    [Fact]
    public async Task Every_kind_of_operation_fits_in_one_batch()
    {
        var tables = azurite.Tables();
        var replaced = new TableRow("p", "replaced") { ["A"] = 1, ["B"] = 1 };
        var merged = new TableRow("p", "merged") { ["A"] = 1, ["B"] = 1 };
        var deleted = new TableRow("p", "deleted");
        await tables.BatchAsync(_table,
            [new TableOperation.Insert(replaced), new TableOperation.Insert(merged), new TableOperation.Insert(deleted)], default);
        var upserted = new TableRow("p", "upserted") { ["A"] = 2 };
        var before = replaced.ETag;
        var result = await tables.BatchAsync(
            _table,
            [
                new TableOperation.Delete("p", "deleted", deleted.ETag),
                new TableOperation.Replace(new TableRow("p", "replaced") { ["A"] = 2 }, before),
                new TableOperation.Merge(new TableRow("p", "merged") { ["A"] = 2 }, ETag.All),
                new TableOperation.Upsert(upserted),
            ],
            default);
        Assert.Equal(WriteState.Written, result.State);
        Assert.Null(await tables.GetAsync(_table, "p", "deleted", default));
        var read = await tables.GetAsync(_table, "p", "replaced", default);
        Assert.Equal((2, (int?)null), (read!.Int("A"), read.Int("B")));
        Assert.NotEqual(before, read.ETag);
        Assert.Equal((2, 1),
            ((await tables.GetAsync(_table, "p", "merged", default))!.Int("A"),
                (await tables.GetAsync(_table, "p", "merged", default))!.Int("B")));
        Assert.Equal(upserted.ETag, (await tables.GetAsync(_table, "p", "upserted", default))!.ETag);
    }

    [Fact]
    public async Task What_stands_in_the_way_is_named_and_nothing_is_written()
    {
        var tables = azurite.Tables();
        var taken = new TableRow("p", "taken") { ["A"] = 1 };
        await tables.InsertAsync(_table, taken, default);
        var old = taken.ETag;
        await tables.MergeAsync(_table, new TableRow("p", "taken") { ["A"] = 2 }, ETag.All, default);

        TableOperation New(string key) => new TableOperation.Insert(new TableRow("p", key));
        Assert.Equal(new BatchResult(WriteState.Exists, 0), await tables.BatchAsync(_table, [New("taken"), New("a")], default));
        Assert.Equal(new BatchResult(WriteState.Exists, 2), await tables.BatchAsync(_table, [New("a"), New("b"), New("taken")], default));
        Assert.Equal(new BatchResult(WriteState.Changed, 1),
            await tables.BatchAsync(_table, [New("a"), new TableOperation.Replace(taken, old)], default));
        Assert.Equal(new BatchResult(WriteState.Changed, 1),
            await tables.BatchAsync(_table, [New("a"), new TableOperation.Delete("p", "taken", old)], default));
        Assert.Equal(new BatchResult(WriteState.Missing, 1),
            await tables.BatchAsync(_table, [New("a"), new TableOperation.Merge(new TableRow("p", "none"), ETag.All)], default));
        Assert.Equal(
            new BatchResult(WriteState.Exists, 12),
            await tables.BatchAsync(_table, [.. Enumerable.Range(0, 12).Select(i => New($"n{i}")), New("taken")], default));
        Assert.Equal("taken", Assert.Single((await tables.QueryAsync(_table, TableQuery.Partition("p"), default)).Rows).RowKey);
    }

    /// <summary>A row that was erased while a batch was made stays erased: on the wire a change without a version named is an
    /// insert.</summary>
    [Fact]
    public async Task A_change_of_a_row_that_is_gone_creates_nothing()
    {
        var tables = azurite.Tables();
        var erased = new TableRow("p", "erased") { ["A"] = 1 };
        await tables.InsertAsync(_table, erased, default);
        var old = erased.ETag;
        await tables.DeleteAsync(_table, "p", "erased", ETag.All, default);

        TableOperation[] others = [.. Enumerable.Range(0, 3).Select(i => new TableOperation.Insert(new TableRow("p", $"n{i}")))];
        TableRow Row() => new("p", "erased") { ["A"] = 2 };
        foreach (var change in new TableOperation[]
        {
            new TableOperation.Replace(Row(), old), new TableOperation.Replace(Row(), ETag.All),
            new TableOperation.Merge(Row(), old), new TableOperation.Merge(Row(), ETag.All),
            new TableOperation.Delete("p", "erased", old),
        })
        {
            var result = await tables.BatchAsync(_table, [.. others, change], default);
            Assert.Equal(new BatchResult(WriteState.Missing, 3), result);
        }

        Assert.Equal(WriteState.Missing, (await tables.ReplaceAsync(_table, Row(), ETag.All, default)).State);
        Assert.Empty((await tables.QueryAsync(_table, TableQuery.Partition("p"), default)).Rows);
        foreach (var unnamed in new TableOperation[] { new TableOperation.Replace(Row(), default), new TableOperation.Merge(Row(), default),
            new TableOperation.Delete("p", "erased", default) })
            await Assert.ThrowsAsync<ArgumentException>(() => tables.BatchAsync(_table, [.. others, unnamed], default));
    }

    [Fact]
    public async Task What_the_service_would_refuse_is_refused_before_sending()
    {
        var tables = azurite.Tables(_count);
        TableOperation New(string partition, string key) => new TableOperation.Insert(new TableRow(partition, key));
        Task Refused(params TableOperation[] operations) =>
            Assert.ThrowsAnyAsync<ArgumentException>(() => tables.BatchAsync(_table, operations, default));
        await Refused();
        await Refused([.. Enumerable.Range(0, 101).Select(i => New("p", $"{i}"))]);
        await Refused(New("p", "a"), New("q", "b"));
        await Refused(New("p", "a"), New("p", "a"));
        await Refused(New("p", "a/b"));
        await Refused(new TableOperation.Merge(new TableRow("p", "a"), default));
        var large = Enumerable.Range(0, 5).Select(i =>
        {
            var row = new TableRow("p", $"{i}");
            row.SetBytes("body", new byte[TableRow.MaxBytes]);
            return (TableOperation)new TableOperation.Insert(row);
        });
        await Refused([.. large]);
        Assert.Equal(0, _count.Storage);
    }
}
