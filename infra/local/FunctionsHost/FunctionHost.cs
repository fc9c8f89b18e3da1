using System.Collections.Concurrent;
using Serverless.Local.FunctionsHost.Rpc;

namespace Serverless.Local.FunctionsHost;

/// <summary>How often a function was run by this host, and how those runs ended.</summary>
public sealed record InvocationCounts(long Succeeded, long Failed);

/// <summary>
/// The stand-in for the Azure Functions host on one machine: starts the isolated worker, owns its triggers, answers callers. It knows
/// host.json,
/// worker.config.json, the worker's metadata and app settings, and runs any .NET isolated worker that keeps host-contract.md.
/// </summary>
public sealed class FunctionHost : IAsyncDisposable
{
    private static readonly TimeSpan CancelGrace = TimeSpan.FromSeconds(2);
    private readonly FunctionHostOptions _options;
    private readonly HostJson _json;
    private readonly FunctionKeys _keys;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _listeners = [];
    private readonly ConcurrentDictionary<string, string> _inError = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TimerListener> _timers = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, InvocationCounts> _counts = new(StringComparer.Ordinal);
    private WorkerGateway? _gateway;
    private WorkerSupervisor? _supervisor;
    private FrontServer? _front;
    private bool _disposed;

    private FunctionHost(FunctionHostOptions options)
    {
        _options = options;
        _json = HostJson.Read(options.AppRoot, options.Settings);
        Directory.CreateDirectory(options.DataFolder);
        _keys = FunctionKeys.ReadOrCreate(options.DataFolder);
    }

    /// <summary>The worker's functions, in order of their names.</summary>
    public IReadOnlyList<WorkerFunction> Functions { get; private set; } = [];

    /// <summary>Functions that cannot be listened for, each with the reason; the others run (host-contract.md, "Extensions").</summary>
    public IReadOnlyDictionary<string, string> InError => _inError;

    /// <summary>Address callers use, http://127.0.0.1:port/.</summary>
    public Uri Front => _front!.Address;

    public string FunctionKey => _keys.Function;

    public string MasterKey => _keys.Master;

    /// <summary>0 while no worker runs.</summary>
    public int WorkerProcessId => _supervisor!.ProcessId;

    /// <summary>How often a worker was started.</summary>
    public int WorkerStarts => _supervisor!.Starts;

    /// <summary>Invocations of the worker that have not ended.</summary>
    public int InFlight => _supervisor!.InFlight;

    /// <summary>Why the host has stopped; null while it runs.</summary>
    public string? Stopped => _supervisor!.Stopped;

    /// <summary>How the queue and timer runs of a function ended so far.</summary>
    public InvocationCounts CountsOf(string function) => _counts.GetValueOrDefault(function) ?? new InvocationCounts(0, 0);

    /// <summary>Starts the gateway, the worker, the front and the listeners, in this order.</summary>
    /// <exception cref="HostStartException">With one sentence on what to do.</exception>
    public static async Task<FunctionHost> StartAsync(FunctionHostOptions options, CancellationToken ct)
    {
        var host = new FunctionHost(options);
        try
        {
            await host.StartAsync(ct);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a queue or timer function now, as POST /admin/functions/{name} does, and waits for its end.</summary>
    /// <param name="function">Its name.</param>
    /// <param name="ct">Gives up waiting; the run goes on.</param>
    /// <param name="input">Text of the message; a timer needs none.</param>
    public Task<InvocationResult> RunNowAsync(string function, CancellationToken ct, string? input = null)
    {
        var found = Functions.FirstOrDefault(item => item.Name.Equals(function, StringComparison.OrdinalIgnoreCase)
            && item.Kind != TriggerKind.Http)
            ?? throw new ArgumentException($"There is no queue or timer function {function}.", nameof(function));
        var value = found.Kind == TriggerKind.Timer
            ? new TypedData { Json = TimerStatus.Json(_timers.GetValueOrDefault(found.Name)?.Status, false) }
            : new TypedData { String = input ?? "" };
        return InvokeAsync(found, value, found.Kind == TriggerKind.Timer ? [] : TriggerMetadata.OfBody(input ?? "")).WaitAsync(ct);
    }

    /// <summary>SIGKILL of the worker, as a crash: it counts as an error, so raise <see cref="FunctionHostOptions.MaxWorkerErrors"/> for
    /// many.</summary>
    public void KillWorker() => _supervisor!.Kill();

    /// <summary>"Host SIGTERM: listeners stop, running calls get at most 10 s without a cancel message, then WorkerTerminate (5 s), then
    /// SIGKILL."</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        await _stop.CancelAsync();
        using var grace = new CancellationTokenSource(_options.StopGrace);
        var front = _front?.StopAsync(grace.Token) ?? Task.CompletedTask;
        while (_supervisor is { InFlight: > 0, ProcessId: > 0 } && !grace.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        if (_supervisor is not null) await _supervisor.DisposeAsync();
        await Task.WhenAll([.. _listeners, front]);
        if (_front is not null) await _front.DisposeAsync();
        if (_gateway is not null) await _gateway.DisposeAsync();
        _stop.Dispose();
    }

    // Never throws for what the worker does; waits for one that is being restarted.
    internal async Task<InvocationResult> InvokeAsync(WorkerFunction function, TypedData value,
        IEnumerable<KeyValuePair<string, TypedData>> metadata)
    {
        var result = InvocationResult.Failed("It was not run.");
        try
        {
            var worker = await _supervisor!.ReadyAsync(Timeout.InfiniteTimeSpan, CancellationToken.None);
            using var limit = new CancellationTokenSource(_json.FunctionTimeout);
            result = await LimitAsync(worker, function, worker.Connection.InvokeAsync(function, value, metadata, limit.Token), limit.Token);
        }
        catch (WorkerUnavailableException problem)
        {
            result = InvocationResult.Failed(problem.Message);
        }

        _counts.AddOrUpdate(function.Name, _ => Add(new InvocationCounts(0, 0), result), (_, before) => Add(before, result));
        if (!result.Succeeded) Log(LogLevel.Error, $"{function.Name} failed: {result.Error}");
        return result;

        static InvocationCounts Add(InvocationCounts counts, InvocationResult result) =>
            result.Succeeded ? counts with { Succeeded = counts.Succeeded + 1 } : counts with { Failed = counts.Failed + 1 };
    }

    // "Function timeout: InvocationCancel, 2 s later WorkerTerminate, a new worker beside it." The cancel message is sent by the
    // connection.
    private async Task<InvocationResult> LimitAsync(WorkerProcess worker, WorkerFunction function, Task<InvocationResult> call,
        CancellationToken limit)
    {
        await Task.WhenAny(call, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, limit));
        if (!limit.IsCancellationRequested) return await call;
        if (await Task.WhenAny(call, Task.Delay(CancelGrace, TimeProvider.System, CancellationToken.None)) != call)
            _supervisor!.Replace(worker, $"{function.Name} did not end within the function timeout of {_json.FunctionTimeout}.");
        return InvocationResult.Failed($"No end within the function timeout of {_json.FunctionTimeout}.");
    }

    private async Task StartAsync(CancellationToken ct)
    {
        _gateway = await WorkerGateway.StartAsync(ct);
        _supervisor = new WorkerSupervisor(_options, _gateway, new WorkerLaunch(_options.AppRoot, _options.Settings));
        Functions = (await _supervisor.StartAsync(ct)).Functions;
        var enabled = Functions.Where(item => !IsDisabled(item.Name)).ToList();
        var front = new HttpFront(enabled, _json.RoutePrefix, _keys, ForwardAsync);
        _front = await FrontServer.StartAsync(_options.FrontPort, new HostAdmin(this, _keys, front).AnswerAsync, ct);
        foreach (var function in enabled)
        {
            try
            {
                Listen(function);
            }
            catch (HostStartException problem)
            {
                _inError[function.Name] = problem.Message;
                Log(LogLevel.Error, $"{function.Name} is in error: {problem.Message}");
            }
        }

        Log(LogLevel.Information, $"The functions host listens on {Front} with {Functions.Count} functions.");
    }

    private bool IsDisabled(string function) => _options.Settings.TryGetValue($"AzureWebJobs.{function}.Disabled", out var value)
        && (value == "1" || value.Equals("true", StringComparison.OrdinalIgnoreCase));

    private async Task ForwardAsync(HttpContext context, WorkerFunction function, RouteValueDictionary values)
    {
        try
        {
            var worker = await _supervisor!.ReadyAsync(_options.WorkerWait, context.RequestAborted);
            using var limit = new CancellationTokenSource(_json.FunctionTimeout);
            var result = await LimitAsync(worker, function, worker.Connection.ForwardAsync(context, function, values, limit.Token),
                limit.Token);
            if (!result.Succeeded) Log(LogLevel.Error, $"{function.Name} failed: {result.Error}");
        }
        catch (WorkerUnavailableException)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone while the worker restarted.
        }
    }

    private void Listen(WorkerFunction function)
    {
        switch (function.Kind)
        {
            case TriggerKind.Queue:
                _listeners.Add(new QueueListener(_options, _json, this, function, _supervisor!).RunAsync(_stop.Token));
                break;
            case TriggerKind.Timer:
                _timers[function.Name] = new TimerListener(_options, this, function);
                _listeners.Add(_timers[function.Name].RunAsync(_stop.Token));
                break;
            case TriggerKind.Unknown:
                throw new HostStartException($"this host has no {function.TriggerType}.");
        }
    }

    private void Log(LogLevel level, string text) => _options.HostLog?.Invoke(new HostLine(level, text));
}
