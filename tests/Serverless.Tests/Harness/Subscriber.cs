using Microsoft.AspNetCore.Http;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>Somebody who is told: a real HTTP server on loopback that keeps every request to the byte and answers as the test says, until
/// the test says otherwise.</summary>
public sealed class Subscriber : IAsyncDisposable
{
    private readonly SemaphoreSlim _arrived = new(0);
    private RecordingEndpoint? _endpoint;

    private Subscriber(Func<HttpContext, Task> answer) => Answer = answer;

    /// <summary>What the next request gets.</summary>
    public Func<HttpContext, Task> Answer { get; set; }

    public Uri Address => new(_endpoint!.Address, "/told");

    /// <summary>Every request so far, oldest first.</summary>
    public IReadOnlyList<RecordedRequest> Told => [.. _endpoint!.Requests];

    /// <param name="answer">204 when not given.</param>
    public static async Task<Subscriber> StartAsync(Func<HttpContext, Task>? answer = null)
    {
        var subscriber = new Subscriber(answer ?? Status(204));
        subscriber._endpoint = await RecordingEndpoint.StartAsync((_, context) =>
        {
            subscriber._arrived.Release();
            return subscriber.Answer(context);
        });
        return subscriber;
    }

    public static Func<HttpContext, Task> Status(int status, params (string Name, string Value)[] headers) => context =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers) context.Response.Headers[name] = value;
        return Task.CompletedTask;
    };

    /// <summary>Never answers.</summary>
    public static async Task Hang(HttpContext context)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The caller lost patience.
        }
    }

    /// <summary>Cuts the connection.</summary>
    public static Task Cut(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    /// <summary>200 at once, and a body that never ends.</summary>
    public static async Task Drip(HttpContext context)
    {
        await context.Response.WriteAsync("{", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await Hang(context);
    }

    /// <summary>200 and a body of 1 MB.</summary>
    public static async Task Flood(HttpContext context)
    {
        try
        {
            await context.Response.Body.WriteAsync(new byte[1024 * 1024], context.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The caller does not read it.
        }
    }

    /// <summary>Waits until a further request has come.</summary>
    public async Task ReachedAsync() => Assert.True(await _arrived.WaitAsync(TimeSpan.FromSeconds(60)), "Nobody called.");

    public async ValueTask DisposeAsync()
    {
        await _endpoint!.DisposeAsync();
        _arrived.Dispose();
    }
}
