using Microsoft.Extensions.Options;
using Serverless.Cases.Rules;
using Serverless.Outbox;
using Serverless.Platform.Features;
using Serverless.ServiceLevels;

namespace Serverless.Cases;

/// <summary>Registers cases: rules, store, lists, overdue scanner.</summary>
public static class CasesServices
{
    public static IServiceCollection AddCases(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<OwnersOptions>().Bind(configuration.GetSection("Owners")).ValidateOnStart();
        services.AddOptions<CasesOptions>().Bind(configuration.GetSection("Cases")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<CasesOptions>, CasesOptionsValidator>();
        services.AddSingleton(p => new PromiseRules(p.GetRequiredService<Levels>(), p.GetRequiredService<IOptions<CasesOptions>>().Value));
        services.AddSingleton<CaseStore>().AddSingleton<CasePages>().AddSingleton<Correlator>().AddSingleton<CaseViews>()
            .AddSingleton<CaseLists>().AddSingleton<CaseReader>();
        services.AddSingleton<CaseActions>().AddSingleton<OverdueScanner>().AddSingleton<CaseEventPublisher>()
            .AddSingleton<PlaceholderReplacement>();
        services.AddSingleton(p => new MaintenanceStep(
            Rhythm.Tick,
            ct => p.GetRequiredService<OutboxRelay>().SweepAsync(p.GetRequiredService<CaseEventPublisher>().TellRestAsync, ct)));
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<OverdueScanner>().RingAsync));
        // Rows of attachments and replies are in the case's partition.
        return services.AddSingleton<AttachmentRows>().AddSingleton<CaseReplies>();
    }
}
