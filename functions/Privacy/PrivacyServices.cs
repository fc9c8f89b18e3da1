using Microsoft.Extensions.Options;
using Serverless.Platform.Features;

namespace Serverless.Privacy;

/// <summary>Registers find, export and erasure of personal data, and retention.</summary>
public static class PrivacyServices
{
    public static IServiceCollection AddPrivacy(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RetentionOptions>().Bind(configuration.GetSection("Retention")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RetentionOptions>, RetentionOptionsValidator>();
        services.AddOptions<PrivacyOptions>().Bind(configuration.GetSection("Privacy")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PrivacyOptions>, PrivacyOptionsValidator>();
        services.AddSingleton<PrivacyRequestStore>().AddSingleton<CaseEraser>().AddSingleton<DeliveryMatcher>()
            .AddSingleton<PrivacyRequestProcessor>();
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<Retention>().GoOnAsync));
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<PrivacyRequestProcessor>().WorkOpenAsync));
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Daily, p.GetRequiredService<Retention>().BeginAsync));
        return services.AddSingleton<PrivacyRequests>().AddSingleton<PersonExport>().AddSingleton<Retention>();
    }
}
