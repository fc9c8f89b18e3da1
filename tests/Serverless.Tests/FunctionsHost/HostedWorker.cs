using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Azure.Storage.Queues;
using Serverless.Local.FunctionsHost;

namespace Serverless.Tests.FunctionsHost;

/// <summary>The small worker under the whole stand-in host.</summary>
public sealed class HostedWorker : IAsyncDisposable
{
    private readonly TestFolder _folder = new();

    /// <summary>App settings; to be changed before the start.</summary>
    public Dictionary<string, string> Settings { get; } = new(StringComparer.Ordinal);

    /// <summary>What host and worker said.</summary>
    public ConcurrentQueue<HostLine> Log { get; } = [];

    /// <summary>What the worker's functions wrote down.</summary>
    public IReadOnlyList<JsonNode> Records => _folder.Records;

    /// <summary>Folder of keys and timers.</summary>
    public string Data => Path.Combine(_folder.Path, "data");

    /// <summary>The host; started by <see cref="StartAsync"/>.</summary>
    public FunctionHost Host { get; private set; } = null!;

    /// <summary>Options of a start; the worker's records come into this folder.</summary>
    public FunctionHostOptions Options(int maxErrors = 3, TimeSpan? pause = null, TimeSpan? queueLock = null, TimeProvider? time = null,
        TimeSpan? grace = null, string? root = null, int port = 0)
    {
        Settings["BARE_FOLDER"] = _folder.Path;
        return new FunctionHostOptions
        {
            AppRoot = root ?? BareWorker.Root,
            Settings = Settings,
            DataFolder = Data,
            FrontPort = port,
            MaxWorkerErrors = maxErrors,
            RestartPause = pause ?? TimeSpan.Zero,
            QueueLock = queueLock ?? TimeSpan.FromMinutes(10),
            StopGrace = grace ?? TimeSpan.FromSeconds(10),
            Time = time ?? TimeProvider.System,
            WorkerLog = Log.Enqueue,
            HostLog = Log.Enqueue,
        };
    }

    /// <summary>Starts the host and its worker.</summary>
    public async Task<HostedWorker> StartAsync(FunctionHostOptions? options = null)
    {
        Host = await FunctionHost.StartAsync(options ?? Options(), CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1));
        return this;
    }

    /// <summary>A queue that triggers Work, and its poison queue.</summary>
    public (QueueClient Queue, QueueClient Poison) Queue(string connection, string name)
    {
        (Settings["AzureWebJobsStorage"], Settings["BARE_QUEUE"]) = (connection, name);
        var queue = new QueueClient(connection, name);
        queue.CreateIfNotExists();
        return (queue, new QueueClient(connection, name + "-poison"));
    }

    /// <summary>Status of a call.</summary>
    public async Task<HttpStatusCode> CallAsync(HttpMethod method, string path, string? key = null, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Host.Front, path));
        if (key is not null) request.Headers.Add("x-functions-key", key);
        if (body is not null) request.Content = new StringContent(body);
        using var answer = await BareWorker.Http.SendAsync(request);
        return answer.StatusCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Host is not null) await Host.DisposeAsync();
        _folder.Dispose();
    }
}
