using Serverless.Platform.Features;

namespace Serverless.Replies;

/// <summary>Registers replies to customers.</summary>
public static class RepliesServices
{
    public static IServiceCollection AddReplies(this IServiceCollection services) => services
        .AddSingleton<ReplyIndex>().AddSingleton<ReplyStore>().AddSingleton<SentReplies>()
        .AddSingleton<ReplyRequests>().AddSingleton<ReplyProcessor>()
        .AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<ReplyIndex>().RequeueLostAsync));
}
