using Microsoft.Extensions.Options;
using Serverless.Operations.Review;
using Serverless.Platform.Audit;
using Serverless.Platform.Features;
using Serverless.Platform.Messaging;
using Serverless.Processing;
using Serverless.Reconciliation;

namespace Serverless.Intake;

/// <summary>What takes calls in, works them, looks at them again.</summary>
public static class ReceiptsServices
{
    public static IServiceCollection AddReceipts(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ReceiveOptions>().Bind(configuration.GetSection("Receive")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ReceiveOptions>, ReceiveOptionsValidator>();
        services.AddSingleton<Readers>().AddSingleton<Bulkhead>();
        services.AddSingleton<SourceTrust>().AddSingleton<DeliveryLog>().AddSingleton<FrontDoor>();
        services.AddSingleton<WebhookIntake>().AddSingleton<QueuedEvents>();

        services.AddSingleton<ThinElements>().AddSingleton<WaitingDeliveries>().AddSingleton<Attention>();
        services.AddSingleton<CallSteps>().AddSingleton<DeliveryErasure>().AddSingleton<KeptDeliveries>();
        services.AddSingleton<ElementFiling>().AddSingleton<DeliveryWork>();
        services.AddSingleton<PoisonMessages>().AddSingleton<OpenDeliveries>();

        services.AddOptions<LookOptions>().Bind(configuration.GetSection("Look")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<LookOptions>, LookOptionsValidator>();
        services.AddSingleton<LookStates>().AddSingleton<HeldContacts>().AddSingleton<SecondLook>();

        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<OpenDeliveries>().RequeueDueAsync));
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<SecondLook>().LookAsync));
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<PoisonMessages>().DrainAsync));

        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<KeptDeliveries>().SweepAsync));

        services.AddSingleton<DeliveryWalk>().AddSingleton<ActionLog>().AddSingleton<PoisonDesk>();
        return services.AddSingleton<Quarantine>().AddSingleton<Replay>().AddSingleton<KeptDesk>();
    }
}
