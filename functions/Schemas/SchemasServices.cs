using Serverless.Cases;
using Serverless.Notifications.Subscriptions;
using Serverless.Outbox;
using Serverless.Registrations;

namespace Serverless.Schemas;

/// <summary>Registers the catalogue of published schemas.</summary>
public static class SchemasServices
{
    public static IServiceCollection AddSchemas(this IServiceCollection services) =>
        services.AddSingleton(new EventCatalogue([.. CaseExamples.Kinds, .. ChannelEvent.Kinds, .. SubscriptionEvent.Kinds]));
}
