using System.Text.Json;
using Serverless.Hosting;
using Serverless.Operations;

namespace Serverless.DiscardNotices;

/// <summary>Takes away what lies in the queue of a route that is off: <c>POST api/operations/routes/{name}/discard</c>.</summary>
public static class DiscardNoticesFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("DiscardNotices", ["POST"], "operations/routes/{name}/discard", async context =>
    {
        var name = (string?)context.Request.RouteValues["name"] ?? "";
        var desk = context.RequestServices.GetRequiredService<RouteDesk>();
        if (!desk.Routes.Contains(name, StringComparer.Ordinal)) await HttpAnswer.ProblemAsync(context, 404, $"There is no such route. Known: {string.Join(", ", desk.Routes)}.");
        else if (await desk.DiscardAsync(name, Caller.Of(context, null), context.RequestAborted) is { } done) await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(done, OperationsJson.Default.RouteDiscarded));
        else await HttpAnswer.ProblemAsync(context, 409, $"The route is on: its messages are being told. Switch it off first, by {desk.SettingOf(name)}=true.");
    });
}
