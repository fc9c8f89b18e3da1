using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;

namespace Serverless.Platform.Worker;

/// <summary>Configures hosting and logging of the worker.</summary>
public static class WorkerServices
{
    /// <summary>Call it last: it takes away what the framework registered.</summary>
    public static IServiceCollection AddWorker(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<HttpOptions>().Bind(configuration.GetSection("Http")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<HttpOptions>, HttpOptionsValidator>();
        // Bodies are bounded by each function, which answers a larger one with a sentence; Kestrel's own limit would be an empty 500.
        services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        services.Configure<WorkerOptions>(worker => worker.InputConverters.RegisterAt<CancellationConverter>(0));
        // Never the framework's own lines, which name whole URLs: Twilio by GET puts text and number there, a handshake its token (P14).
        services.AddLogging(logging => logging
            .AddFilter("Microsoft", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning).AddFilter("Azure", LogLevel.Warning));
        // MVC brings it along; it would write a key file into the home folder at every start, and nothing here uses keys.
        var writers = services.Where(s => s.ImplementationType?.Name == "DataProtectionHostedService").ToList();
        foreach (var writer in writers) services.Remove(writer);
        return services;
    }
}
