using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Serverless.Local.FunctionsHost;

namespace Serverless.Tests.Harness;

/// <summary>The stand-in host as a process of its own with the published app under it, so that a test can kill either of them as the
/// machine would.</summary>
public sealed class HostProcess : IAsyncDisposable
{
    private const int LinesKept = 4_000;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly string[] _arguments;
    private Process? _process;

    /// <param name="root">The publish folder.</param>
    /// <param name="settingsFile">In the form of local.settings.json.</param>
    /// <param name="data">Keys and timers of this host; the same folder again is the same host again.</param>
    public HostProcess(string root, string settingsFile, string data) => _arguments =
    [
        typeof(FunctionHost).Assembly.Location, "host", "--root", root, "--settings", settingsFile, "--data", data, "--port", "0",
        "--max-errors", "1000000", "--restart-seconds", "0", "--queue-lock-seconds", "2",
    ];

    /// <summary>Another one after each start.</summary>
    public Uri FrontDoor { get; private set; } = new("http://127.0.0.1");

    public string FunctionKey { get; private set; } = "";

    public string MasterKey { get; private set; } = "";

    /// <summary>What host and worker wrote last.</summary>
    public string LastLines => string.Join('\n', _lines.TakeLast(60));

    /// <summary>Everything kept of what host and worker wrote.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>Starts the host and its worker; both are ready when this returns.</summary>
    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("dotnet", _arguments) { UseShellExecute = false, RedirectStandardInput = true,
            RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginErrorReadLine();
        var ready = await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2));
        var facts = JsonNode.Parse(ready ?? throw new InvalidOperationException($"The host did not start:\n{LastLines}"))!;
        (FrontDoor, FunctionKey, MasterKey) = (new Uri(facts["front"]!.ToString()), facts["functionKey"]!.ToString(),
            facts["masterKey"]!.ToString());
    }

    /// <summary>SIGKILL of one pid, if it is still there.</summary>
    public static void Kill(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            process.Kill(entireProcessTree: false);
        }
        catch (ArgumentException)
        {
            // It ended by itself meanwhile.
        }
    }

    /// <summary>SIGKILL of the host; its worker ends with it.</summary>
    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: false);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Ends the host in order, and its worker with it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is null) return;
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        _lines.Enqueue(line);
        while (_lines.Count > LinesKept) _lines.TryDequeue(out _);
    }
}
