using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Serverless.Local.Hosting;

/// <summary>One run of the custom handler: a process in a session of its own, its port, and the code it ends with.</summary>
internal sealed class HandlerProcess : IDisposable
{
    private readonly Process process;
    private readonly TaskCompletionSource<int> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HandlerProcess(Process process, Uri address, string workerId)
    {
        (this.process, Address, WorkerId) = (process, address, workerId);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => exited.TrySetResult(process.ExitCode);
    }

    /// <summary>Where it listens: a port chosen by us on 127.0.0.1.</summary>
    public Uri Address { get; }

    public string WorkerId { get; }

    public int Id { get; private set; }

    /// <summary>Its exit code; 128 plus the signal's number when a signal ended it.</summary>
    public Task<int> Exited => exited.Task;

    /// <summary>Set when the host itself replaces the handler (function timeout): that end is no error of the handler.</summary>
    public bool Replaced { get; set; }

    /// <summary>Starts the handler; it is not ready yet.</summary>
    /// <exception cref="HostStartException">The program is missing or may not be run.</exception>
    public static HandlerProcess Start(HandlerLaunch launch, Action<HostLine> output)
    {
        var port = FreePort();
        var workerId = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("D");
        var started = new Process { StartInfo = launch.ToStartInfo(port, workerId) };
        var handler = new HandlerProcess(started, new Uri($"http://127.0.0.1:{port}/"), workerId);
        try
        {
            started.Start();
            handler.Id = started.Id;
        }
        catch (System.ComponentModel.Win32Exception problem)
        {
            started.Dispose();
            throw new HostStartException($"The handler {launch.Program} cannot be started: {problem.Message}.", problem);
        }

        // host-contract.md, "Process", last item: what the two streams mean.
        _ = ReadAsync(started.StandardOutput, _ => LogLevel.Information, output);
        _ = ReadAsync(started.StandardError, line => line.Contains("warn", StringComparison.OrdinalIgnoreCase) ? LogLevel.Warning : LogLevel.Error, output);
        return handler;
    }

    /// <summary>Waits until it answers; false when it ended or the budget is used up.</summary>
    public async Task<bool> ReadyAsync(HttpMessageInvoker http, TimeSpan budget, CancellationToken ct)
    {
        // host-contract.md, "Process", "Readiness": any status counts, a ping every 25 ms, 30 s.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(budget);
        while (!Exited.IsCompleted && !limit.IsCancellationRequested)
        {
            try
            {
                using var ping = new HttpRequestMessage(HttpMethod.Get, Address);
                using var answer = await http.SendAsync(ping, limit.Token);
                return true;
            }
            catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException)
            {
                await Task.WhenAny(Exited, Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, CancellationToken.None));
            }
        }

        ct.ThrowIfCancellationRequested();
        return false;
    }

    /// <summary>SIGKILL of this one pid.</summary>
    public void Kill()
    {
        // host-contract.md, "Process", "Stop is SIGKILL of that one pid".
        try
        {
            process.Kill(entireProcessTree: false);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself meanwhile.
        }
    }

    public void Dispose() => process.Dispose();

    private static async Task ReadAsync(StreamReader reader, Func<string, LogLevel> level, Action<HostLine> output)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line) output(new HostLine(level(line), line));
        }
        catch (Exception problem) when (problem is IOException or ObjectDisposedException)
        {
            // The pipe went away with the process.
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
