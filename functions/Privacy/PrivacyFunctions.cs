using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Azure.Functions.Worker;
using Serverless.Platform.Http;

namespace Serverless.Privacy;

/// <summary>Endpoints of privacy requests. Erasing is a dry run unless <c>"dryRun":false</c> is sent.</summary>
public sealed class PrivacyFunctions(PrivacyRequests desk, PersonExport export)
{
    private const string NoPerson = "This order holds no person: name one of a find.";

    /// <summary>Orders that are not done.</summary>
    [Function("QueryOperationsPrivacy")]
    public async Task List([HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations/privacy")] HttpRequest request) =>
        await ApiResponse.JsonAsync(request, JsonSerializer.SerializeToUtf8Bytes(
            await desk.OpenAsync(request.HttpContext.RequestAborted), PrivacyJson.Default.IReadOnlyListPrivacyRequestReport));

    /// <summary>Status of a privacy request.</summary>
    [Function("QueryOperationsPrivacyOrder")]
    public async Task Show([HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations/privacy/{order}")] HttpRequest request)
    {
        if (await desk.OrderAsync(request.Route("order"), request.HttpContext.RequestAborted) is { } order)
            await ApiResponse.JsonAsync(request, PrivacyRequests.Report(order), PrivacyJson.Default.PrivacyRequestReport);
        else
        {
            await ApiResponse.ProblemAsync(request, 404, "There is no such privacy request. Completed ones are deleted after 30 days; "
                + "api/operations/actions says who asked.");
        }
    }

    /// <summary>Finds all stored data of a person.</summary>
    [Function("ManagePrivacyFind")]
    public async Task Find([HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/privacy/find")] HttpRequest request)
    {
        if (await AskedAsync(request) is { } asked) await PersonAsync(request, asked, erase: false);
    }

    /// <summary>Exports all stored data of a person as a ZIP.</summary>
    [Function("ManagePrivacyExport")]
    public async Task Export([HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/privacy/export")] HttpRequest request)
    {
        if (await AskedAsync(request) is { } asked) await ExportAsync(request, asked);
    }

    /// <summary>Erases all stored data of a person, or one case.</summary>
    [Function("ManagePrivacyErase")]
    public async Task Erase([HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/privacy/erase")] HttpRequest request)
    {
        if (await AskedAsync(request) is not { } asked) return;
        if (asked.Case is { } number) await CaseAsync(request, asked, number);
        else await PersonAsync(request, asked, erase: !asked.DryRun);
    }

    private static async Task<PrivacyRequestBody?> AskedAsync(HttpRequest request)
    {
        if (await RawBody.ReadAsync(request) is { } body && PrivacyRequestBody.Parse(body) is { } asked) return asked;
        await ApiResponse.ProblemAsync(request, 400, $"{PrivacyRequestBody.HowTo} Erasing is a dry run unless dryRun is false.");
        return null;
    }

    private async Task PersonAsync(HttpRequest request, PrivacyRequestBody asked, bool erase)
    {
        var ct = request.HttpContext.RequestAborted;
        if (PersonAddress.Parse(asked.Address, out var problem) is not { } address) await ApiResponse.ProblemAsync(request, 400, problem);
        else if (erase) await ReportAsync(request, await desk.EraseAsync(address, asked.By, ct));
        else await ReportAsync(request, await desk.FindAsync(address, asked.By, ct));
    }

    private async Task ExportAsync(HttpRequest request, PrivacyRequestBody asked)
    {
        var ct = request.HttpContext.RequestAborted;
        var named = asked.Order is { } id ? await desk.OrderAsync(id, ct) : null;
        if (asked.Order is not null && named is null)
        {
            await ApiResponse.ProblemAsync(request, 404, "There is no such privacy request: start with find.");
            return;
        }

        if (PersonAddress.Parse(named is null ? asked.Address : named.Address, out var wrong) is not { } address)
        {
            await ApiResponse.ProblemAsync(request, named is null ? 400 : 409, named is null ? wrong : NoPerson);
            return;
        }

        var order = named ?? await desk.FindAsync(address, asked.By, ct);
        if (order.Kind != PrivacyRequestKind.Find) await ApiResponse.ProblemAsync(request, 409, NoPerson);
        else if (order.Stage != PrivacyRequestStage.Done) await ReportAsync(request, order);
        else await HandOutAsync(request, order, address, asked.By);
    }

    private async Task HandOutAsync(HttpRequest request, PrivacyRequest order, PersonAddress address, string? by)
    {
        var context = request.HttpContext;
        await desk.ExportedAsync(order, address, by, context.RequestAborted);
        // The framework's ZIP writer closes an entry with a synchronous write of its last bytes.
        if (context.Features.Get<IHttpBodyControlFeature>() is { } control) control.AllowSynchronousIO = true;
        context.Response.ContentType = "application/zip";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"person-{order.Id}.zip\"";
        context.Response.Headers.CacheControl = "no-store";
        await export.WriteAsync(order, address, context.Response.Body, context.RequestAborted);
    }

    private async Task CaseAsync(HttpRequest request, PrivacyRequestBody asked, string number)
    {
        var ct = request.HttpContext.RequestAborted;
        if (await desk.PlanAsync(number, ct) is not { } plan)
            await ApiResponse.ProblemAsync(request, 404, "The case does not exist or was erased.");
        else if (asked.DryRun) await ApiResponse.JsonAsync(request, plan, PrivacyJson.Default.ErasurePlan);
        else await ReportAsync(request, await desk.EraseAsync(plan, asked.By, ct));
    }

    private static Task ReportAsync(HttpRequest request, PrivacyRequest order) => ApiResponse.JsonAsync(
        request, PrivacyRequests.Report(order), PrivacyJson.Default.PrivacyRequestReport, order.Stage == PrivacyRequestStage.Done
        ? 200 : 202);
}
