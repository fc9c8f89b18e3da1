using System.Net;
using Microsoft.AspNetCore.Connections;
using Serverless.Local.FunctionsHost;

namespace Serverless.Local.Hosting;

/// <summary>A bare Kestrel on 127.0.0.1 with one delegate: no configuration read, no signals taken.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private LoopbackServer(WebApplication app, Uri address)
    {
        (this.app, Address) = (app, address);
    }

    public Uri Address { get; }

    /// <summary>Listens on the port (0 takes a free one) and gives every request, with a body of at most so many bytes, to the delegate.</summary>
    /// <exception cref="HostStartException">The port is taken.</exception>
    public static async Task<LoopbackServer> StartAsync(int port, long maxBody, RequestDelegate answer, CancellationToken ct)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.AddServerHeader = false;
            kestrel.AllowSynchronousIO = false;
            kestrel.Limits.MaxRequestBodySize = maxBody;
        });

        // The framework's own lifetime would take SIGTERM and Ctrl-C for itself and stop this server before its owner.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var built = builder.Build();
        built.Run(answer);
        try
        {
            await built.StartAsync(ct);
        }
        catch (IOException problem) when (problem.InnerException is AddressInUseException)
        {
            await built.DisposeAsync();
            throw new HostStartException($"Port {port} on 127.0.0.1 is taken: end what uses it, or choose another with --port.", problem);
        }

        return new LoopbackServer(built, new Uri(built.Urls.First() + "/"));
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await app.StopAsync(limit.Token);
        await app.DisposeAsync();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
