using Microsoft.Extensions.DependencyInjection.Extensions;
using Serverless.Telemetry;

namespace Serverless.Platform.Messaging;

/// <summary>Hands out the bus client.</summary>
public static class BusRegistration
{
    /// <summary>Reads <c>ServiceBusConnection</c> at once, so that a wrong setting stops the start.</summary>
    /// <exception cref="InvalidOperationException">With a sentence that names the setting to change.</exception>
    public static IServiceCollection AddBus(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton<CallCount>();
        services.AddSingleton(BusConnection.From(configuration.GetSection("ServiceBusConnection")));
        services.AddSingleton<TopicClient>().AddSingleton<DeadLetters>();
        return services;
    }
}
