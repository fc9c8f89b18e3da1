using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Serverless.Hosting;
using Serverless.Links;

namespace Serverless.FollowLink;

/// <summary>The links of cards and mails, <c>api/links/{token}</c>: GET shows a small page and changes nothing, POST acts. Anonymous: the link's signature is the key.</summary>
public static class FollowLinkFunction
{
    private const int LargestForm = 16 * 1024;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("FollowLink", ["GET", "POST"], "links/{token}", async context =>
    {
        var desk = context.RequestServices.GetRequiredService<LinkDesk>();
        var token = (string)context.Request.RouteValues["token"]!;
        var view = HttpMethods.IsPost(context.Request.Method)
            ? await desk.FollowAsync(token, await FieldsAsync(context), context.RequestAborted)
            : await desk.LookAsync(token, context.RequestAborted);
        var status = view.State switch { LinkState.Strange => 404, LinkState.Expired or LinkState.Used or LinkState.Over => 410, LinkState.Incomplete => 400, _ => 200 };
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ActionPage.Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["X-Robots-Tag"] = "noindex";
        headers.Vary = "Accept-Language";
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        await HttpAnswer.JsonAsync(context, context.RequestServices.GetRequiredService<ActionPage>().Render(view, WantsGerman(context.Request.Headers.AcceptLanguage.ToString()), now), status, "text/html; charset=utf-8");
    });

    // The first of our two languages that the browser names; German, the house's own, when it names none at all.
    private static bool WantsGerman(string accepted)
    {
        if (accepted.Length == 0) return true;
        var german = accepted.IndexOf("de", StringComparison.OrdinalIgnoreCase);
        var english = accepted.IndexOf("en", StringComparison.OrdinalIgnoreCase);
        return german >= 0 && (english < 0 || german < english);
    }

    private static async Task<IReadOnlyDictionary<string, string>> FieldsAsync(HttpContext context)
    {
        var body = await RawBody.ReadAsync(context.Request, LargestForm, context.RequestAborted) ?? default;
        return QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body.Span)).ToDictionary(p => p.Key, p => p.Value.ToString(), StringComparer.Ordinal);
    }
}
