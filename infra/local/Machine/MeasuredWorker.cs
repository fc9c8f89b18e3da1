using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Serverless.Local.CommandLine;
using Serverless.Local.FunctionsHost;

namespace Serverless.Local.Machine;

/// <summary>A worker under the gateway alone, without queue and timer triggers: started as the host starts it, asked until a path answers
/// 200, killed.</summary>
internal sealed class MeasuredWorker : IAsyncDisposable
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(30);
    private readonly WorkerGateway _gateway;
    private readonly Queue<string> _output = [];
    private WorkerProcess? _worker;
    private FrontServer? _front;

    private MeasuredWorker(WorkerGateway gateway) => _gateway = gateway;

    /// <summary>Where its functions are called.</summary>
    public int Port => _front!.Address.Port;

    public int ProcessId => _worker!.Id;

    public WorkerConnection Connection => _worker!.Connection;

    /// <summary>From the start of the process to its first 200.</summary>
    public TimeSpan StartTime { get; private set; }

    /// <summary>What it said last.</summary>
    public string LastLines
    {
        get
        {
            lock (_output) return _output.Count == 0 ? "it said nothing." : string.Join(" / ", _output);
        }
    }

    /// <param name="appRoot">The publish folder.</param>
    /// <param name="settings">App settings.</param>
    /// <param name="path">What answers 200, e.g. <c>/api/schema</c>.</param>
    public static async Task<MeasuredWorker> StartAsync(string appRoot, IReadOnlyDictionary<string, string> settings, string path,
        CancellationToken ct)
    {
        var measured = new MeasuredWorker(await WorkerGateway.StartAsync(ct));
        try
        {
            HttpFront? functions = null;
            measured._front = await FrontServer.StartAsync(0, context => functions!.AnswerAsync(context), ct);
            var launch = new WorkerLaunch(appRoot, settings);
            var watch = Stopwatch.StartNew();
            measured._worker = WorkerProcess.Start(measured._gateway, launch, measured.Keep);
            await measured._worker.Connection.ReadyAsync(ct).WaitAsync(Budget, ct);
            functions = HttpFront.Of(measured._worker.Connection);
            await measured.FirstAnswerAsync(path, watch, ct);
            return measured;
        }
        catch (Exception problem) when (problem is HostStartException or TimeoutException)
        {
            await measured.DisposeAsync();
            throw new Refusal($"The worker in {appRoot} did not start: {problem.Message} {measured.LastLines}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_front is not null) await _front.DisposeAsync();
        if (_worker is not null) await _worker.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    private async Task FirstAnswerAsync(string path, Stopwatch watch, CancellationToken ct)
    {
        while (watch.Elapsed < Budget)
        {
            if (await AnswersAsync(path, ct))
            {
                StartTime = watch.Elapsed;
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, ct);
        }

        throw new TimeoutException($"{path} did not answer 200 within {Budget.TotalSeconds} seconds.");
    }

    /// <summary>By a plain socket, so that our own client's start is not in the figure.</summary>
    private async Task<bool> AnswersAsync(string path, CancellationToken ct)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Port, ct);
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"),
            ct);
        var answer = new byte[64];
        var got = await socket.ReceiveAsync(answer, ct);
        return answer.AsSpan(0, got).StartsWith("HTTP/1.1 200"u8);
    }

    private void Keep(HostLine line)
    {
        lock (_output)
        {
            _output.Enqueue(line.Text);
            if (_output.Count > 20) _output.Dequeue();
        }
    }
}
