using System.Globalization;
using System.Text.Json;
using Serverless.Cases;
using Serverless.Hosting;

namespace Serverless.QueryCases;

/// <summary>Lists cases (state, owner, network, dueBefore, month, top, continuation), or shows one with its contacts and history.</summary>
public static class QueryCasesFunction
{
    private const int LargestPage = 100;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("QueryCases", ["GET"], "cases/{id?}", async context =>
    {
        var reader = context.RequestServices.GetRequiredService<CaseReader>();
        var ct = context.RequestAborted;
        if (context.Request.RouteValues["id"] is string id)
        {
            if (await reader.FindAsync(id, ct) is { } file) await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(file, CaseJson.Default.CaseFile));
            else await HttpAnswer.ProblemAsync(context, 404, $"There is no case with that id or number. A number has {CaseNumber.Length} characters, the last one checks the others: please compare it.");
            return;
        }

        if (Filter(context, out var problem) is { } filter)
            await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(await reader.ListAsync(filter, ct), CaseJson.Default.CasePage));
        else await HttpAnswer.ProblemAsync(context, 400, problem);
    });

    private static CaseFilter? Filter(HttpContext context, out string problem)
    {
        var query = context.Request.Query;
        problem = "";
        string? Value(string name) => query.TryGetValue(name, out var value) && value is [{ Length: > 0 } text, ..] ? text : null;

        CaseState? state = Value("state") switch { null or "open" => CaseState.Open, "closed" => CaseState.Closed, _ => null };
        if (state is null) problem = "state is open or closed.";
        if (!int.TryParse(Value("top") ?? "25", NumberStyles.None, CultureInfo.InvariantCulture, out var top) || top is < 1 or > LargestPage) problem = $"top is a number from 1 to {LargestPage}.";
        DateTimeOffset dueBefore = default;
        if (Value("dueBefore") is { } due && !DateTimeOffset.TryParse(due, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out dueBefore)) problem = "dueBefore is a time such as 2026-11-22T12:00:00Z.";
        var month = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        if (Value("month") is { } written && !DateTimeOffset.TryParseExact(written, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out month)) problem = "month is written as 2026-11.";
        return problem.Length > 0
            ? null
            : new CaseFilter(state!.Value, Value("owner"), Value("network"), dueBefore == default ? null : dueBefore, month, top, Value("continuation"));
    }
}
