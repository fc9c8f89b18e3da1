using Microsoft.Azure.Functions.Worker;
using Serverless.Channels;
using Serverless.Platform.Http;
using Serverless.Platform.Messaging;

namespace Serverless.Intake;

/// <summary>Triggers that take deliveries in.</summary>
public sealed class IntakeFunctions(WebhookIntake intake, QueuedEvents events)
{
    /// <summary>The address of every channel: raw bytes in, the provider's exact answer out. The channel's own check is the key.</summary>
    [Function("Receive")]
    public async Task Receive([HttpTrigger(AuthorizationLevel.Anonymous, Route = "hooks/{channel}/{*rest}")] HttpRequest request) =>
        await WriteAsync(request, await intake.AnswerAsync(request, request.Route("channel")));

    /// <summary>
    /// Takes an event that Event Grid put into the queue: it is stored as a delivery of its channel, and worked like one that came by a
    /// call.
    /// </summary>
    [Function("TakeEvents")]
    public Task TakeEvents([QueueTrigger(QueueNames.AcsEvents)] string message, CancellationToken ct) =>
    events.TakeAsync("acs", message, ct);

    /// <summary>
    /// Handles messages that TakeEvents failed at too often, in the same way: an event that is not stored is never given up.
    /// </summary>
    [Function("RetakeEvents")]
    public Task RetakeEvents([QueueTrigger(QueueNames.AcsEvents + QueueNames.PoisonSuffix)] string message, CancellationToken ct) =>
        events.TakeAsync("acs", message, ct);

    private static async Task WriteAsync(HttpRequest request, WebhookResponse answer)
    {
        var response = request.HttpContext.Response;
        response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers) response.Headers[name] = value;
        // A challenge echoes what a stranger sent: no browser may take it for a page.
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Status is StatusCodes.Status204NoContent ? null : answer.Body.Length;
        if (answer.Body.Length > 0) await response.Body.WriteAsync(answer.Body, request.HttpContext.RequestAborted);
    }
}
