using System.Diagnostics;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>One run per folder, and what a crashed one left behind.</summary>
public sealed class RunFolderTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly Process _child = Process.Start("sleep", "600");

    public void Dispose()
    {
        _child.Kill();
        _child.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task A_folder_in_use_is_refused_and_its_holder_is_named()
    {
        using var folder = await TakeAsync();

        var refusal = await Assert.ThrowsAsync<Refusal>(TakeAsync);

        Assert.Contains($".local/demo is in use by another run (process {Environment.ProcessId})", refusal.Message,
            StringComparison.Ordinal);
        Assert.Contains("--folder", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stray_of_a_crashed_run_is_ended_by_the_next_one()
    {
        using (var crashed = await TakeAsync()) crashed.Remember("floor", _child.Id);

        using var next = await TakeAsync();

        await _child.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_process_that_only_has_the_id_of_a_stray_is_left_alone()
    {
        using (var crashed = await TakeAsync())
        {
            var started = ProcessMark.Of(_child.Id, "floor")!.Started - 1;
            await File.WriteAllTextAsync(crashed.In("children.json"), $$"""[{"Id":{{_child.Id}},"Started":{{started}},"Name":"floor"}]""");
        }

        using var next = await TakeAsync();

        Assert.False(_child.HasExited);
    }

    [Fact]
    public async Task What_ended_in_order_is_forgotten()
    {
        using (var ended = await TakeAsync())
        {
            ended.Remember("floor", _child.Id);
            ended.ForgetChildren();
        }

        using var next = await TakeAsync();

        Assert.False(_child.HasExited);
    }

    private Task<RunFolder> TakeAsync() => RunFolder.TakeAsync(_scratch.Repository, "demo", _ => { });
}
