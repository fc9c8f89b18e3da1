using Microsoft.Extensions.Options;

namespace Serverless.Operations.Diagnostics;

/// <summary>Registers the diagnostics page of senders.</summary>
public static class DiagnosticsServices
{
    public static IServiceCollection AddDiagnostics(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DiagnosticsOptions>().Bind(configuration.GetSection("Diagnostics")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DiagnosticsOptions>, DiagnosticsOptionsValidator>();
        return services.AddSingleton<DiagnosticsLinks>().AddSingleton<SenderReports>().AddSingleton<SenderPage>()
            .AddSingleton<FailureAdvice>();
    }
}
