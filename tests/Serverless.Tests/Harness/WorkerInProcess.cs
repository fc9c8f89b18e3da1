using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Azure.Functions.Worker.Invocation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Local.FunctionsHost;

namespace Serverless.Tests.Harness;

/// <summary>
/// The real worker in this process, as many as wanted beside each other: connected to the gateway of the stand-in host, which forwards its
/// HTTP. A worker of its own process finds its place by the command line and by generated code that looks at the entry assembly; here both
/// are given by hand.
/// </summary>
public sealed class WorkerInProcess : IAsyncDisposable
{
    private static readonly Lazy<Task<WorkerGateway>> Gateway = new(() => WorkerGateway.StartAsync(CancellationToken.None));

    private readonly IHost _app;
    private readonly FrontServer _front;

    static WorkerInProcess()
    {
        // Where the worker looks for host.json; the test's own folder holds a copy.
        Environment.SetEnvironmentVariable("FUNCTIONS_APPLICATION_DIRECTORY", AppContext.BaseDirectory);
        // A watcher for each settings file of each worker would use up what a machine has of them.
        Environment.SetEnvironmentVariable("DOTNET_hostBuilder__reloadConfigOnChange", "false");
    }

    private WorkerInProcess(IHost app, WorkerConnection connection, FrontServer front) =>
        (_app, Connection, _front) = (app, connection, front);

    /// <summary>Where the host's front listens.</summary>
    public Uri Address => _front.Address;

    public IServiceProvider Services => _app.Services;

    /// <summary>The worker as the host sees it.</summary>
    public WorkerConnection Connection { get; }

    /// <summary>Starts one and waits until its functions are loaded.</summary>
    /// <param name="settings">App settings, with <c>__</c> between the parts of a name.</param>
    /// <param name="log">Gets what the app logs; null leaves it to the worker, which sends it to the host.</param>
    /// <param name="parts">Adds or replaces services.</param>
    /// <param name="hostLog">Gets what the worker sends to the host's log.</param>
    public static async Task<WorkerInProcess> StartAsync(
        IEnumerable<KeyValuePair<string, string?>> settings,
        ILoggerProvider? log,
        Action<IServiceCollection>? parts,
        Action<HostLine>? hostLog = null)
    {
        var gateway = await Gateway.Value;
        var id = Guid.NewGuid().ToString();
        var connection = gateway.Expect(id, AppContext.BaseDirectory);
        connection.LogReceived = hostLog;

        var builder = FunctionsApplication.CreateBuilder([]);
        builder.Configuration.AddInMemoryCollection(settings.Where(s => s.Value is not null)
            .Select(s => KeyValuePair.Create(s.Key.Replace("__", ":", StringComparison.Ordinal), s.Value)));
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Functions:Worker:HostEndpoint"] = gateway.Address.AbsoluteUri,
            ["Functions:Worker:WorkerId"] = id,
            ["Functions:Worker:RequestId"] = id,
            ["Functions:Worker:GrpcMaxMessageLength"] = int.MaxValue.ToString(System.Globalization.CultureInfo.InvariantCulture),
        });
        builder.Compose();
        builder.Services.AddSingleton<IFunctionMetadataProvider, GeneratedFunctionMetadataProvider>();
        builder.Services.AddSingleton<IFunctionExecutor, DirectFunctionExecutor>();
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        ListenAlone(builder.Services);
        if (log is not null) builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug);
        parts?.Invoke(builder.Services);

        var app = builder.Build();
        await app.StartAsync();
        await connection.ReadyAsync(CancellationToken.None);
        var front = await FrontServer.StartAsync(0, HttpFront.Of(connection).AnswerAsync, CancellationToken.None);
        return new WorkerInProcess(app, connection, front);
    }

    public async ValueTask DisposeAsync()
    {
        await _front.DisposeAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(limit.Token);
        _app.Dispose();
        Connection.Close("The test is over.");
    }

    // The worker's own address is one for the whole process. The port is bound here and handed over, so that nobody else can take it.
    private static void ListenAlone(IServiceCollection services)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = $"http://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}";
        services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket = _ => socket);
        services.AddSingleton<IStartupFilter>(new OnlyAddress(address));
        services.Configure<WorkerOptions>(worker => worker.Capabilities["HttpUri"] = address);
    }

    private sealed class OnlyAddress(string address) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            var addresses = app.ServerFeatures.Get<IServerAddressesFeature>()!.Addresses;
            addresses.Clear();
            addresses.Add(address);
            next(app);
        };
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
