using Serverless.Local.Seeds;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>What is remembered of earlier replays into a folder.</summary>
public sealed class LedgerTests : IDisposable
{
    private readonly Scratch _scratch = new();

    private string File => Path.Combine(_scratch.Repository.Root, "ledger.json");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_seed_seen_to_its_end_is_known_to_the_next_run()
    {
        var seed = Read();
        var ledger = SeedLedger.Open(File);
        Assert.Equal(Replayed.Never, ledger.Of(seed));

        ledger.Sending([seed]);
        ledger.Ended([seed]);

        Assert.Equal(Replayed.ToItsEnd, SeedLedger.Open(File).Of(seed));
    }

    [Fact]
    public void A_run_that_died_in_between_leaves_a_perhaps()
    {
        var seed = Read();
        SeedLedger.Open(File).Sending([seed]);

        Assert.Equal(Replayed.Perhaps, SeedLedger.Open(File).Of(seed));
    }

    [Fact]
    public void A_seed_that_was_changed_since_is_a_perhaps()
    {
        var ledger = SeedLedger.Open(File);
        ledger.Ended([Read()]);

        Assert.Equal(Replayed.Perhaps, ledger.Of(Read(body: "changed")));
    }

    [Fact]
    public void A_torn_file_is_as_good_as_none()
    {
        System.IO.File.WriteAllText(File, "{\"demo/01");

        Assert.Equal(Replayed.Never, SeedLedger.Open(File).Of(Read()));
    }

    private SeedFile Read(string body = "hello")
    {
        _scratch.WriteSeed("demo/01-text", """["case"]""", body: body);
        return SeedFile.ReadAll(_scratch.Repository.Seeds).Single();
    }
}
