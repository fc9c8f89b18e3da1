using Microsoft.Azure.Functions.Worker;
using Serverless.Platform.Http;

namespace Serverless.ActionLinks;

/// <summary>Endpoint of the links in cards and mails.</summary>
public sealed class ActionLinkFunctions(ActionLinkHandler desk, ActionPage page, TimeProvider time)
{
    /// <summary>GET shows a small page and changes nothing, POST acts, or answers the customer. The link's signature is the key.</summary>
    [Function("FollowLink")]
    public async Task Follow([HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", Route = "links/{token}")] HttpRequest request)
    {
        var (token, ct) = (request.Route("token"), request.HttpContext.RequestAborted);
        var view = HttpMethods.IsPost(request.Method)
            ? await desk.FollowAsync(token, (await HtmlPage.FormAsync(request))
                .ToDictionary(p => p.Key, p => p.Value.ToString(), StringComparer.Ordinal), ct)
            : await desk.LookAsync(token, ct);
        var status = view.State switch
        {
            LinkState.Strange => 404,
            LinkState.Expired or LinkState.Used or LinkState.Over => 410,
            LinkState.Incomplete => 400,
            LinkState.NoWay => 409,
            _ => 200,
        };
        HtmlPage.Guard(request, ActionPage.Policy);
        request.HttpContext.Response.Headers.Vary = "Accept-Language";
        var german = HtmlPage.WantsGerman(request, whenNoneIsNamed: true);
        await HtmlPage.AnswerAsync(request, page.Render(view, german, time.GetUtcNow()), status);
    }
}
