using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>What the doubles of providers have in common: every request is recorded, trouble comes when a test asks for it, and a call that
/// the double did not expect fails the test at its end.</summary>
internal sealed class StrictEndpoint : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentQueue<(int Status, string? Header, string Body)> _troubles = new();
    private RecordingEndpoint _endpoint = null!;

    public Uri Address => _endpoint.Address;

    public IReadOnlyCollection<RecordedRequest> Requests => _endpoint.Requests;

    /// <param name="answer">Called for each request that meets no trouble, with its context and what was recorded of it.</param>
    public static async Task<StrictEndpoint> StartAsync(Func<HttpContext, RecordedRequest, Task> answer)
    {
        var strict = new StrictEndpoint();
        strict._endpoint = await RecordingEndpoint.StartAsync((number, context) =>
            strict._troubles.TryDequeue(out var trouble)
            ? MeetAsync(context, trouble) : answer(context, strict._endpoint.Requests.ElementAt(number - 1)));
        return strict;
    }

    /// <summary>The next call is answered with this instead; status 0 cuts the connection.</summary>
    /// <param name="status">HTTP status code.</param>
    /// <param name="header">One header, <c>Name: value</c>; null for none.</param>
    /// <param name="body">The body.</param>
    public void Trouble(int status, string? header = null, string body = "") => _troubles.Enqueue((status, header, body));

    /// <summary>Notes what was not expected.</summary>
    public void Complain(string what) => _complaints.Enqueue(what);

    /// <summary>Fails the test for everything that was noted.</summary>
    public async ValueTask DisposeAsync()
    {
        await _endpoint.DisposeAsync();
        Assert.Equal([], _complaints);
    }

    private static async Task MeetAsync(HttpContext context, (int Status, string? Header, string Body) trouble)
    {
        if (trouble.Status == 0)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = trouble.Status;
        if (trouble.Header?.Split(": ") is [var name, var value]) context.Response.Headers[name] = value;
        await context.Response.WriteAsync(trouble.Body);
    }
}
