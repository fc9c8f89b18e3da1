using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Serverless.Needs;
using Serverless.Platform.Audit;
using Serverless.Platform.Http;

namespace Serverless.Operations.Rules;

/// <summary>An admin's own rules: shown, replaced, tried.</summary>
public sealed class RulesFunctions(OwnRules rules, RuleTrial trial, AuditLog actions, Caller caller)
{
    private const int LargestFile = 200 * 1024;
    private const int LargestTrial = 1024 * 1024;
    private const string HowToTry =
        """Send {"texts":[{"text":"..."}]} (at most 100, each at most 8,000 characters) or {"day":"2026-11-20"}, """
        + """and "rules" with the file to try; without it the file in force is tried. Repeat with the continuation while the answer has one.""";

    private static readonly byte[] NoRules = """{"rules":[]}"""u8.ToArray();

    [Function("ManageRulesShow")]
    public async Task Show([HttpTrigger(AuthorizationLevel.Function, "get", Route = "rules")] HttpRequest request)
    {
        var current = await rules.LatestAsync(request.HttpContext.RequestAborted);
        await AnswerAsync(request, current);
    }

    /// <summary>Replaces the file, if If-Match names the version that is there.</summary>
    [Function("ManageRulesReplace")]
    public async Task Replace([HttpTrigger(AuthorizationLevel.Function, "put", Route = "rules")] HttpRequest request)
    {
        var ct = request.HttpContext.RequestAborted;
        var match = request.Headers.IfMatch.ToString().Replace("W/", "", StringComparison.Ordinal).Trim('"');
        if (match.Length == 0)
        {
            await ApiResponse.ProblemAsync(request, 428, "Send If-Match with the ETag that GET showed, or * to replace whatever is there.");
            return;
        }

        if (await RawBody.ReadAsync(request, LargestFile) is not { Length: > 0 } body)
        {
            await ApiResponse.ProblemAsync(request, 400, $"Send a file of rules: JSON of at most {LargestFile / 1024} KiB.");
            return;
        }

        if (Read(body, out var problem) is not { } wanted)
        {
            await ApiResponse.ProblemAsync(request, 400, $"The rules do not fit, and the former ones stay in force. {problem}");
            return;
        }

        var begun = await actions.BeginAsync("rules-replace", "rules", $"{wanted.OwnCount} rules", caller.Of(request), ct);
        if (await rules.ReplaceAsync(body, wanted, match == "*" ? null : match, ct) is { } replaced)
        {
            await actions.EndAsync(begun, new Dictionary<string, int>(StringComparer.Ordinal) { ["rules"] = wanted.OwnCount }, ct);
            await AnswerAsync(request, replaced);
            return;
        }

        var latest = await rules.LatestAsync(ct);
        request.HttpContext.Response.Headers.ETag = $"\"{latest.Tag}\"";
        await ApiResponse.ProblemAsync(request, 412, "Somebody else changed the rules meanwhile: get them again, and send their ETag.");
    }

    /// <summary>Shows what would be read differently.</summary>
    [Function("TestRules")]
    public async Task Try([HttpTrigger(AuthorizationLevel.Function, "post", Route = "rules/test")] HttpRequest request)
    {
        var ct = request.HttpContext.RequestAborted;
        if (await RawBody.ReadAsync(request, LargestTrial) is not { } body || Parse(body) is not { } wanted || !IsOne(wanted))
        {
            await ApiResponse.ProblemAsync(request, 400, HowToTry);
            return;
        }

        var now = await rules.CurrentAsync(ct);
        var then = now;
        if (wanted.Rules is { } file)
        {
            if (Read(Encoding.UTF8.GetBytes(file.GetRawText()), out var problem) is not { } read)
            {
                await ApiResponse.ProblemAsync(request, 400, $"The rules do not fit. {problem}");
                return;
            }

            then = read;
        }

        if (wanted.Texts is { } texts) await ApiResponse.JsonAsync(request, trial.Texts(texts, now, then), RulesJson.Default.TrialStep);
        else
        {
            var day = DateTimeOffset.ParseExact(wanted.Day!, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            await ApiResponse.PageAsync(request, wanted.Continuation, "query", async () => JsonSerializer.SerializeToUtf8Bytes(
                await trial.DayAsync(day, wanted.Continuation, now, then, ct), RulesJson.Default.TrialStep));
        }
    }

    private static bool IsOne(TrialRequest wanted) => wanted.Texts is { } texts
        ? wanted.Day is null && texts.Count is > 0 and <= RuleTrial.MostTexts && texts.All(t => t.Text.Length <= RuleTrial.LongestText)
        : wanted.Day is { } day && DateTimeOffset.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal, out _);

    private static TrialRequest? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, RulesJson.Default.TrialRequest);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static RuleSet? Read(ReadOnlyMemory<byte> json, out string problem)
    {
        problem = "";
        try
        {
            return RuleSet.WithOwn(json);
        }
        catch (FormatException error)
        {
            problem = error.Message;
            return null;
        }
    }

    private static Task AnswerAsync(HttpRequest request, OwnRules.InForce current)
    {
        request.HttpContext.Response.Headers.ETag = $"\"{current.Tag}\"";
        return ApiResponse.JsonAsync(request, current.Json.Length == 0 ? NoRules : current.Json);
    }
}
