using Microsoft.Extensions.DependencyInjection.Extensions;
using Serverless.Platform.Telemetry;

namespace Serverless.Platform.Storage;

/// <summary>Registers the storage clients.</summary>
public static class StorageRegistration
{
    /// <summary>Reads <c>AzureWebJobsStorage</c> at once, so that a wrong setting stops the start with a sentence
    /// (<see cref="InvalidOperationException"/>).</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton<CallCount>();
        services.AddSingleton(StorageAccount.From(configuration.GetSection("AzureWebJobsStorage")));
        services.AddSingleton<TableStore>();
        services.AddSingleton<BlobStore>();
        services.AddSingleton<QueueStore>();
        return services;
    }
}
