using Serverless.Local.CommandLine;
using Serverless.Local.Export;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Infra;

/// <summary>A nightly export put back into an empty account: the app goes on with it as if nothing had happened.</summary>
public sealed class When_tables_are_exported(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static TableCopy Copy(string tables, string blobs) => new(CopyAccount.Local(tables), CopyAccount.Local(blobs), "exports");

    [Fact]
    public async Task The_app_goes_on_in_another_account()
    {
        await using var before = await TestApp.StartAsync(azurite);
        await before.AcceptAsync(
            MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Müller: \"läuft\" nicht / 'gar' nicht #1?",
                before.Time.GetUtcNow())));
        await before.DrainAsync();
        var left = await before.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.2", "493023125018", "Hallo", before.Time.GetUtcNow())));
        var (name, exported) = await Copy(before.ConnectionString, before.ConnectionString)
            .ExportAsync(before.Time.GetUtcNow(), _ => { }, CancellationToken.None);

        var other = azurite.OwnAccount();
        var restored = await Copy(other, before.ConnectionString).RestoreAsync(name, over: false, _ => { }, CancellationToken.None);
        Assert.Equal(exported, restored);
        Assert.True(exported["cases"] > 1);

        // The pointer of the second message stayed behind in the old queue: Tick finds its delivery. The first one, sent again, is known.
        await using var after = await TestApp.StartAsync(other, null, before.Time);
        after.Time.Advance(TimeSpan.FromMinutes(16));
        await after.TickAsync();
        await after.DrainAsync();
        Assert.Equal("ended: case", await after.EndOfAsync(left));
        var again = await after.AcceptAsync(
            MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Müller: \"läuft\" nicht / 'gar' nicht #1?",
                before.Time.GetUtcNow())));
        await after.DrainAsync();
        Assert.Equal("ended: duplicate", await after.EndOfAsync(again));
    }

    [Fact]
    public async Task Every_type_and_key_comes_back_as_it_was()
    {
        var (from, to) = (azurite.OwnAccount(), azurite.OwnAccount());
        var row = new TableRow("ä|%2F'x'", "r=1&b c+d") { ["Text"] = "Grüße\n\"x\"", ["Number"] = 7, ["Long"] = 5_000_000_000L,
            ["Real"] = 1.5, ["Yes"] = true, ["Id"] = Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e"),
            ["At"] = new DateTimeOffset(2026, 11, 22, 1, 2, 3, 456, TimeSpan.Zero), ["Bytes"] = new byte[] { 0, 1, 255 } };
        // Not 1.0: the emulator gives that back as a whole number.
        await Tables(from).InsertAsync("cases", row, CancellationToken.None);
        for (var i = 0; i < 11; i++)
            await Tables(from)
                .BatchAsync("views",
                    [.. Enumerable.Range(i * 100, 100).Select(n => new TableOperation.Insert(new TableRow("many", $"{n:d5}")))],
                    CancellationToken.None);

        var (name, rows) = await Copy(from, from).ExportAsync(new FakeTime().GetUtcNow(), _ => { }, CancellationToken.None);
        Assert.Equal(1_100, rows["views"]);
        await Copy(to, from).RestoreAsync(name, over: false, _ => { }, CancellationToken.None);
        var back = (await Tables(to).GetAsync("cases", row.PartitionKey, row.RowKey, CancellationToken.None))!;
        foreach (var property in new[] { "Text", "Number", "Long", "Real", "Yes", "Id", "At" }) Assert.Equal(row[property], back[property]);
        Assert.Equal([0, 1, 255], ((ReadOnlyMemory<byte>)back["Bytes"]!).ToArray());
    }

    [Fact]
    public async Task Rows_that_are_there_and_an_export_that_did_not_end_are_refused()
    {
        var from = azurite.OwnAccount();
        await Tables(from).InsertAsync("cases", new TableRow("a", "head"), CancellationToken.None);
        var copy = Copy(from, from);
        var (name, _) = await copy.ExportAsync(new FakeTime().GetUtcNow(), _ => { }, CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<Refusal>(() => copy.RestoreAsync(name, over: false, _ => { }, CancellationToken.None));
        Assert.Contains("Table cases", refusal.Message, StringComparison.Ordinal);
        await copy.RestoreAsync(name, over: true, _ => { }, CancellationToken.None);
        refusal = await Assert.ThrowsAsync<Refusal>(() =>
            copy.RestoreAsync("2020-01-01T000000Z", over: true, _ => { }, CancellationToken.None));
        Assert.Contains("no such export", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_account_elsewhere_is_not_spoken_to_by_a_key()
    {
        foreach (var text in new[] { "nonsense",
            azurite.ConnectionString.Replace("TableEndpoint=http://127.0.0.1", "TableEndpoint=http://t.example.com",
                StringComparison.Ordinal) })
            Assert.Contains("--account", Assert.Throws<Refusal>(() => CopyAccount.Local(text)).Message, StringComparison.Ordinal);
    }

    private static TableStore Tables(string account) => new(AzuriteFixture.Account(account), new CallCount());
}
