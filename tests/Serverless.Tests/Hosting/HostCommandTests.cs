using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Serverless.Local.Hosting;
using Xunit;

namespace Serverless.Tests.Hosting;

/// <summary>The host as a process of its own: its one line, its ends, and what a SIGKILL leaves behind.</summary>
public sealed class HostCommandTests
{
    [Fact]
    public async Task It_prints_one_line_serves_and_ends_when_its_input_closes()
    {
        await using var bench = Bench();
        using var process = Start(bench);
        var ready = await ReadyAsync(process);
        using var answer = await HostBench.Http.GetAsync(new Uri(ready["frontDoor"] + "api/x"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var status = await HostBench.Http.GetAsync(new Uri($"{ready["frontDoor"]}admin/host/status?code={ready["masterKey"]}"));
        Assert.Equal(HttpStatusCode.OK, status.StatusCode);

        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(0, process.ExitCode);
        Assert.Empty(await process.StandardOutput.ReadToEndAsync());
        Assert.False(IsAlive((int)ready["handlerPid"]!));
    }

    [Fact]
    public async Task SIGTERM_ends_it_and_the_handler()
    {
        await using var bench = Bench();
        using var process = Start(bench);
        var ready = await ReadyAsync(process);
        using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString()])) await kill.WaitForExitAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(0, process.ExitCode);
        Assert.False(IsAlive((int)ready["handlerPid"]!));
    }

    [Fact]
    public async Task After_a_SIGKILL_the_next_start_ends_the_stray_handler_and_keeps_the_key()
    {
        await using var bench = Bench();
        bench.Answer("/Notify", """{ "never": true }""");
        int stray;
        string key;
        using (var process = Start(bench))
        {
            var ready = await ReadyAsync(process);
            (stray, key) = ((int)ready["handlerPid"]!, ready["functionKey"]!.ToString());
            await HostBench.SendAsync(new Uri(ready["bus"]!.ToString()), "events", "now");
            await HostBench.Until(() => bench.Calls("/Notify").Count == 1);
            process.Kill(entireProcessTree: false);
            await process.WaitForExitAsync();
        }

        Assert.True(IsAlive(stray));
        bench.Answer("/Notify", "{}");
        using var next = Start(bench);
        var again = await ReadyAsync(next);
        Assert.False(IsAlive(stray));
        Assert.Equal(key, again["functionKey"]!.ToString());
        next.StandardInput.Close();
        await next.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_process_that_took_over_the_strays_number_is_left_alone()
    {
        await using var bench = Bench();
        using var other = Process.Start(new ProcessStartInfo("node", ["-e", "setInterval(() => {}, 1000)"]))!;
        try
        {
            Directory.CreateDirectory(bench.Data);
            await File.WriteAllLinesAsync(Path.Combine(bench.Data, "handler.pid"), [other.Id.ToString(), "somebody-else"]);
            await bench.StartAsync();
            Assert.False(other.HasExited);
        }
        finally
        {
            other.Kill();
        }
    }

    [Fact]
    public async Task What_it_cannot_do_is_one_sentence_and_exit_code_2()
    {
        await using var bench = Bench();
        File.Delete(Path.Combine(bench.Root, "host.json"));
        using var process = Start(bench);
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(2, process.ExitCode);
        Assert.Contains("publish the app first", Assert.Single(said.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private static HostBench Bench()
    {
        var bench = new HostBench();
        bench.HttpFunction("Any", "{*rest}");
        bench.BusFunction();
        bench.Messaging();
        var values = new JsonObject();
        foreach (var (name, value) in bench.Settings) values[name] = value;
        File.WriteAllText(bench.SettingsFile, new JsonObject { ["IsEncrypted"] = false, ["Values"] = values }.ToJsonString());
        return bench;
    }

    private static Process Start(HostBench bench)
    {
        string[] arguments =
        [
            typeof(FunctionHost).Assembly.Location, "host", "--root", bench.Root, "--messaging", bench.MessagingFile, "--settings", bench.SettingsFile, "--data", bench.Data, "--port", "0",
        ];
        return Process.Start(new ProcessStartInfo("dotnet", arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    private static async Task<JsonNode> ReadyAsync(Process process)
    {
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return JsonNode.Parse(line ?? throw new InvalidOperationException(await process.StandardError.ReadToEndAsync()))!;
    }

    // A zombie has no command line any more.
    private static bool IsAlive(int id) => File.Exists($"/proc/{id}/cmdline") && File.ReadAllBytes($"/proc/{id}/cmdline").Length > 0;
}
