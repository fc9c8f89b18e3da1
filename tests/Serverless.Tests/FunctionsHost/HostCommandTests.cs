using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Serverless.Local.FunctionsHost;
using Xunit;

namespace Serverless.Tests.FunctionsHost;

/// <summary>The host as a process of its own: its one line, its ends, and that its worker ends with it.</summary>
public sealed class HostCommandTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData("close")]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task It_prints_one_line_serves_and_ends_in_order(string end)
    {
        using var host = Start();
        var (front, worker) = await ReadyAsync(host);
        using (var answer = await BareWorker.Http.GetAsync(new Uri(front, "api/items"))) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        if (end == "close") host.StandardInput.Close();
        else using (var kill = Process.Start("kill", [$"-{end}", host.Id.ToString()])) await kill.WaitForExitAsync();
        await host.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((0, ""), (host.ExitCode, await host.StandardOutput.ReadToEndAsync()));
        Assert.True(worker.HasExited);
    }

    [Fact]
    public async Task A_host_that_is_killed_takes_its_worker_with_it()
    {
        using var host = Start();
        var (_, worker) = await ReadyAsync(host);
        host.Kill(entireProcessTree: false);
        await worker.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task What_it_cannot_do_is_one_sentence_and_exit_code_2()
    {
        using var host = Start(_folder.Path);
        await host.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(2, host.ExitCode);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private Process Start(string? root = null)
    {
        var settings = Path.Combine(_folder.Path, "local.settings.json");
        File.WriteAllText(settings, """{"IsEncrypted":false,"Values":{"ANY":"1"}}""");
        string[] arguments = [typeof(FunctionHost).Assembly.Location, "host", "--root", root ?? BareWorker.Root, "--settings", settings,
            "--data", Path.Combine(_folder.Path, "data"), "--port", "0"];
        // Whoever runs the tests in the background of a script has them inherit an ignored SIGINT.
        var host = Process.Start(new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", .. arguments]) { UseShellExecute = false,
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        host.ErrorDataReceived += (_, _) => { };
        host.BeginErrorReadLine();
        return host;
    }

    private static async Task<(Uri Front, Process Worker)> ReadyAsync(Process host)
    {
        var facts = JsonNode.Parse((await host.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1)))!)!;
        return (new Uri((string)facts["front"]!), Process.GetProcessById((int)facts["workerPid"]!));
    }
}
