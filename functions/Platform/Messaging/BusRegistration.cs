using Microsoft.Extensions.DependencyInjection.Extensions;
using Serverless.Platform.Features;
using Serverless.Platform.Telemetry;

namespace Serverless.Platform.Messaging;

/// <summary>Registers the client of the bus and the store of poison messages.</summary>
public static class BusRegistration
{
    /// <summary>Reads <c>ServiceBusConnection</c> at once, so that a wrong setting stops the start with a sentence
    /// (<see cref="InvalidOperationException"/>). Without that setting the bus is off.</summary>
    public static IServiceCollection AddBus(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton<CallCount>();
        services.AddSingleton<PoisonMessages>();
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<PoisonMessages>().DrainAsync));
        var section = configuration.GetSection("ServiceBusConnection");
        var bus = string.IsNullOrEmpty(section.Value) && !section.GetChildren().Any() ? null : BusConnection.From(section);
        return services.AddSingleton(p => new TopicClient(bus, p.GetRequiredService<CallCount>(), p.GetRequiredService<TimeProvider>()));
    }
}
