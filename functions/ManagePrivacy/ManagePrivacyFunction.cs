using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Serverless.Hosting;
using Serverless.Privacy;

namespace Serverless.ManagePrivacy;

/// <summary>A person's rights: <c>POST api/operations/privacy/find</c>, <c>.../export</c>, <c>.../erase</c>; erasing is a dry run unless <c>"dryRun":false</c> is sent.</summary>
public static class ManagePrivacyFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("ManagePrivacy", ["POST"], "operations/privacy/{action}", async context =>
    {
        var body = await RawBody.ReadAsync(context.Request, 16 * 1024, context.RequestAborted);
        if (body is null || PrivacyRequest.Parse(body.Value) is not { } request)
        {
            await HttpAnswer.ProblemAsync(context, 400, $"{PrivacyRequest.HowTo} Erasing is a dry run unless you add \"dryRun\":false.");
            return;
        }

        await ((string?)context.Request.RouteValues["action"] switch
        {
            "find" => PersonAsync(context, request, erase: false),
            "erase" when request.Case is { } number => CaseAsync(context, request, number),
            "export" => ExportAsync(context, request),
            "erase" => PersonAsync(context, request, erase: !request.DryRun),
            _ => HttpAnswer.ProblemAsync(context, 404, "The action is not known. Known: find, export, erase."),
        });
    });

    private static async Task PersonAsync(HttpContext context, PrivacyRequest request, bool erase)
    {
        if (PersonAddress.Parse(request.Address, out var problem) is not { } address)
        {
            await HttpAnswer.ProblemAsync(context, 400, problem);
            return;
        }

        var desk = context.RequestServices.GetRequiredService<PrivacyDesk>();
        await ReportAsync(context, erase ? await desk.EraseAsync(address, request.By, context.RequestAborted) : await desk.FindAsync(address, request.By, context.RequestAborted));
    }

    private static async Task ExportAsync(HttpContext context, PrivacyRequest request)
    {
        var (desk, ct) = (context.RequestServices.GetRequiredService<PrivacyDesk>(), context.RequestAborted);
        var problem = "This order holds no person: name one of a find.";
        var named = request.Order is { } id ? await desk.OrderAsync(id, ct) : null;
        if (request.Order is not null && named is null) await HttpAnswer.ProblemAsync(context, 404, "There is no such order: begin with find.");
        else if (PersonAddress.Parse(named is null ? request.Address : named.Address, out var wrong) is not { } address) await HttpAnswer.ProblemAsync(context, named is null ? 400 : 409, named is null ? wrong : problem);
        else
        {
            var order = named ?? await desk.FindAsync(address, request.By, ct);
            if (order.Kind != OrderKind.Find) await HttpAnswer.ProblemAsync(context, 409, problem);
            else if (order.Stage != OrderStage.Done) await ReportAsync(context, order);
            else await HandOutAsync(context, order, address, request.By);
        }
    }

    private static async Task HandOutAsync(HttpContext context, Order order, PersonAddress address, string? by)
    {
        await context.RequestServices.GetRequiredService<PrivacyDesk>().ExportedAsync(order, address, by, context.RequestAborted);
        // The framework's ZIP writer closes an entry with a synchronous write of its last bytes.
        if (context.Features.Get<IHttpBodyControlFeature>() is { } control) control.AllowSynchronousIO = true;
        context.Response.ContentType = "application/zip";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"person-{order.Id}.zip\"";
        context.Response.Headers.CacheControl = "no-store";
        await context.RequestServices.GetRequiredService<PersonExport>().WriteAsync(order, address, context.Response.Body, context.RequestAborted);
    }

    private static async Task CaseAsync(HttpContext context, PrivacyRequest request, string number)
    {
        var desk = context.RequestServices.GetRequiredService<PrivacyDesk>();
        if (await desk.PlanAsync(number, context.RequestAborted) is not { } plan) await HttpAnswer.ProblemAsync(context, 404, "There is no such case, or it is erased.");
        else if (request.DryRun) await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(plan, OrderJson.Default.ErasurePlan));
        else await ReportAsync(context, await desk.EraseAsync(plan, request.By, context.RequestAborted));
    }

    private static Task ReportAsync(HttpContext context, Order order) =>
        HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(PrivacyDesk.Report(order), OrderJson.Default.OrderReport), order.Stage == OrderStage.Done ? 200 : 202);
}
