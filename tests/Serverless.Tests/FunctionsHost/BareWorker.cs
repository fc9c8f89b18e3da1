using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Serverless.Local.FunctionsHost;

namespace Serverless.Tests.FunctionsHost;

/// <summary>The small worker of infra/local/Bare under a gateway, with a front of its own: what the host's tests call.</summary>
public sealed class BareWorker : IAsyncDisposable
{
    /// <summary>Waits as long as a test may.</summary>
    public static readonly HttpClient Http =
        new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromMinutes(2) };

    private readonly WorkerGateway _gateway;
    private readonly FrontServer _front;
    private readonly TestFolder _folder;

    private BareWorker(WorkerGateway gateway, WorkerProcess process, FrontServer front, TestFolder folder) =>
        (_gateway, Process, _front, _folder) = (gateway, process, front, folder);

    /// <summary>The build output of infra/local/Bare, which the build puts beside the tests.</summary>
    public static string Root => Path.Combine(AppContext.BaseDirectory, "bare");

    /// <summary>The running worker.</summary>
    public WorkerProcess Process { get; }

    /// <summary>Its stream.</summary>
    public WorkerConnection Connection => Process.Connection;

    /// <summary>Where its HTTP functions are called, below <c>api/</c>.</summary>
    public Uri Address => _front.Address;

    /// <summary>What the worker has logged.</summary>
    public ConcurrentQueue<HostLine> Log { get; private init; } = [];

    /// <summary>What the worker's functions wrote down.</summary>
    public IReadOnlyList<JsonNode> Records => _folder.Records;

    /// <summary>Starts the worker and waits until its functions are loaded.</summary>
    public static async Task<BareWorker> StartAsync(params (string Name, string Value)[] settings)
    {
        var folder = new TestFolder();
        var log = new ConcurrentQueue<HostLine>();
        var gateway = await WorkerGateway.StartAsync(CancellationToken.None);
        var launch = new WorkerLaunch(Root, settings.Append(("BARE_FOLDER", folder.Path)).ToDictionary());
        var process = WorkerProcess.Start(gateway, launch, log.Enqueue);
        try
        {
            await process.Connection.ReadyAsync(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1));
            var front = await FrontServer.StartAsync(0, HttpFront.Of(process.Connection).AnswerAsync, CancellationToken.None);
            return new BareWorker(gateway, process, front, folder) { Log = log };
        }
        catch
        {
            await process.DisposeAsync();
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _front.DisposeAsync();
        await Process.DisposeAsync();
        await _gateway.DisposeAsync();
        _folder.Dispose();
    }
}
