using System.Globalization;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;
using Serverless.Cases.Rules;
using Serverless.Needs;
using Serverless.Platform.Http;

namespace Serverless.Cases;

/// <summary>Endpoints of cases: list, show, accept, hand over, close.</summary>
public sealed class CasesFunctions(CaseReader reader, CaseActions actions, IOptionsMonitor<OwnersOptions> owners, TimeProvider time)
{
    private const int LargestPage = 100;
    private const int LongestNetwork = 50;
    private const string HowToAccept = """Send {"by":"..."} with the person or team that accepts the case; at most 100 characters.""";
    private const string HowToHandOver = """Send {"to":"...","why":"..."} with the new owner and the reason, """
        + "and optionally \"by\"; names have at most 100 characters, the reason 500.";

    private const string HowToClassify = """Send {"need":"...","by":"...","why":"..."}, and "urgency" and "owes" if you like; """
        + "names have at most 100 characters, the reason 500.";

    private const string HowToClose = """Send {"cause":"..."} with the cause of the case, or "unknown"; at most 500 characters.""";

    internal static readonly string NoSuchCase = $"There is no case with that id or number. A number has {CaseNumber.Length} characters, "
        + "the last one is a check character: please compare it.";

    /// <summary>Lists cases by state, owner, network, need, urgency, dueBefore, month, order, top, continuation.</summary>
    [Function("QueryCasesList")]
    public Task List([HttpTrigger(AuthorizationLevel.Function, "get", Route = "cases")] HttpRequest request) =>
        Filter(request, out var problem) is not { } filter
            ? ApiResponse.ProblemAsync(request, 400, problem)
            : ApiResponse.PageAsync(request, filter.Continuation, "query", async () => JsonSerializer.SerializeToUtf8Bytes(
                await reader.ListAsync(filter, request.HttpContext.RequestAborted), CaseJson.Default.CasePage));

    /// <summary>Shows one with its latest contacts and history, and its version; earlier ones by their continuations.</summary>
    [Function("QueryCasesShow")]
    public async Task Show([HttpTrigger(AuthorizationLevel.Function, "get", Route = "cases/{id}")] HttpRequest request)
    {
        var (contacts, history) = (request.Value("continuation"), request.Value("historyContinuation"));
        if (!int.TryParse(request.Value("top") ?? "100", NumberStyles.None, CultureInfo.InvariantCulture, out var top)
            || top is < 1 or > LargestPage)
        {
            await ApiResponse.ProblemAsync(request, 400, $"top is a number from 1 to {LargestPage}.");
            return;
        }

        await ApiResponse.PageAsync(request, contacts ?? history, "case", async () =>
        {
            var file = await reader.FindAsync(request.Route("id"), new CasePart(top, contacts, history),
                request.HttpContext.RequestAborted);
            if (file is null) await ApiResponse.ProblemAsync(request, 404, NoSuchCase);
            else if (contacts is not null || history is not null) return JsonOf(file);
            else await ApiResponse.TaggedAsync(request, JsonOf(file));
            return null;
        });
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
            await ApiResponse.ProblemAsync(request, 400, HowToClassify);
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
            await ApiResponse.ProblemAsync(request, 422, strange);
            return;
        }

        var said = new Classification(need, urgency, owes, by, why);
        await ActAsync(request, "classified", (id, version, ct) => actions.ClassifyAsync(id, said, ct, version));
    }

    /// <summary>Accepts a case.</summary>
    [Function("ActOnCaseAccept")]
    public async Task Accept([HttpTrigger(AuthorizationLevel.Function, "post", Route = "cases/{id}/accept")] HttpRequest request)
    {
        using var body = await request.JsonBodyAsync();
        if (Short(body, "by", CaseActions.LongestName) is not { } by) await ApiResponse.ProblemAsync(request, 400, HowToAccept);
        else await ActAsync(request, "accepted", (id, version, ct) => actions.AcceptAsync(id, by, ct, version));
    }

    /// <summary>Offers it to another owner.</summary>
    [Function("ActOnCaseHandOver")]
    public async Task HandOver([HttpTrigger(AuthorizationLevel.Function, "post", Route = "cases/{id}/hand-over")] HttpRequest request)
    {
        using var body = await request.JsonBodyAsync();
        var (to, by) = (Short(body, "to", CaseActions.LongestName), Short(body, "by", CaseActions.LongestName));
        if (to is null || Short(body, "why", CaseActions.LongestReason) is not { } why)
            await ApiResponse.ProblemAsync(request, 400, HowToHandOver);
        else await ActAsync(request, "offered", (id, version, ct) => actions.HandOverAsync(id, to, by, why, ct, version));
    }

    /// <summary>Closes it with its cause.</summary>
    [Function("ActOnCaseClose")]
    public async Task Close([HttpTrigger(AuthorizationLevel.Function, "post", Route = "cases/{id}/close")] HttpRequest request)
    {
        using var body = await request.JsonBodyAsync();
        if (Short(body, "cause", CaseActions.LongestReason) is not { } cause) await ApiResponse.ProblemAsync(request, 400, HowToClose);
        else await ActAsync(request, "closed", (id, version, ct) => actions.CloseAsync(id, cause, ct, version));
    }

    private static byte[] JsonOf(CaseFile file) => JsonSerializer.SerializeToUtf8Bytes(file, CaseJson.Default.CaseFile);

    /// <summary>A field of one line; null when there is none, or it is too long.</summary>
    internal static string? Short(JsonDocument? body, string name, int longest) =>
        body?.RootElement.TextOf(name)?.Trim() is { Length: > 0 } text && text.Length <= longest && !text.Any(char.IsControl) ? text : null;

    /// <summary>
    /// The case that a request is about by its id or number, and the version that it holds for. If-Match is compared with the case as GET
    /// shows it by default; the act itself holds only for the head that was compared.
    /// </summary>
    /// <returns>Null <c>Refused</c>: act on the case; else what to answer.</returns>
    internal static async Task<(CaseActions.Result? Refused, string Id, int? Version)> MeantAsync(CaseReader reader, HttpRequest request)
    {
        var (ct, route) = (request.HttpContext.RequestAborted, request.Route("id"));
        int? version = null;
        if (request.Headers.IfMatch is { Count: > 0 } match && match != "*")
        {
            var file = await reader.FindAsync(route, new CasePart(LargestPage, null, null), ct);
            if (file is not null && !EntityTags.Names(match, EntityTags.Of(JsonOf(file)), weak: false))
                return (CaseActions.Result.Changed, "", null);
            version = file?.Case.Version;
        }

        return await reader.IdOfAsync(route, ct) is { } id ? (null, id, version) : (CaseActions.Result.Unknown, "", null);
    }

    private async Task ActAsync(HttpRequest request, string state, Func<string, int?, CancellationToken, Task<CaseActions.Result>> act)
    {
        var (refused, id, version) = await MeantAsync(reader, request);
        await AnswerAsync(request, refused ?? await act(id, version, request.HttpContext.RequestAborted), state);
    }

    private Task AnswerAsync(HttpRequest request, CaseActions.Result result, string state) => result switch
    {
        CaseActions.Result.Unknown => ApiResponse.ProblemAsync(request, 404, NoSuchCase),
        CaseActions.Result.Closed => ApiResponse.ProblemAsync(
            request, 409, "The case is closed. A new contact of its conversation opens it again."),
        CaseActions.Result.Changed => ApiResponse.ProblemAsync(
            request, 412, "The case has changed since: get it again, and send its ETag as If-Match."),
        CaseActions.Result.NoSuchOwner => ApiResponse.ProblemAsync(
            request, 422, $"There is no owner of that name. Known: {string.Join(", ", owners.CurrentValue.Known)}. "
            + "Further ones are named by Owners__Others, or own cases by Owners__Default, Owners__Entries and Owners__Networks."),
        _ => ApiResponse.JsonAsync(request, new CaseActionLink(state, result != CaseActions.Result.Already),
            CaseJson.Default.CaseActionLink),
    };

    private CaseFilter? Filter(HttpRequest request, out string problem)
    {
        problem = "";
        CaseState? state = request.Value("state") switch { null or "open" => CaseState.Open, "closed" => CaseState.Closed, _ => null };
        if (state is null) problem = "state is open or closed.";
        CaseOrder? order = request.Value("order") switch
        {
            null or "oldest" => CaseOrder.Oldest,
            "newest" => CaseOrder.Newest,
            "due" => CaseOrder.Due,
            _ => null,
        };
        if (order is null) problem = "order is oldest, newest or due.";
        if (!int.TryParse(request.Value("top") ?? "25", NumberStyles.None, CultureInfo.InvariantCulture, out var top)
            || top is < 1 or > LargestPage) problem = $"top is a number from 1 to {LargestPage}.";
        var (before, month) = ((DateTimeOffset?)null, (DateTimeOffset?)time.GetUtcNow());
        if (request.Value("dueBefore") is { } due && (before = RequestTimes.Time(due)) is null)
            problem = $"dueBefore is a time such as 2026-11-22T12:00:00Z, {RequestTimes.Years}.";
        if (request.Value("month") is { } written && (month = RequestTimes.Month(written)) is null)
            problem = $"month must be like 2026-11, {RequestTimes.Years}.";
        var (owner, network) = (request.Value("owner"), request.Value("network"));
        if (owner?.Length > CaseActions.LongestName || owner?.Any(char.IsControl) == true)
            problem = $"owner has at most {CaseActions.LongestName} characters.";
        if (network?.Length > LongestNetwork) problem = $"network has at most {LongestNetwork} characters.";
        if (order == CaseOrder.Due && (owner is null || state == CaseState.Closed))
            problem = "order=due sorts the open cases of one owner: name the owner.";
        var (need, urgency) = (request.Value("need"), request.Value("urgency"));
        if (need is not null && !NeedKinds.All.Contains(need, StringComparer.Ordinal))
            problem = $"need is one of {string.Join(", ", NeedKinds.All)}.";
        if (urgency is not null && !UrgencyKinds.All.Contains(urgency, StringComparer.Ordinal))
            problem = $"urgency is one of {string.Join(", ", UrgencyKinds.All)}.";
        return problem.Length > 0
            ? null
            : new CaseFilter(state!.Value, owner, network, before, month!.Value, top, request.Value("continuation"), order!.Value)
            {
                Need = need,
                Urgency = urgency,
            };
    }
}
