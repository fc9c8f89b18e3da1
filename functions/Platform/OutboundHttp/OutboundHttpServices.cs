namespace Serverless.Platform.OutboundHttp;

/// <summary>Registers the guarded client for outgoing calls.</summary>
public static class OutboundHttpServices
{
    public static IServiceCollection AddOutboundHttp(this IServiceCollection services, IConfiguration configuration) => services
        .AddSingleton(_ => new GuardedHttp(loopbackToo: configuration["AZURE_FUNCTIONS_ENVIRONMENT"] == "Development"))
        .AddSingleton<ProviderHttp>();
}
