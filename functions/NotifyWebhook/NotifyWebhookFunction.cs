using Serverless.Hosting;
using Serverless.Notices;

namespace Serverless.NotifyWebhook;

/// <summary>Tells webhook subscribers, from queue <c>notify-webhook</c>.</summary>
public static class NotifyWebhookFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("NotifyWebhook", "notice",
        (services, message, ct) => services.GetRequiredService<NoticeRunner>().RunAsync("webhook", message, ct));
}
