using Microsoft.Azure.Functions.Worker;
using Serverless.Channels;
using Serverless.Platform.Http;
using Serverless.Platform.Messaging;
using Serverless.Processing;

namespace Serverless.Intake;

/// <summary>Triggers of intake and processing.</summary>
public sealed class IntakeFunctions(WebhookIntake intake, QueuedEvents events, DeliveryProcessor deliveries, PoisonMessages poison)
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
    public Task TakeEvents([QueueTrigger("acs-events")] string message, CancellationToken ct) => events.TakeAsync("acs", message, ct);

    /// <summary>
    /// Handles messages that TakeEvents failed at too often, in the same way: an event that is not stored is never given up.
    /// </summary>
    [Function("RetakeEvents")]
    public Task RetakeEvents([QueueTrigger("acs-events-poison")] string message, CancellationToken ct) =>
        events.TakeAsync("acs", message, ct);

    /// <summary>Processes the delivery of a message.</summary>
    [Function("Normalise")]
    public Task Normalise([QueueTrigger(DeliveryMessage.Queue)] string message, CancellationToken ct) => DeliveryMessage.Parse(message) is { } pointer
        ? deliveries.WorkAsync(pointer, ct)
        : poison.KeepAsync(DeliveryMessage.Queue, message, "not a pointer", ct);

    /// <summary>
    /// Takes what Normalise failed at too often. A delivery is safe in its row and stays open: Tick queues it again. A message that names
    /// none is kept.
    /// </summary>
    [Function("KeepPoison")]
    public Task KeepPoison([QueueTrigger("inbound-poison")] string message, CancellationToken ct) =>
        poison.TakeAsync("inbound-poison", message, ct);

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
