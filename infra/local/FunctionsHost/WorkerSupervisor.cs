namespace Serverless.Local.FunctionsHost;

/// <summary>No worker can take the call: the host is stopped, or the wait for a restart was too long.</summary>
internal sealed class WorkerUnavailableException(string message) : Exception(message);

/// <summary>Keeps one worker running by the rules of host-contract.md, "Stop, timeouts, death", and lets callers wait until it is
/// ready.</summary>
internal sealed class WorkerSupervisor(FunctionHostOptions options, WorkerGateway gateway, WorkerLaunch launch) : IAsyncDisposable
{
    private static readonly TimeSpan ErrorWindow = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan StartBudget = TimeSpan.FromSeconds(60);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _retired = [];
    private volatile TaskCompletionSource<WorkerProcess> _ready = NewGate();
    private volatile WorkerProcess? _current;
    private volatile string? _stopped;
    private Task _run = Task.CompletedTask;
    private int _errors;
    private DateTimeOffset _lastError;

    /// <summary>Process id of the worker that runs now; 0 between two.</summary>
    public int ProcessId => _current is { Exited.IsCompleted: false } worker ? worker.Id : 0;

    /// <summary>How often a worker was started.</summary>
    public int Starts { get; private set; }

    /// <summary>Why the worker is not started again; null while the host runs.</summary>
    public string? Stopped => _stopped;

    /// <summary>Invocations of the running worker that have not ended.</summary>
    public int InFlight => _current?.Connection.InFlight ?? 0;

    /// <summary>Starts the worker and waits until it is ready.</summary>
    /// <exception cref="HostStartException">"Failure during start: one try."</exception>
    public async Task<WorkerConnection> StartAsync(CancellationToken ct)
    {
        _run = RunAsync();
        try
        {
            return (await _ready.Task.WaitAsync(ct)).Connection;
        }
        catch (WorkerUnavailableException problem)
        {
            throw new HostStartException(problem.Message, problem);
        }
    }

    /// <summary>The worker that is ready, waiting for a restart in progress.</summary>
    /// <exception cref="WorkerUnavailableException">It is not coming, or not in time.</exception>
    public async Task<WorkerProcess> ReadyAsync(TimeSpan wait, CancellationToken ct)
    {
        while (true)
        {
            WorkerProcess worker;
            try
            {
                worker = await _ready.Task.WaitAsync(wait, ct);
            }
            catch (TimeoutException)
            {
                throw new WorkerUnavailableException("The worker is being restarted and is not ready yet.");
            }

            if (!worker.Replaced.IsCompleted && worker.Exited is not { IsCompletedSuccessfully: true, Result: not 0 }) return worker;

            // It has just died or been replaced; another one is about to take its place.
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, ct);
        }
    }

    /// <summary>SIGKILL of the running worker, as a crash would be: it counts as an error.</summary>
    public void Kill() => _current?.Kill();

    /// <summary>Function timeout: a new worker is started beside the old one, which is told to end with all its other calls.</summary>
    public void Replace(WorkerProcess worker, string why)
    {
        if (worker.Replaced.IsCompleted || worker != _current) return;
        Log(LogLevel.Error, why + " The worker is replaced.");
        worker.Replace();
    }

    /// <summary>Stops the worker in order, for good; callers are told that it is not coming.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        await Task.WhenAll(_retired);
        _stopped ??= "The host was stopped.";
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (await OnceAsync())
            {
            }

            GiveUp("The host was stopped.");
        }
        catch (HostStartException problem)
        {
            GiveUp(problem.Message);
        }
        catch (OperationCanceledException)
        {
            GiveUp("The host was stopped.");
        }
    }

    // One life of the worker; true when there is to be another.
    private async Task<bool> OnceAsync()
    {
        Starts++;
        var worker = _current = WorkerProcess.Start(gateway, launch, line => options.WorkerLog?.Invoke(line));
        try
        {
            await worker.Connection.ReadyAsync(_stop.Token).WaitAsync(StartBudget, _stop.Token);
            _ready.TrySetResult(worker);
            await Task.WhenAny(worker.Replaced, Ending(worker)).WaitAsync(_stop.Token);
        }
        catch (TimeoutException late)
        {
            throw new HostStartException($"The worker was not ready within {StartBudget.TotalSeconds} seconds.", late);
        }
        catch (OperationCanceledException)
        {
            await worker.StopAsync(options.TerminateGrace);
            return false;
        }
        finally
        {
            _ready = _ready.Task.IsCompleted ? NewGate() : _ready;
            _retired.Add(RetireAsync(worker));
        }

        return worker.Replaced.IsCompleted || await MayRestartAsync(await worker.Exited);
    }

    // "Worker exit 0: nobody notices": only the function timeout, by Replace, ends that.
    private static async Task Ending(WorkerProcess worker)
    {
        if (await worker.Exited == 0) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
    }

    private async Task RetireAsync(WorkerProcess worker)
    {
        await worker.StopAsync(options.TerminateGrace);
        await worker.DisposeAsync();
    }

    private async Task<bool> MayRestartAsync(int code)
    {
        if (code == 200)
        {
            Log(LogLevel.Information, "The worker asked for a restart (exit code 200).");
            return true;
        }

        // "Else: restart at once the first time, then 10 s apart; the third within 30 minutes stops the host."
        var now = options.Time.GetUtcNow();
        if (_errors > 0 && now - _lastError > ErrorWindow) _errors = 0;
        _lastError = now;
        if (++_errors >= options.MaxWorkerErrors)
            throw new HostStartException(
                $"The worker ended with exit code {code}, error {_errors} with less than 30 minutes between two: the host is stopped.");
        Log(LogLevel.Error, $"The worker ended with exit code {code}; it is started again.");
        if (_errors > 1) await Task.Delay(options.RestartPause, options.Time, _stop.Token);
        return true;
    }

    private void GiveUp(string reason)
    {
        if (!_stop.IsCancellationRequested) Log(LogLevel.Critical, reason);
        _stopped = reason;
        _ready.TrySetException(new WorkerUnavailableException(reason));
        _ = _ready.Task.Exception;
    }

    private void Log(LogLevel level, string text) => options.HostLog?.Invoke(new HostLine(level, text));

    private static TaskCompletionSource<WorkerProcess> NewGate() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
