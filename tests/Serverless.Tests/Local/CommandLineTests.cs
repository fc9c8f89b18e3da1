using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>The executable as a person starts it: trouble is one sentence on stderr and an exit code, never a stack trace.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public async Task Bad_arguments_end_with_2()
    {
        var (exitCode, output, error) = await RunAsync([], "--prot", "80");

        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.Contains("prot", error, StringComparison.Ordinal);
        Assert.EndsWith(". See --help.\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_ends_with_0()
    {
        var (exitCode, output, error) = await RunAsync([], "load", "--help");

        Assert.Equal(0, exitCode);
        Assert.Contains("--connections <N>", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output);
        Assert.Empty(error);
    }

    [Fact]
    public async Task A_taken_port_names_who_holds_it_and_how_to_choose_another()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var (exitCode, _, error) = await RunAsync([], "--once", "--port", $"{port}");

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"Port {port} on 127.0.0.1 is taken by process {Environment.ProcessId} (", error, StringComparison.Ordinal);
        Assert.EndsWith("or choose another port with --port (0 takes a free one).\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_Node_is_one_sentence()
    {
        var (exitCode, _, error) = await RunAsync([("PATH", "/nowhere")], "--once", "--port", "0");

        Assert.Equal(1, exitCode);
        Assert.Equal(
            "Node is not on the PATH, and Azurite, the storage emulator, needs it: install Node 20 or newer from https://nodejs.org and start again.\n", error);
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync((string Name, string Value)[] environment,
        params string[] args)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Serverless.Local"), args) { UseShellExecute = false,
            RedirectStandardOutput = true, RedirectStandardError = true };
        // The runtime that runs this test: it may be installed anywhere.
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output, await error);
    }
}
