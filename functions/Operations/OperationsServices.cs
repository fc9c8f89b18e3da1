using Microsoft.Extensions.Options;
using Serverless.Platform.Features;

namespace Serverless.Operations;

/// <summary>Registers health, summary, backlog and review.</summary>
public static class OperationsServices
{
    public static IServiceCollection AddOperations(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<HealthOptions>().Bind(configuration.GetSection("Health")).ValidateOnStart();
        return services.AddSingleton<IValidateOptions<HealthOptions>, HealthOptionsValidator>()
            .AddSingleton<StartCheck>().AddSingleton<SummaryReport>().AddSingleton<HealthCheck>().AddSingleton<Resends>()
            .AddSingleton<RouteBacklog>().AddSingleton<Backlog>()
            .AddSingleton(p => new MaintenanceStep(Rhythm.AfterTick, p.GetRequiredService<Backlog>().MeasureAsync));
    }
}
