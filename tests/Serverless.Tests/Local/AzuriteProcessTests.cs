using Serverless.Local.Azurite;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>Azurite starts, keeps what it acknowledged over a stop, and leaves no stray behind.</summary>
public sealed class AzuriteProcessTests(AzuriteFixture azurite) : IDisposable, IClassFixture<AzuriteFixture>
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serverless-azurite-").FullName;

    [Fact]
    public async Task What_was_acknowledged_survives_a_stop()
    {
        await using (var first = await AzuriteProcess.StartAsync(azurite.EntryScript, _folder, default))
        {
            Assert.False(azurite.ConnectionString == first.ConnectionString);
            await Tables(first).InsertAsync("kept", new TableRow("p", "r") { ["A"] = 1 }, default);
        }

        Assert.False(File.Exists(Path.Combine(_folder, "azurite.pid")));
        await using var second = await AzuriteProcess.StartAsync(azurite.EntryScript, _folder, default);
        Assert.Equal(1, (await Tables(second).GetAsync("kept", "p", "r", default))!.Int("A"));
    }

    [Fact]
    public async Task A_stray_of_a_crashed_run_is_ended_with_its_data_kept()
    {
        await using var stray = await AzuriteProcess.StartAsync(azurite.EntryScript, _folder, default);
        await Tables(stray).InsertAsync("kept", new TableRow("p", "r") { ["A"] = 1 }, default);
        await using var next = await AzuriteProcess.StartAsync(azurite.EntryScript, _folder, default);
        await stray.Exited.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, (await Tables(next).GetAsync("kept", "p", "r", default))!.Int("A"));
    }

    [Fact]
    public async Task A_recorded_id_that_is_another_process_now_is_left_alone()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "azurite.pid"), Environment.ProcessId.ToString());
        await AzuriteProcess.EndStrayAsync(_folder, default);
        Assert.False(File.Exists(Path.Combine(_folder, "azurite.pid")));
    }

    [Fact]
    public async Task It_lives_in_a_session_of_its_own()
    {
        await using var process = await AzuriteProcess.StartAsync(azurite.EntryScript, _folder, default);
        Assert.Equal(process.ProcessId, Session(process.ProcessId));
        Assert.NotEqual(process.ProcessId, Session(Environment.ProcessId));
    }

    [Fact]
    public async Task A_script_that_ends_at_once_is_one_sentence()
    {
        var script = Path.Combine(_folder, "azurite.js");
        await File.WriteAllTextAsync(script, "console.error('ENOSPC: no space left on device'); process.exit(1)");
        var e = await Assert.ThrowsAsync<AzuriteUnavailableException>(() => AzuriteProcess.StartAsync(script, _folder, default));
        Assert.Contains(" is full (", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_installed_azurite_is_not_downloaded_again()
    {
        var said = new List<string>();
        Assert.Equal(azurite.EntryScript, await AzuriteInstall.EnsureAsync(AzuriteInstall.RepositoryRoot(), said.Add, default));
        Assert.Empty(said);
        Assert.Throws<AzuriteUnavailableException>(() => AzuriteInstall.RepositoryRoot(Path.GetTempPath()));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static TableStore Tables(AzuriteProcess process) => new(AzuriteFixture.Account(process.ConnectionString), new CallCount());

    // The sixth field of /proc/<pid>/stat; the second, the name, is in brackets. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    private static int Session(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3]);
    }
}
