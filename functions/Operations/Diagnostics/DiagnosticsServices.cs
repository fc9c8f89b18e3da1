using Microsoft.Extensions.Options;

namespace Serverless.Operations.Diagnostics;

/// <summary>What shows a sender how its calls went.</summary>
public static class DiagnosticsServices
{
    public static IServiceCollection AddDiagnostics(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DiagnosticsOptions>().Bind(configuration.GetSection("Diagnostics")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DiagnosticsOptions>, DiagnosticsOptionsValidator>();
        return services.AddSingleton<DiagnosticsLinks>().AddSingleton<SenderReports>();
    }
}
