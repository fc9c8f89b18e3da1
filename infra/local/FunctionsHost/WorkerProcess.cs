using System.Diagnostics;

namespace Serverless.Local.FunctionsHost;

/// <summary>One run of the worker: a process in a session of its own, its stream, and the code it ends with.</summary>
public sealed class WorkerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private WorkerProcess(Process process, WorkerConnection connection)
    {
        (_process, Connection) = (process, connection);
    }

    /// <summary>Its stream.</summary>
    public WorkerConnection Connection { get; }

    /// <summary>Process id.</summary>
    public int Id { get; private set; }

    /// <summary>Its exit code; 128 plus the signal's number when a signal ended it.</summary>
    public Task<int> Exited => _exited.Task;

    /// <summary>Ends when the host itself replaces the worker (function timeout): its end is no error of the worker then.</summary>
    public Task Replaced => _replaced.Task;

    /// <summary>Starts the worker; it is ready when its connection is.</summary>
    /// <param name="gateway">Where it connects to.</param>
    /// <param name="launch">How it is started.</param>
    /// <param name="output">Gets its log messages and the lines of standard output and error.</param>
    /// <exception cref="HostStartException">The program may not be run.</exception>
    public static WorkerProcess Start(WorkerGateway gateway, WorkerLaunch launch, Action<HostLine> output)
    {
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString();
        var connection = gateway.Expect(id, launch.AppRoot);
        (connection.LogReceived, connection.KeepsCalls) = (output, true);
        var process = new Process { StartInfo = launch.ToStartInfo(gateway.Address, id) };
        var worker = new WorkerProcess(process, connection);
        try
        {
            worker.Start(output);
        }
        catch (System.ComponentModel.Win32Exception problem)
        {
            process.Dispose();
            throw new HostStartException($"The worker {process.StartInfo.FileName} cannot be started: {problem.Message}.", problem);
        }

        return worker;
    }

    internal void Replace() => _replaced.TrySetResult();

    /// <summary>WorkerTerminate with a grace period, then SIGKILL (host-contract.md, "Stop, timeouts, death", first line).</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        var told = Connection.TerminateAsync(grace);
        await Task.WhenAny(Exited, Task.Delay(grace, TimeProvider.System));
        Kill();
        await Exited;
        await told;
    }

    /// <summary>SIGKILL of this one pid.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: false);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself meanwhile.
        }
    }

    /// <summary>Kills it if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        Kill();
        await Exited;
        Connection.Close("The worker was ended.");
    }

    // The signal that ties the worker to the host comes when the thread that started it ends: so it has a thread of its own that waits for
    // it.
    private void Start(Action<HostLine> output)
    {
        var started = new TaskCompletionSource();
        new Thread(() =>
        {
            try
            {
                _process.Start();
                Id = _process.Id;
                _ = ReadAsync(_process.StandardOutput, LogLevel.Information, output);
                _ = ReadAsync(_process.StandardError, LogLevel.Error, output);
                started.SetResult();
                _process.WaitForExit();
                Exit(_process.ExitCode);
                _process.Dispose();
            }
            catch (System.ComponentModel.Win32Exception problem)
            {
                started.SetException(problem);
            }
        }) { IsBackground = true, Name = "worker" }.Start();
        started.Task.GetAwaiter().GetResult();
    }

    // "Worker exit 0: nobody notices, calls hang until the function timeout. Else: running calls fail at once."
    private void Exit(int code)
    {
        _exited.TrySetResult(code);
        if (code != 0) Connection.Close($"The worker ended with exit code {code}.");
    }

    private static async Task ReadAsync(StreamReader reader, LogLevel level, Action<HostLine> output)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line) output(new HostLine(level, line));
        }
        catch (Exception problem) when (problem is IOException or ObjectDisposedException)
        {
            // The pipe went away with the process.
        }
    }
}
