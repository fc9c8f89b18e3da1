using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Serverless.Local.FunctionsHost;

/// <summary>A bare Kestrel on 127.0.0.1 with one delegate: no configuration read, no signals taken.</summary>
public sealed class FrontServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FrontServer(WebApplication app, Uri address)
    {
        (_app, Address) = (app, address);
    }

    /// <summary>Where it listens, with a slash at the end.</summary>
    public Uri Address { get; }

    /// <summary>
    /// Listens on the port (0 takes a free one) and gives every request, with a body of at most so many bytes, to the delegate.
    /// </summary>
    /// <exception cref="HostStartException">The port is taken.</exception>
    public static async Task<FrontServer> StartAsync(int port, RequestDelegate answer, CancellationToken ct,
        long maxBody = WorkerConnection.MaxBody)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.AddServerHeader = false;

            // Any byte may stand in a header here: the call fails on its way to the worker, as host-contract.md says, "HTTP".
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.AllowSynchronousIO = false;
            kestrel.Limits.MaxRequestBodySize = maxBody;
        });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var app = builder.Build();
        app.Run(answer);
        try
        {
            await app.StartAsync(ct);
        }
        catch (IOException problem) when (problem.InnerException is AddressInUseException)
        {
            await app.DisposeAsync();
            throw new HostStartException($"Port {port} on 127.0.0.1 is taken: end what uses it, or choose another with --port.", problem);
        }

        return new FrontServer(app, new Uri(app.Urls.First() + "/"));
    }

    /// <summary>Stops listening; returns when all calls have ended, or cuts them off when <paramref name="grace"/> is cancelled.</summary>
    public Task StopAsync(CancellationToken grace) => _app.StopAsync(grace);

    /// <summary>Stops listening and cuts off what is still open after a second.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }
}
