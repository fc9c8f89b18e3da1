namespace Serverless.Platform.Localization;

/// <summary>Registers the texts for people.</summary>
public static class LocalizationServices
{
    public static IServiceCollection AddLocalization(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TextsOptions>().Bind(configuration.GetSection("Texts"));
        return services.AddSingleton<TextBook>();
    }
}
