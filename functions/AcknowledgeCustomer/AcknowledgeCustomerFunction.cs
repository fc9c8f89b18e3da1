using Serverless.Hosting;
using Serverless.Notices;

namespace Serverless.AcknowledgeCustomer;

/// <summary>Tells customers that their contact has arrived, from queue <c>notify-acknowledgement</c>.</summary>
public static class AcknowledgeCustomerFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapTrigger("AcknowledgeCustomer", "notice",
        (services, message, ct) => services.GetRequiredService<NoticeRunner>().RunAsync("acknowledgement", message, ct));
}
