namespace Serverless.Outbox;

/// <summary>Registers the publishing of events.</summary>
public static class OutboxServices
{
    public static IServiceCollection AddOutbox(this IServiceCollection services) =>
        services.AddSingleton<TopicRelay>().AddSingleton<OutboxRelay>();
}
