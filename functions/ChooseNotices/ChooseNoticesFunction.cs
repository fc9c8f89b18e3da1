using Serverless.Hosting;
using Serverless.Links;
using Serverless.Notices;

namespace Serverless.ChooseNotices;

/// <summary>The link at the end of each card and mail, <c>api/recipients/{token}</c>: GET shows what a person is told of and when, POST changes it. Anonymous: the link's signature is the key.</summary>
public static class ChooseNoticesFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("ChooseNotices", ["GET", "POST"], "recipients/{token}", async context =>
    {
        var own = context.RequestServices.GetRequiredService<OwnNotices>();
        var token = (string)context.Request.RouteValues["token"]!;
        // A ticked box is a value of its own, several under one name.
        var view = HttpMethods.IsPost(context.Request.Method)
            ? await own.ChooseAsync(token, (await HtmlPage.FormAsync(context)).ToDictionary(p => p.Key, p => p.Value.OfType<string>().ToArray(), StringComparer.Ordinal), context.RequestAborted)
            : await own.LookAsync(token, context.RequestAborted);
        var status = view.State switch { OwnState.Strange => 404, OwnState.Expired => 410, OwnState.NoHours or OwnState.NoEvents => 400, _ => 200 };
        HtmlPage.Guard(context, ActionPage.Policy);
        await HtmlPage.AnswerAsync(context, context.RequestServices.GetRequiredService<OwnNoticesPage>().Render(view), status);
    });
}
