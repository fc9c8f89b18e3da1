using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Serverless.Tests.Harness;

/// <summary>One request as it came over the wire.</summary>
public sealed record RecordedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>A real HTTP server on loopback that records what it is sent and answers as the test says.</summary>
public sealed class RecordingEndpoint : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<RecordedRequest> _requests = new();

    private RecordingEndpoint(WebApplication app) => _app = app;

    public IReadOnlyCollection<RecordedRequest> Requests => _requests;

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <param name="answer">Called with the number of the request (from 1) and its context.</param>
    public static async Task<RecordingEndpoint> StartAsync(Func<int, HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var endpoint = new RecordingEndpoint(builder.Build());
        var number = 0;
        endpoint._app.Run(async context =>
        {
            var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
            endpoint._requests.Enqueue(new RecordedRequest(context.Request.Method, target, headers, body.ToArray()));
            await answer(Interlocked.Increment(ref number), context);
        });
        await endpoint._app.StartAsync();
        endpoint.Address =
            new Uri(endpoint._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return endpoint;
    }

    /// <summary>Answers with these statuses in turn, the last one for ever.</summary>
    public static Task<RecordingEndpoint> StartAsync(params int[] statuses) => StartAsync((number, context) =>
    {
        context.Response.StatusCode = statuses[Math.Min(number, statuses.Length) - 1];
        return Task.CompletedTask;
    });

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
