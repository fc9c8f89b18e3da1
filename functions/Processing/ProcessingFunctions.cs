using Microsoft.Azure.Functions.Worker;
using Serverless.Intake;
using Serverless.Platform.Messaging;

namespace Serverless.Processing;

/// <summary>Triggers that process stored deliveries.</summary>
public sealed class ProcessingFunctions(DeliveryProcessor deliveries, PoisonMessages poison)
{
    /// <summary>Processes the delivery that a message names. A message that names none is kept as poison.</summary>
    [Function("Normalise")]
    public Task Normalise([QueueTrigger(QueueNames.Inbound)] string message, CancellationToken ct) =>
        DeliveryMessage.Parse(message) is { } delivery
            ? deliveries.WorkAsync(delivery, ct)
            : poison.KeepAsync(QueueNames.Inbound, message, "not a pointer", ct);

    /// <summary>
    /// Handles messages that failed too often. The delivery is safe in its row and still open: Tick queues it again. A message that names
    /// no delivery is kept as poison.
    /// </summary>
    [Function("KeepPoison")]
    public Task KeepPoison([QueueTrigger(QueueNames.Inbound + QueueNames.PoisonSuffix)] string message, CancellationToken ct)
    {
        if (DeliveryMessage.Parse(message) is not { } delivery)
            return poison.KeepAsync(QueueNames.Inbound + QueueNames.PoisonSuffix, message, "failed too often", ct);
        deliveries.ReportPoison(delivery);
        return Task.CompletedTask;
    }
}
