using System.Diagnostics;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;

namespace Serverless.Local.Run;

/// <summary>Azure Functions Core Tools in the place of the stand-in host: the same publish folder under <c>func start</c>.</summary>
/// <remarks>https://learn.microsoft.com/azure/azure-functions/functions-run-local: no key is asked for on a developer's machine.</remarks>
internal sealed class CoreTools : IAsyncDisposable
{
    private static readonly TimeSpan Budget = TimeSpan.FromMinutes(2);
    private readonly Process _process;

    private CoreTools(Process process, Uri front) => (_process, Front) = (process, front);

    public Uri Front { get; }

    /// <summary>Why it has ended; null while it runs.</summary>
    public string? Stopped => _process.HasExited ? $"func ended with exit code {_process.ExitCode}." : null;

    /// <summary>Starts it and waits until it answers.</summary>
    public static async Task<CoreTools> StartAsync(string appRoot, IReadOnlyDictionary<string, string> settings, int port,
        Action<string> log, CancellationToken ct)
    {
        var program = Tool.Find("func")
            ?? throw new Refusal("func is not on the PATH: install Azure Functions Core Tools 4, or leave --host out.");
        if (port == 0) port = PortOwner.Free();
        var start = new ProcessStartInfo(program, ["start", "--no-build", "--port", $"{port}"])
        {
            WorkingDirectory = appRoot,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in settings) start.Environment[name] = value;
        start.Environment["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated";
        var tools = new CoreTools(Process.Start(start)!, new Uri($"http://127.0.0.1:{port}/"));
        tools._process.OutputDataReceived += (_, line) => log(line.Data ?? "");
        tools._process.ErrorDataReceived += (_, line) => log(line.Data ?? "");
        tools._process.BeginOutputReadLine();
        tools._process.BeginErrorReadLine();
        await tools.ReadyAsync(ct);
        return tools;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited && ProcessMark.Of(_process.Id, "func") is { } mark) await mark.EndAsync(TimeSpan.FromSeconds(20));
        _process.Dispose();
    }

    private async Task ReadyAsync(CancellationToken ct)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < Budget && Stopped is null;)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(Front, "api/schema"), ct);
                if (answer.IsSuccessStatusCode) return;
            }
            catch (Exception problem) when (problem is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
            {
                // Not there yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, ct);
        }

        var reason = Stopped ?? $"func did not answer within {Budget.TotalMinutes} minutes.";
        await DisposeAsync();
        throw new Refusal(reason);
    }
}
