using Microsoft.Extensions.Options;

namespace Serverless.ServiceLevels;

/// <summary>Calendars and levels, read once at start.</summary>
public static class ServiceLevelsServices
{
    public static IServiceCollection AddServiceLevels(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<CalendarsOptions>().Bind(configuration).ValidateOnStart();
        services.AddSingleton<IValidateOptions<CalendarsOptions>, CalendarsOptionsValidator>();
        services.AddOptions<ServiceLevelsOptions>().Bind(configuration.GetSection("ServiceLevels")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ServiceLevelsOptions>, ServiceLevelsOptionsValidator>();
        services.AddSingleton(p => new Calendars(p.GetRequiredService<IOptions<CalendarsOptions>>().Value));
        return services.AddSingleton(p => new Levels(p.GetRequiredService<IOptions<ServiceLevelsOptions>>().Value,
            p.GetRequiredService<Calendars>()));
    }
}
