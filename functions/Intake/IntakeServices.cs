using Microsoft.Extensions.Options;
using Serverless.Operations.Review;
using Serverless.Platform.Audit;
using Serverless.Platform.Features;
using Serverless.Platform.Messaging;
using Serverless.Processing;
using Serverless.Reconciliation;

namespace Serverless.Intake;

/// <summary>Registers intake, processing and reconciliation.</summary>
public static class IntakeServices
{
    public static IServiceCollection AddReceipts(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ReceiveOptions>().Bind(configuration.GetSection("Receive")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ReceiveOptions>, ReceiveOptionsValidator>();
        services.AddSingleton<BodyReadLimiter>().AddSingleton<Bulkhead>();
        services.AddSingleton<SourceTrust>().AddSingleton<DeliveryStore>().AddSingleton<DeliveryIntake>();
        services.AddSingleton<WebhookIntake>().AddSingleton<QueuedEvents>();

        services.AddSingleton<ReferencedContent>().AddSingleton<WaitingDeliveries>().AddSingleton<SubscriptionAlerts>();
        services.AddSingleton<CallControlSteps>().AddSingleton<DeliveryErasure>().AddSingleton<KeptDeliveries>();
        services.AddSingleton<ItemProcessor>().AddSingleton<DeliveryProcessor>();
        services.AddSingleton<PoisonMessages>().AddSingleton<OpenDeliveries>();

        services.AddOptions<ReconciliationOptions>().Bind(configuration.GetSection("Look")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ReconciliationOptions>, ReconciliationOptionsValidator>();
        services.AddSingleton<ReconciliationStates>().AddSingleton<ProviderRecords>().AddSingleton<Reconciler>();

        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<OpenDeliveries>().RequeueDueAsync));
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<Reconciler>().LookAsync));
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<PoisonMessages>().DrainAsync));

        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<KeptDeliveries>().SweepAsync));

        services.AddSingleton<DeliveryWalk>().AddSingleton<AuditLog>().AddSingleton<PoisonMessageReview>();
        return services.AddSingleton<QuarantineReview>().AddSingleton<Replay>().AddSingleton<KeptDeliveryReview>();
    }
}
