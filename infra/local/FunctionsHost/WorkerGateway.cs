using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Serverless.Local.FunctionsHost.Rpc;

namespace Serverless.Local.FunctionsHost;

/// <summary>
/// The gRPC server that isolated workers connect to: cleartext HTTP/2 on a free port of 127.0.0.1, several workers at once.
/// host-contract.md, "Start".
/// </summary>
public sealed class WorkerGateway : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, WorkerConnection> _expected = new(StringComparer.Ordinal);
    private WebApplication? _app;

    private WorkerGateway()
    {
    }

    /// <summary>What a worker is given as <c>Functions:Worker:HostEndpoint</c> or <c>--functions-uri</c>.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Starts the server.</summary>
    public static async Task<WorkerGateway> StartAsync(CancellationToken ct)
    {
        var gateway = new WorkerGateway();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        builder.Services.AddRouting();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(gateway);
        builder.Services.AddGrpc(grpc => (grpc.MaxReceiveMessageSize, grpc.MaxSendMessageSize) = (null, null));
        var app = builder.Build();
        app.UseRouting();
        app.MapGrpcService<EventStreams>();
        await app.StartAsync(ct);
        (gateway._app, gateway.Address) = (app, new Uri(app.Urls.First() + "/"));
        return gateway;
    }

    /// <summary>Announces a worker, before it is started. A worker that nobody announced finds its stream ended (table "Start", row
    /// 1).</summary>
    /// <param name="workerId">The id it will send in StartStream.</param>
    /// <param name="applicationDirectory">The app root: where host.json and the worker's assembly are.</param>
    public WorkerConnection Expect(string workerId, string applicationDirectory)
    {
        var connection = new WorkerConnection(workerId, applicationDirectory);
        return _expected.TryAdd(workerId, connection)
            ? connection : throw new ArgumentException($"Worker {workerId} is expected already.", nameof(workerId));
    }

    /// <summary>Ends every stream and the server.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _expected.Values) connection.Close("The gateway was closed.");
        if (_app is null) return;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private WorkerConnection? Find(string workerId) => _expected.TryRemove(workerId, out var connection) ? connection : null;

    /// <summary>The gRPC service; ASP.NET Core makes one for each stream.</summary>
    private sealed class EventStreams(WorkerGateway gateway) : FunctionRpc.FunctionRpcBase
    {
        public override async Task EventStream(
            IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream,
            ServerCallContext context)
        {
            if (!await requestStream.MoveNext(context.CancellationToken)) return;
            if (requestStream.Current is not { ContentCase: StreamingMessage.ContentOneofCase.StartStream } first) return;
            if (gateway.Find(first.StartStream.WorkerId) is { } connection)
                await connection.RunAsync(requestStream, responseStream, context.CancellationToken);
        }
    }
}
