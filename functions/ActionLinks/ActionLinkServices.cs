using Microsoft.Extensions.Options;

namespace Serverless.ActionLinks;

/// <summary>Registers action links and their pages.</summary>
public static class ActionLinkServices
{
    public static IServiceCollection AddActionLinks(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<LinksOptions>().Bind(configuration.GetSection("Links")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<LinksOptions>, LinksOptionsValidator>();
        return services.AddSingleton<ActionLinkTokens>().AddSingleton<ActionLinkViews>().AddSingleton<ActionLinkHandler>()
            .AddSingleton<ActionPage>();
    }
}
