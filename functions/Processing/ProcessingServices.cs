using Serverless.Platform.Features;

namespace Serverless.Processing;

/// <summary>Registers what turns deliveries into contacts of cases.</summary>
public static class ProcessingServices
{
    public static IServiceCollection AddProcessing(this IServiceCollection services)
    {
        services.AddSingleton<ReferencedContent>().AddSingleton<WaitingDeliveries>().AddSingleton<KeptDeliveries>();
        services.AddSingleton<CallControlSteps>().AddSingleton<ItemProcessor>().AddSingleton<DeliveryProcessor>();
        return services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<KeptDeliveries>().SweepAsync));
    }
}
