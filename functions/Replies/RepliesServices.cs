using Serverless.Platform.Features;

namespace Serverless.Replies;

/// <summary>What brings answers to customers.</summary>
public static class RepliesServices
{
    public static IServiceCollection AddReplies(this IServiceCollection services) => services
        .AddSingleton<ReplyIndex>().AddSingleton<ReplyBook>().AddSingleton<ReplyFiling>()
        .AddSingleton<ReplyDesk>().AddSingleton<ReplyWork>()
        .AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<ReplyIndex>().RequeueLostAsync));
}
