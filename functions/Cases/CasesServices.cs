using Microsoft.Extensions.Options;
using Serverless.Outbox;
using Serverless.Platform.Features;

namespace Serverless.Cases;

/// <summary>Cases: rules, store, views, clock.</summary>
public static class CasesServices
{
    public static IServiceCollection AddCases(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<OwnersOptions>().Bind(configuration.GetSection("Owners")).ValidateOnStart();
        services.AddOptions<ServiceLevelsOptions>().Bind(configuration.GetSection("ServiceLevels")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ServiceLevelsOptions>, ServiceLevelsOptionsValidator>();
        services.AddOptions<CasesOptions>().Bind(configuration.GetSection("Cases")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<CasesOptions>, CasesOptionsValidator>();
        services.AddSingleton<CaseStore>().AddSingleton<Correlator>().AddSingleton<CaseViews>();
        services.AddSingleton<CaseLists>().AddSingleton<CaseReader>();
        services.AddSingleton<CaseActions>().AddSingleton<CaseClock>().AddSingleton<CaseTeller>().AddSingleton<Successors>();
        services.AddSingleton(p => new MaintenanceStep(
            Rhythm.Tick,
            ct => p.GetRequiredService<OutboxRelay>().SweepAsync(p.GetRequiredService<CaseTeller>().TellRestAsync, ct)));
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<CaseClock>().RingAsync));
        // Rows of files and replies stand in the case's partition.
        return services.AddSingleton<AttachmentRows>().AddSingleton<CaseReplies>();
    }
}
