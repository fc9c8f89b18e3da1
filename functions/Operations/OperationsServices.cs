using Microsoft.Extensions.Options;
using Serverless.Needs;
using Serverless.Operations.Rules;
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
            .AddSingleton<OwnRules>().AddSingleton<Provided<RuleSet>>(p => p.GetRequiredService<OwnRules>()).AddSingleton<RuleTrial>()
            .AddSingleton(p => new MaintenanceStep(Rhythm.AfterTick, p.GetRequiredService<Backlog>().MeasureAsync));
    }
}
