namespace Serverless.Outbox;

/// <summary>What publishes the events that cases and others wrote.</summary>
public static class OutboxServices
{
    public static IServiceCollection AddOutbox(this IServiceCollection services) => services.AddSingleton<OutboxRelay>();
}
