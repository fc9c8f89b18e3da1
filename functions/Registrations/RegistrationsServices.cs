using Serverless.Platform.Features;

namespace Serverless.Registrations;

/// <summary>What compares and mends the registrations of channels at their providers.</summary>
public static class RegistrationsServices
{
    public static IServiceCollection AddRegistrations(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<UpkeepOptions>().Bind(configuration.GetSection("Upkeep"));
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<ChannelUpkeep>().CheckDueAsync));
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Daily, p.GetRequiredService<ChannelUpkeep>().CheckAllAsync));
        return services.AddSingleton<RegistrationBook>().AddSingleton<ChannelUpkeep>().AddSingleton<UpkeepReader>();
    }
}
