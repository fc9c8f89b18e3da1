using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using Serverless.Local.FunctionsHost.Rpc;
using Content = Serverless.Local.FunctionsHost.Rpc.StreamingMessage.ContentOneofCase;

namespace Serverless.Local.FunctionsHost;

/// <summary>One line that the worker or this host has to say.</summary>
/// <param name="Level">Its severity.</param>
/// <param name="Text">The message and, below it, the exception.</param>
/// <param name="Category">Logger category; empty for lines of standard output and error.</param>
public readonly record struct HostLine(LogLevel Level, string Text, string Category = "");

/// <summary>How an invocation ended.</summary>
public enum InvocationStatus
{
    /// <summary>The function threw, or the worker ended. Also what a worker says that sets no status.</summary>
    Failure,

    /// <summary>It returned.</summary>
    Success,

    /// <summary>It was cancelled.</summary>
    Cancelled,
}

/// <summary>The end of an invocation.</summary>
/// <param name="Status">As the worker said.</param>
/// <param name="Error">Text of the exception; null on success.</param>
public sealed record InvocationResult(InvocationStatus Status, string? Error)
{
    /// <summary>True when the function returned.</summary>
    public bool Succeeded => Status == InvocationStatus.Success;

    internal static InvocationResult Failed(string error) => new(InvocationStatus.Failure, error);
}

/// <summary>The stream of one worker: start, metadata, loads, invocations, end. The messages are the table "Start" of
/// host-contract.md.</summary>
public sealed partial class WorkerConnection
{
    /// <summary>The version this host gives itself: the one host-contract.md was measured on.</summary>
    public const string HostVersion = "4.1037.0";

    private readonly string _applicationDirectory;
    private readonly Channel<StreamingMessage> _outgoing =
        Channel.CreateUnbounded<StreamingMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<InvocationResult>> _running = new(StringComparer.Ordinal);
    private readonly HashSet<string> _toLoad = new(StringComparer.Ordinal);
    private volatile string? _closed;

    internal WorkerConnection(string workerId, string applicationDirectory)
    {
        (WorkerId, _applicationDirectory) = (workerId, applicationDirectory);
        _ = _ready.Task.ContinueWith(task =>
            task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    /// <summary>Gets each RpcLog of the worker; to be set before the worker starts.</summary>
    public Action<HostLine>? LogReceived { get; set; }

    /// <summary>The id by which the worker presents itself.</summary>
    public string WorkerId { get; }

    /// <summary>The worker's functions, in order of their names; known once <see cref="ReadyAsync"/> has returned.</summary>
    public IReadOnlyList<WorkerFunction> Functions { get; private set; } = [];

    /// <summary>Address of the worker's Kestrel: its capability HttpUri (row 4); port 0 for a worker that has none.</summary>
    public Uri HttpAddress { get; private set; } = new("http://127.0.0.1:0/");

    /// <summary>True leaves the running calls open when the stream ends: the process decides by its exit code.</summary>
    internal bool KeepsCalls { get; set; }

    /// <summary>Ends when the stream has ended, with the reason.</summary>
    public Task<string> Ended => _ended.Task;

    /// <summary>Invocations that have not ended.</summary>
    public int InFlight => _running.Count;

    /// <summary>The function of that name.</summary>
    public WorkerFunction Function(string name) =>
        Functions.FirstOrDefault(item => item.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException($"The worker has no function {name}.", nameof(name));

    /// <summary>Waits until the worker has started, told its functions, loaded them all and listens for HTTP.</summary>
    /// <exception cref="HostStartException">The worker refused, or its stream ended before.</exception>
    public Task ReadyAsync(CancellationToken ct) => _ready.Task.WaitAsync(ct);

    /// <summary>Runs a queue function with the text of a message.</summary>
    /// <param name="function">The function.</param>
    /// <param name="text">The decoded text.</param>
    /// <param name="ct">Sends InvocationCancel; the result is what the worker says then.</param>
    public Task<InvocationResult> InvokeQueueAsync(WorkerFunction function, string text, CancellationToken ct) =>
        InvokeAsync(function, new TypedData { String = text }, TriggerMetadata.OfBody(text), ct);

    /// <summary>Runs a timer function.</summary>
    /// <param name="function">The function.</param>
    /// <param name="isPastDue">Whether a run was missed.</param>
    /// <param name="ct">Sends InvocationCancel; the result is what the worker says then.</param>
    public Task<InvocationResult> InvokeTimerAsync(WorkerFunction function, bool isPastDue, CancellationToken ct) =>
        InvokeAsync(function, new TypedData { Json = TimerStatus.Json(null, isPastDue) }, [], ct);

    /// <summary>WorkerTerminate: the worker stops in order within the grace period. Returns once the stream has ended, at the latest after
    /// the period.</summary>
    public async Task TerminateAsync(TimeSpan grace)
    {
        Send(new StreamingMessage { WorkerTerminate =
            new WorkerTerminate { GracePeriod = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(grace) } });
        await Task.WhenAny(_ended.Task, Task.Delay(grace, TimeProvider.System));
    }

    internal async Task<InvocationResult> InvokeAsync(
        WorkerFunction function, TypedData input, IEnumerable<KeyValuePair<string, TypedData>> metadata, CancellationToken ct)
    {
        var (id, ended) = Begin();
        Invoke(id, function, input, metadata);
        await using var cancel = ct.Register(() => Cancel(id));
        return await ended;
    }

    internal (string Id, Task<InvocationResult> Ended) Begin()
    {
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString();
        var end = new TaskCompletionSource<InvocationResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _running[id] = end;
        if (_closed is { } reason) Finish(id, InvocationResult.Failed(reason));
        return (id, end.Task);
    }

    internal void Invoke(string id, WorkerFunction function, TypedData input, IEnumerable<KeyValuePair<string, TypedData>> metadata)
    {
        var request = new InvocationRequest { InvocationId = id, FunctionId = function.Id, TraceContext = new RpcTraceContext() };
        request.InputData.Add(new ParameterBinding { Name = function.Binding, Data = input });
        foreach (var (name, value) in metadata) request.TriggerMetadata[name] = value;
        Send(new StreamingMessage { InvocationRequest = request });
    }

    internal void Cancel(string id) => Send(new StreamingMessage { InvocationCancel = new InvocationCancel { InvocationId = id } });

    internal void Close(string reason)
    {
        _closed ??= reason;
        End(reason);
        foreach (var id in _running.Keys) Finish(id, InvocationResult.Failed(_closed));
    }

    private void End(string reason)
    {
        _ended.TrySetResult(reason);
        _ready.TrySetException(new HostStartException(reason));
        _outgoing.Writer.TryComplete();
        if (!KeepsCalls && _closed is null) Close(reason);
    }

    internal async Task RunAsync(IAsyncStreamReader<StreamingMessage> from, IServerStreamWriter<StreamingMessage> to, CancellationToken ct)
    {
        // Whoever closes the connection ends the reading too: a worker in this process would never end its side.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _ = _ended.Task.ContinueWith(_ => end.CancelAsync(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        var writing = WriteAsync(to, ct);
        var init = new WorkerInitRequest { HostVersion = HostVersion, WorkerDirectory = _applicationDirectory,
            FunctionAppDirectory = _applicationDirectory };
        Send(new StreamingMessage { WorkerInitRequest = init });
        try
        {
            while (!writing.IsCompleted && await from.MoveNext(end.Token)) Take(from.Current);
            End("The worker ended its stream.");
        }
        catch (HostStartException problem)
        {
            End(problem.Message);
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException or InvalidOperationException
            or Grpc.Core.RpcException)
        {
            End("The connection to the worker broke.");
        }

        await writing;
    }

    private async Task WriteAsync(IServerStreamWriter<StreamingMessage> to, CancellationToken ct)
    {
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync(ct))
            {
                // One flush for all that waits.
                to.WriteOptions = _outgoing.Reader.TryPeek(out _) ? new WriteOptions(WriteFlags.BufferHint) : null;
                await to.WriteAsync(message, ct);
            }
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException or InvalidOperationException
            or Grpc.Core.RpcException)
        {
            End("The connection to the worker broke.");
        }
    }

    private void Take(StreamingMessage message)
    {
        switch (message.ContentCase)
        {
            case Content.WorkerInitResponse:
                Demand(message.WorkerInitResponse.Result, "refused to start");
                if (message.WorkerInitResponse.Capabilities.TryGetValue("HttpUri", out var address)) HttpAddress = new Uri(address);
                var request = new FunctionsMetadataRequest { FunctionAppDirectory = _applicationDirectory };
                Send(new StreamingMessage { FunctionsMetadataRequest = request });
                break;
            case Content.FunctionMetadataResponse:
                Load(message.FunctionMetadataResponse);
                break;
            case Content.FunctionLoadResponse:
                Demand(message.FunctionLoadResponse.Result,
                    $"could not load the function {NameOf(message.FunctionLoadResponse.FunctionId)}");
                if (_toLoad.Remove(message.FunctionLoadResponse.FunctionId) && _toLoad.Count == 0) _ = ReadyOnceListeningAsync();
                break;
            case Content.InvocationResponse:
                Finish(message.InvocationResponse.InvocationId, Result(message.InvocationResponse.Result));
                break;
            case Content.RpcLog:
                var log = message.RpcLog;
                var text = log.Exception is null ? log.Message : $"{log.Message}\n{log.Exception.Message}\n{log.Exception.StackTrace}";
                LogReceived?.Invoke(new HostLine((LogLevel)log.Level, text, log.Category));
                break;
        }
    }

    // Row 7: each function, disabled ones too.
    private void Load(FunctionMetadataResponse answer)
    {
        Demand(answer.Result, "could not list its functions");
        if (answer.FunctionMetadataResults.Count == 0) throw new HostStartException("The worker has no function.");
        Functions = [.. answer.FunctionMetadataResults.Select(WorkerFunction.Read).OrderBy(item => item.Name, StringComparer.Ordinal)];
        _toLoad.UnionWith(answer.FunctionMetadataResults.Select(item => item.FunctionId));
        foreach (var metadata in answer.FunctionMetadataResults)
            Send(new StreamingMessage { FunctionLoadRequest = new FunctionLoadRequest { FunctionId = metadata.FunctionId,
                Metadata = metadata } });
    }

    private string NameOf(string id) => Functions.FirstOrDefault(item => item.Id == id)?.Name ?? id;

    private void Finish(string id, InvocationResult result)
    {
        if (_running.TryRemove(id, out var end)) end.TrySetResult(result);
    }

    private void Send(StreamingMessage message) => _outgoing.Writer.TryWrite(message);

    private static InvocationResult Result(StatusResult? result) =>
        new((InvocationStatus)(result?.Status ?? StatusResult.Types.Status.Failure), result?.Exception?.Message);

    private static void Demand(StatusResult? result, string what)
    {
        if (result?.Status != StatusResult.Types.Status.Success)
            throw new HostStartException($"The worker {what}: {result?.Exception?.Message ?? "it gave no reason"}");
    }
}
