using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Serverless.Needs;
using Serverless.Platform.Http;

namespace Serverless.Cases;

/// <summary>Lists and shows cases, and lets a person act on one.</summary>
public sealed class CasesFunctions(CaseReader reader, CaseActions actions, TimeProvider time)
{
    private const int LargestPage = 100;
    private const string HowToAccept = """Send {"by":"..."} with the person or team that sees to it; at most 100 characters.""";
    private const string HowToHandOver = """Send {"to":"...","why":"..."} with the owner it is offered to and the reason, """
        + "and \"by\" if you like; names have at most 100 characters, the reason 500.";

    private const string HowToClassify = """Send {"need":"...","by":"...","why":"..."}, and "urgency" and "owes" if you like; """
        + "names have at most 100 characters, the reason 500.";

    private const string HowToClose = """Send {"cause":"..."} with why it came to this case, or "unknown"; at most 500 characters.""";

    private static readonly string NoSuchCase = $"There is no case with that id or number. A number has {CaseNumber.Length} characters, "
        + "the last one checks the others: please compare it.";

    /// <summary>Lists cases by state, owner, network, need, urgency, dueBefore, month, top, continuation.</summary>
    [Function("QueryCasesList")]
    public async Task List([HttpTrigger(AuthorizationLevel.Function, "get", Route = "cases")] HttpRequest request)
    {
        if (Filter(request, out var problem) is not { } filter)
        {
            await HttpAnswer.ProblemAsync(request, 400, problem);
            return;
        }

        var page = await reader.ListAsync(filter, request.HttpContext.RequestAborted);
        await HttpAnswer.JsonAsync(request, page, CaseJson.Default.CasePage);
    }

    /// <summary>Shows one with its contacts and history.</summary>
    [Function("QueryCasesShow")]
    public async Task Show([HttpTrigger(AuthorizationLevel.Function, "get", Route = "cases/{id}")] HttpRequest request)
    {
        if (await reader.FindAsync(request.Route("id"), request.HttpContext.RequestAborted) is { } file)
            await HttpAnswer.JsonAsync(request, file, CaseJson.Default.CaseFile);
        else await HttpAnswer.ProblemAsync(request, 404, NoSuchCase);
    }

    /// <summary>A person says why the customer came.</summary>
    [Function("ActOnCaseClassify")]
    public async Task Classify([HttpTrigger(AuthorizationLevel.Function, "post", Route = "cases/{id}/classify")] HttpRequest request)
    {
        using var body = await request.JsonBodyAsync();
        var (need, urgency, owes) = (Short(body, "need", CaseActions.LongestName), Short(body, "urgency", CaseActions.LongestName),
            Short(body, "owes", CaseActions.LongestName));
        if (need is null || Short(body, "by", CaseActions.LongestName) is not { } by
            || Short(body, "why", CaseActions.LongestReason) is not { } why)
        {
            await HttpAnswer.ProblemAsync(request, 400, HowToClassify);
            return;
        }

        var strange = !NeedKinds.All.Contains(need, StringComparer.Ordinal) ? $"need is one of {string.Join(", ", NeedKinds.All)}."
            : urgency is not null && !UrgencyKinds.All.Contains(urgency, StringComparer.Ordinal)
                ? $"urgency is one of {string.Join(", ", UrgencyKinds.All)}."
            : owes is not null && !OwesKinds.All.Contains(owes, StringComparer.Ordinal)
                ? $"owes is one of {string.Join(", ", OwesKinds.All)}."
            : null;
        if (strange is not null)
        {
            await HttpAnswer.ProblemAsync(request, 422, strange);
            return;
        }

        var said = new Classification(need, urgency, owes, by, why);
        await AnswerAsync(request, await actions.ClassifyAsync(request.Route("id"), said, request.HttpContext.RequestAborted),
            "classified");
    }

    /// <summary>Somebody sees to it.</summary>
    [Function("ActOnCaseAccept")]
    public async Task Accept([HttpTrigger(AuthorizationLevel.Function, "post", Route = "cases/{id}/accept")] HttpRequest request)
    {
        using var body = await request.JsonBodyAsync();
        if (Short(body, "by", CaseActions.LongestName) is not { } by) await HttpAnswer.ProblemAsync(request, 400, HowToAccept);
        else await AnswerAsync(request, await actions.AcceptAsync(request.Route("id"), by, request.HttpContext.RequestAborted), "accepted");
    }

    /// <summary>Offers it to another owner.</summary>
    [Function("ActOnCaseHandOver")]
    public async Task HandOver([HttpTrigger(AuthorizationLevel.Function, "post", Route = "cases/{id}/hand-over")] HttpRequest request)
    {
        using var body = await request.JsonBodyAsync();
        var (to, by) = (Short(body, "to", CaseActions.LongestName), Short(body, "by", CaseActions.LongestName));
        if (to is null || Short(body, "why", CaseActions.LongestReason) is not { } why)
        {
            await HttpAnswer.ProblemAsync(request, 400, HowToHandOver);
            return;
        }

        var result = await actions.HandOverAsync(request.Route("id"), to, by, why, request.HttpContext.RequestAborted);
        await AnswerAsync(request, result, "offered");
    }

    /// <summary>Closes it with its cause.</summary>
    [Function("ActOnCaseClose")]
    public async Task Close([HttpTrigger(AuthorizationLevel.Function, "post", Route = "cases/{id}/close")] HttpRequest request)
    {
        using var body = await request.JsonBodyAsync();
        if (Short(body, "cause", CaseActions.LongestReason) is not { } cause) await HttpAnswer.ProblemAsync(request, 400, HowToClose);
        else await AnswerAsync(request, await actions.CloseAsync(request.Route("id"), cause, request.HttpContext.RequestAborted), "closed");
    }

    private static string? Short(JsonDocument? body, string name, int longest) =>
        body?.RootElement.TextOf(name)?.Trim() is { Length: > 0 } text && text.Length <= longest
        && !text.Contains('\n', StringComparison.Ordinal)
            ? text
            : null;

    private static Task AnswerAsync(HttpRequest request, CaseActions.Result result, string state) => result switch
    {
        CaseActions.Result.Unknown => HttpAnswer.ProblemAsync(request, 404, "There is no case with that id."),
        CaseActions.Result.Closed => HttpAnswer.ProblemAsync(
            request, 409, "The case is closed. A new contact of its conversation opens it again."),
        _ => HttpAnswer.JsonAsync(request, Encoding.UTF8.GetBytes(
            $$"""{"state":"{{state}}","changed":{{(result == CaseActions.Result.Already ? "false" : "true")}}}""")),
    };

    private CaseFilter? Filter(HttpRequest request, out string problem)
    {
        problem = "";
        CaseState? state = request.Value("state") switch { null or "open" => CaseState.Open, "closed" => CaseState.Closed, _ => null };
        if (state is null) problem = "state is open or closed.";
        if (!int.TryParse(request.Value("top") ?? "25", NumberStyles.None, CultureInfo.InvariantCulture, out var top)
            || top is < 1 or > LargestPage) problem = $"top is a number from 1 to {LargestPage}.";
        DateTimeOffset dueBefore = default;
        if (request.Value("dueBefore") is { } due
            && !DateTimeOffset.TryParse(due, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out dueBefore))
            problem = "dueBefore is a time such as 2026-11-22T12:00:00Z.";
        var month = time.GetUtcNow();
        if (request.Value("month") is { } written && !DateTimeOffset.TryParseExact(
            written, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out month))
            problem = "month is written as 2026-11.";
        if (request.Value("need") is { } need && !NeedKinds.All.Contains(need, StringComparer.Ordinal))
            problem = $"need is one of {string.Join(", ", NeedKinds.All)}.";
        if (request.Value("urgency") is { } urgency && !UrgencyKinds.All.Contains(urgency, StringComparer.Ordinal))
            problem = $"urgency is one of {string.Join(", ", UrgencyKinds.All)}.";
        if (problem.Length > 0) return null;
        DateTimeOffset? before = dueBefore == default ? null : dueBefore;
        return new CaseFilter(
            state!.Value, request.Value("owner"), request.Value("network"), before, month, top, request.Value("continuation"))
        {
            Need = request.Value("need"),
            Urgency = request.Value("urgency"),
        };
    }
}
