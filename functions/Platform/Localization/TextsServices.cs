namespace Serverless.Platform.Localization;

/// <summary>Registers the texts for people.</summary>
public static class TextsServices
{
    public static IServiceCollection AddTexts(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TextsOptions>().Bind(configuration.GetSection("Texts"));
        return services.AddSingleton<TextBook>();
    }
}
