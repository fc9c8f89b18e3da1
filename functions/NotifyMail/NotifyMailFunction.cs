using Serverless.Hosting;
using Serverless.Notices;

namespace Serverless.NotifyMail;

/// <summary>Tells people by mail, from queue <c>notify-mail</c>.</summary>
public static class NotifyMailFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("NotifyMail", "notice",
        (services, message, ct) => services.GetRequiredService<NoticeRunner>().RunAsync("mail", message, ct));
}
