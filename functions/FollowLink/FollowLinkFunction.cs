using Serverless.Hosting;
using Serverless.Links;

namespace Serverless.FollowLink;

/// <summary>The links of cards and mails, <c>api/links/{token}</c>: GET shows a small page and changes nothing, POST acts. Anonymous: the link's signature is the key.</summary>
public static class FollowLinkFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("FollowLink", ["GET", "POST"], "links/{token}", async context =>
    {
        var desk = context.RequestServices.GetRequiredService<LinkDesk>();
        var token = (string)context.Request.RouteValues["token"]!;
        var view = HttpMethods.IsPost(context.Request.Method)
            ? await desk.FollowAsync(token, (await HtmlPage.FormAsync(context)).ToDictionary(p => p.Key, p => p.Value.ToString(), StringComparer.Ordinal), context.RequestAborted)
            : await desk.LookAsync(token, context.RequestAborted);
        var status = view.State switch { LinkState.Strange => 404, LinkState.Expired or LinkState.Used or LinkState.Over => 410, LinkState.Incomplete => 400, _ => 200 };
        HtmlPage.Guard(context, ActionPage.Policy);
        context.Response.Headers.Vary = "Accept-Language";
        var (page, now) = (context.RequestServices.GetRequiredService<ActionPage>(), context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow());
        await HtmlPage.AnswerAsync(context, page.Render(view, HtmlPage.WantsGerman(context, whenNoneIsNamed: true), now), status);
    });
}
