using Serverless.Cases;
using Serverless.Notifications.Subscriptions;
using Serverless.Outbox;
using Serverless.Registrations;

namespace Serverless.Schemas;

/// <summary>The catalogue of what is published.</summary>
public static class SchemasServices
{
    public static IServiceCollection AddSchemas(this IServiceCollection services) =>
        services.AddSingleton(new EventCatalogue([.. CaseExamples.Kinds, .. ChannelEvent.Kinds, .. SubscriptionEvent.Kinds]));
}
