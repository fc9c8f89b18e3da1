
namespace Serverless.Local.Hosting;

/// <summary>No handler can take the call: the host is stopped, or the wait for a restart was too long.</summary>
internal sealed class HandlerUnavailableException(string message) : Exception(message);

/// <summary>Keeps one handler running by the restart rules, and lets callers wait until it is ready.</summary>
internal sealed class HandlerSupervisor : IAsyncDisposable
{
    private static readonly TimeSpan ErrorWindow = TimeSpan.FromMinutes(30);
    private readonly FunctionHostOptions options;
    private readonly HandlerLaunch launch;
    private readonly StrayRecord stray;
    private readonly CancellationTokenSource stop = new();
    private volatile TaskCompletionSource<HandlerProcess> ready = NewGate();
    private volatile HandlerProcess? current;
    private volatile string? stopped;
    private Task? run;
    private int errors;
    private DateTimeOffset lastError;

    public HandlerSupervisor(FunctionHostOptions options, HandlerLaunch launch)
    {
        (this.options, this.launch) = (options, launch);
        stray = new StrayRecord(options.DataFolder);
    }

    /// <summary>The client all calls to the handler share: nothing followed, nothing unpacked, nothing added.</summary>
    public HttpMessageInvoker Http { get; } = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(5),
    });

    /// <summary>Process id of the handler that runs now; 0 between two.</summary>
    public int ProcessId => current is { Exited.IsCompleted: false } handler ? handler.Id : 0;

    /// <summary>How often a handler was started.</summary>
    public int Starts { get; private set; }

    public HostState State => new(stopped is null, stopped);

    /// <summary>Ends a stray of an earlier run, starts the handler and waits until it is ready.</summary>
    /// <exception cref="HostStartException">It cannot be started, or the restart rules gave up.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        if (stray.EndStray() is { } pid) Log(LogLevel.Warning, $"A handler of an earlier run (pid {pid}) was still there and has been ended.");
        run = RunAsync();
        try
        {
            await ready.Task.WaitAsync(ct);
            await ReadyAsync(Timeout.InfiniteTimeSpan, ct);
        }
        catch (HandlerUnavailableException problem)
        {
            throw new HostStartException(problem.Message, problem);
        }
    }

    /// <summary>The handler that is ready, waiting for a restart in progress.</summary>
    /// <exception cref="HandlerUnavailableException">It is not coming, or not in time.</exception>
    public async Task<HandlerProcess> ReadyAsync(TimeSpan wait, CancellationToken ct)
    {
        while (true)
        {
            HandlerProcess handler;
            try
            {
                handler = await ready.Task.WaitAsync(wait, ct);
            }
            catch (TimeoutException)
            {
                throw new HandlerUnavailableException("The handler is being restarted and is not ready yet.");
            }

            if (!handler.Exited.IsCompleted) return handler;

            // It has just ended; the supervisor is about to replace the gate.
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, ct);
        }
    }

    /// <summary>SIGKILL of the running handler, as a crash would be: it counts as an error.</summary>
    public void Kill()
    {
        Close();
        current?.Kill();
    }

    /// <summary>Kills the handler an invocation has outlived.</summary>
    public void Replace(HandlerProcess handler, string why)
    {
        // host-contract.md, "Process": a function timeout kills the whole handler and every call in flight. The host does it, so it is no error of the handler.
        if (handler.Exited.IsCompleted) return;
        Log(LogLevel.Error, why + " The handler is killed with every call in flight.");
        handler.Replaced = true;
        Close();
        handler.Kill();
    }

    /// <summary>Kills the handler for good; callers are told that it is not coming.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        if (run is not null) await run;
        stray.Clear();
        stopped ??= "The host was stopped.";
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Http.Dispose();
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (!stop.IsCancellationRequested && await OnceAsync())
            {
            }

            if (stop.IsCancellationRequested) GiveUp("The host was stopped.");
        }
        catch (HostStartException problem)
        {
            GiveUp(problem.Message);
        }
    }

    // One life of the handler; true when there is to be another.
    private async Task<bool> OnceAsync()
    {
        Starts++;
        using var handler = HandlerProcess.Start(launch, line => options.HandlerLog?.Invoke(line));
        using var end = stop.Token.Register(handler.Kill);
        current = handler;
        stray.Write(handler.Id, handler.WorkerId);
        try
        {
            if (await handler.ReadyAsync(Http, options.ReadyBudget, stop.Token))
            {
                ready.TrySetResult(handler);
            }
            else if (!handler.Exited.IsCompleted)
            {
                Log(LogLevel.Error, $"The handler did not answer its first ping within {options.ReadyBudget.TotalSeconds:0} seconds.");
                handler.Kill();
            }
        }
        catch (OperationCanceledException)
        {
            // The host is being stopped; the registration above has killed it.
        }

        var code = await handler.Exited;
        Close();
        if (stop.IsCancellationRequested) return false;
        return handler.Replaced || MayRestart(code);
    }

    private bool MayRestart(int code)
    {
        // host-contract.md, "Process", "Exit code 0".
        switch (code)
        {
            case 0:
                GiveUp("The handler ended with exit code 0, after which the host never starts it again: the app is dead.");
                return false;
            case 200:
                Log(LogLevel.Information, "The handler asked for a restart (exit code 200).");
                return true;
        }

        var now = options.Time.GetUtcNow();
        if (errors > 0 && now - lastError > ErrorWindow) errors = 0;
        lastError = now;
        if (++errors < options.MaxHandlerErrors)
        {
            Log(LogLevel.Error, $"The handler ended with exit code {code}; it is started again.");
            return true;
        }

        GiveUp($"The handler ended with exit code {code}, error {errors} with less than 30 minutes between two: the host is stopped.");
        return false;
    }

    private void GiveUp(string reason)
    {
        if (!stop.IsCancellationRequested) Log(LogLevel.Critical, reason);
        stopped = reason;
        Close();
        ready.TrySetException(new HandlerUnavailableException(reason));
        _ = ready.Task.Exception;
    }

    // From here on callers wait for the successor.
    private void Close()
    {
        if (ready.Task.IsCompletedSuccessfully) ready = NewGate();
    }

    private void Log(LogLevel level, string text) => options.HostLog?.Invoke(new HostLine(level, text));

    private static TaskCompletionSource<HandlerProcess> NewGate() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
