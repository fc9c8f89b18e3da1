using Microsoft.Extensions.Options;

namespace Serverless.Intake;

/// <summary>Registers what takes calls in and stores them.</summary>
public static class IntakeServices
{
    public static IServiceCollection AddIntake(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ReceiveOptions>().Bind(configuration.GetSection("Receive")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ReceiveOptions>, ReceiveOptionsValidator>();
        services.AddSingleton<BodyReadLimiter>().AddSingleton<Bulkhead>();
        services.AddSingleton<SourceTrust>().AddSingleton<SubscriptionAlerts>();
        services.AddSingleton<DeliveryStore>().AddSingleton<DeliveryErasure>().AddSingleton<DeliveryWalk>();
        return services.AddSingleton<DeliveryIntake>().AddSingleton<WebhookIntake>().AddSingleton<QueuedEvents>();
    }
}
