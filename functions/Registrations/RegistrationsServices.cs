using Serverless.Platform.Features;

namespace Serverless.Registrations;

/// <summary>Registers checks and repairs of webhook registrations.</summary>
public static class RegistrationsServices
{
    public static IServiceCollection AddRegistrations(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RegistrationOptions>().Bind(configuration.GetSection("Registration"));
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<RegistrationCheck>().CheckDueAsync));
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Daily, p.GetRequiredService<RegistrationCheck>().CheckAllAsync));
        return services.AddSingleton<RegistrationStore>().AddSingleton<RegistrationCheck>().AddSingleton<UpkeepReader>();
    }
}
