using Serverless.Hosting;
using Serverless.Notices;

namespace Serverless.NotifyTeams;

/// <summary>Tells people in Teams, from queue <c>notify-teams</c>.</summary>
public static class NotifyTeamsFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("NotifyTeams", "notice",
        (services, message, ct) => services.GetRequiredService<NoticeRunner>().RunAsync("teams", message, ct));
}
