using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serverless.Local.FunctionsHost;

/// <summary>What the host answers itself: the admin endpoints, for the master key only, and its root; all else goes to the
/// functions.</summary>
/// <remarks>https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http</remarks>
internal sealed class HostAdmin(FunctionHost host, FunctionKeys keys, HttpFront front)
{
    public async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Path == "/") await context.Response.WriteAsync("The functions host is running.", context.RequestAborted);
        else if (!request.Path.StartsWithSegments("/admin", StringComparison.OrdinalIgnoreCase, out var rest))
            await front.AnswerAsync(context);
        else if (!keys.Opens("admin", request)) context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        else if (HttpMethods.IsGet(request.Method) && rest == "/functions") await WriteAsync(context, Functions());
        else if (HttpMethods.IsGet(request.Method) && rest == "/host/status") await WriteAsync(context, Status());
        else if (HttpMethods.IsPost(request.Method)
            && rest.StartsWithSegments("/functions", StringComparison.OrdinalIgnoreCase, out var name))
                await RunNowAsync(context, name.Value!.TrimStart('/'));
        else context.Response.StatusCode = StatusCodes.Status404NotFound;
    }

    // Accepted at once, run behind the answer. The body is {"input": "..."}; a timer ignores it.
    private async Task RunNowAsync(HttpContext context, string name)
    {
        var function = host.Functions.FirstOrDefault(item => item.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (function is null || function.Kind is TriggerKind.Http or TriggerKind.Unknown)
        {
            context.Response.StatusCode = function is null ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest;
            return;
        }

        try
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            var input = body.Length == 0 ? null : JsonNode.Parse(body)?["input"]?.ToString();
            _ = host.RunNowAsync(function.Name, CancellationToken.None, input);
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
        }
    }

    private JsonArray Functions() => [.. host.Functions.Select(function => new JsonObject
    {
        ["name"] = function.Name,
        ["trigger"] = function.TriggerType,
        ["error"] = host.InError.GetValueOrDefault(function.Name),
        ["succeeded"] = host.CountsOf(function.Name).Succeeded,
        ["failed"] = host.CountsOf(function.Name).Failed,
    })];

    private JsonObject Status() => new()
    {
        ["id"] = "stand-in",
        ["state"] = host.Stopped is null ? "Running" : "Error",
        ["version"] = WorkerConnection.HostVersion,
        ["errors"] = host.Stopped is { } reason ? new JsonArray(reason) : [],
        ["processId"] = host.WorkerProcessId,
    };

    private static Task WriteAsync(HttpContext context, JsonNode body)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }
}
