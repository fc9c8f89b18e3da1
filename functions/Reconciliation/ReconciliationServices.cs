using Microsoft.Extensions.Options;
using Serverless.Platform.Features;
using Serverless.Processing;

namespace Serverless.Reconciliation;

/// <summary>Registers what finds deliveries without an outcome, and contacts that only the provider holds.</summary>
public static class ReconciliationServices
{
    public static IServiceCollection AddReconciliation(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ReconciliationOptions>().Bind(configuration.GetSection("Reconciliation")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ReconciliationOptions>, ReconciliationOptionsValidator>();
        services.AddSingleton<ReconciliationStates>().AddSingleton<ProviderRecords>().AddSingleton<Reconciler>();
        services.AddSingleton<OpenDeliveries>();
        services.AddSingleton(p =>
        {
            var options = p.GetRequiredService<IOptionsMonitor<ReconciliationOptions>>();
            return new LateRecovery(() => options.CurrentValue.LateMinutes);
        });
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<OpenDeliveries>().RequeueDueAsync));
        return services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<Reconciler>().LookAsync));
    }
}
