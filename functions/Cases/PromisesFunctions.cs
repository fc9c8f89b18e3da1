using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Serverless.Cases.Rules;
using Serverless.Platform.Http;

namespace Serverless.Cases;

/// <summary>Lets a person promise something to a customer, and withdraw it.</summary>
public sealed class PromisesFunctions(CaseReader reader, CaseActions actions, TimeProvider time)
{
    private const int MostDays = 366;
    private const string HowToPromise = """Send {"due":"2026-11-27T15:00:00+01:00","by":"..."}, and if you like "kind" and "what": """
        + "kind is answer, public-answer, call-back, solution or named, what has at most 500 characters; due is a time with its offset, "
        + "in the future and within a year.";

    private const string HowToWithdraw = """Send {"by":"...","why":"..."}; the name has at most 100 characters, the reason 500.""";

    /// <summary>Promises something by a time.</summary>
    [Function("ActOnCasePromise")]
    public async Task Make([HttpTrigger(AuthorizationLevel.Function, "post", Route = "cases/{id}/promises")] HttpRequest request)
    {
        using var body = await request.JsonBodyAsync();
        if (CasesFunctions.Short(body, "by", CaseActions.LongestName) is not { } by)
        {
            await ApiResponse.ProblemAsync(request, 400, HowToPromise);
            return;
        }

        if (Read(body!) is not { } asked)
        {
            await ApiResponse.ProblemAsync(request, 422, HowToPromise);
            return;
        }

        var (refused, id, version) = await CasesFunctions.MeantAsync(reader, request);
        var (result, promise) = refused is { } why ? (why, null)
            : await actions.PromiseAsync(id, asked, by, request.HttpContext.RequestAborted, version);
        if (promise is null) await RefuseAsync(request, result);
        else await ApiResponse.JsonAsync(request, promise, CaseJson.Default.Promise, 201);
    }

    /// <summary>Withdraws a promise.</summary>
    [Function("ActOnCaseWithdraw")]
    public async Task Withdraw([HttpTrigger(AuthorizationLevel.Function, "post",
        Route = "cases/{id}/promises/{promise}/withdraw")] HttpRequest request)
    {
        using var body = await request.JsonBodyAsync();
        if (CasesFunctions.Short(body, "by", CaseActions.LongestName) is not { } by
            || CasesFunctions.Short(body, "why", CaseActions.LongestReason) is not { } why)
        {
            await ApiResponse.ProblemAsync(request, 400, HowToWithdraw);
            return;
        }

        var (refused, id, version) = await CasesFunctions.MeantAsync(reader, request);
        var result = refused ?? await actions.WithdrawAsync(
            id, request.Route("promise"), by, why, request.HttpContext.RequestAborted, version);
        if (result == CaseActions.Result.Done)
            await ApiResponse.JsonAsync(request, new CaseActionLink("withdrawn", Changed: true), CaseJson.Default.CaseActionLink);
        else await RefuseAsync(request, result);
    }

    private AskedPromise? Read(JsonDocument body)
    {
        var now = time.GetUtcNow();
        var root = body.RootElement;
        if (root.TextOf("due") is not { } written || RequestTimes.Time(written) is not { } due) return null;
        if (due <= now || due > now.AddDays(MostDays)) return null;
        var what = CasesFunctions.Short(body, "what", Promise.LongestWhat);
        if (what is null && root.TextOf("what") is not null) return null;
        PromiseKind? kind = root.TextOf("kind") switch
        {
            null => what is null ? PromiseKind.Answer : PromiseKind.Named,
            "answer" => PromiseKind.Answer,
            "public-answer" => PromiseKind.PublicAnswer,
            "call-back" => PromiseKind.CallBack,
            "solution" => PromiseKind.Solution,
            "named" => PromiseKind.Named,
            _ => null,
        };
        return kind is { } known ? new AskedPromise(known, what, due) : null;
    }

    private static Task RefuseAsync(HttpRequest request, CaseActions.Result result) => result switch
    {
        CaseActions.Result.Unknown => ApiResponse.ProblemAsync(request, 404, CasesFunctions.NoSuchCase),
        CaseActions.Result.Changed => ApiResponse.ProblemAsync(
            request, 412, "The case has changed since: get it again, and send its ETag as If-Match."),
        CaseActions.Result.Closed => ApiResponse.ProblemAsync(request, 409,
            "The case is closed. A new contact of its conversation opens it again."),
        CaseActions.Result.Full => ApiResponse.ProblemAsync(request, 409,
            $"{Promise.MostOpen} promises of this case are open: keep or withdraw one first."),
        _ => ApiResponse.ProblemAsync(request, 404, "No such promise is open in this case."),
    };
}
