using Serverless.Platform.Features;

namespace Serverless.Operations;

/// <summary>What people who run the app look at.</summary>
public static class OperationsServices
{
    public static IServiceCollection AddOperations(this IServiceCollection services) => services
        .AddSingleton<StartCheck>().AddSingleton<Ledger>().AddSingleton<HealthCheck>().AddSingleton<Resends>()
        .AddSingleton<DeadLetterDesk>().AddSingleton<Arrears>()
        .AddSingleton(p => new MaintenanceStep(Rhythm.AfterTick, p.GetRequiredService<Arrears>().MeasureAsync));
}
