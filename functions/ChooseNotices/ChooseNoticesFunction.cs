using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Serverless.Hosting;
using Serverless.Links;
using Serverless.Notices;

namespace Serverless.ChooseNotices;

/// <summary>The link at the end of each card and mail, <c>api/recipients/{token}</c>: GET shows what a person is told of and when, POST changes it. Anonymous: the link's signature is the key.</summary>
public static class ChooseNoticesFunction
{
    private const int LargestForm = 16 * 1024;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("ChooseNotices", ["GET", "POST"], "recipients/{token}", async context =>
    {
        var own = context.RequestServices.GetRequiredService<OwnNotices>();
        var token = (string)context.Request.RouteValues["token"]!;
        var view = HttpMethods.IsPost(context.Request.Method)
            ? await own.ChooseAsync(token, await FieldsAsync(context), context.RequestAborted)
            : await own.LookAsync(token, context.RequestAborted);
        var status = view.State switch { OwnState.Strange => 404, OwnState.Expired => 410, OwnState.NoHours or OwnState.NoEvents => 400, _ => 200 };
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ActionPage.Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["X-Robots-Tag"] = "noindex";
        await HttpAnswer.JsonAsync(context, context.RequestServices.GetRequiredService<OwnNoticesPage>().Render(view), status, "text/html; charset=utf-8");
    });

    // A ticked box is a value of its own, several under one name.
    private static async Task<IReadOnlyDictionary<string, string[]>> FieldsAsync(HttpContext context)
    {
        var body = await RawBody.ReadAsync(context.Request, LargestForm, context.RequestAborted) ?? default;
        return QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body.Span)).ToDictionary(p => p.Key, p => p.Value.OfType<string>().ToArray(), StringComparer.Ordinal);
    }
}
