using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;

namespace Serverless.Local.Hosting;

/// <summary>What the outside world calls: finds the function by route and method, asks for the key, hands the call over; and the admin endpoints.</summary>
internal sealed class FrontDoor
{
    /// <summary>host-contract.md, "HTTP functions ...": the body limit of the host, in bytes.</summary>
    public const long MaxBody = 100L * 1024 * 1024;

    private readonly FunctionHost host;
    private readonly FunctionKeys keys;
    private readonly IHttpHandover handover;
    private readonly List<(HttpTrigger Trigger, TemplateMatcher Matcher)> routes = [];

    public FrontDoor(FunctionHost host, string routePrefix, FunctionKeys keys, IHttpHandover handover)
    {
        (this.host, this.keys, this.handover) = (host, keys, handover);
        foreach (var function in host.Functions)
        {
            if (function.Trigger is HttpTrigger trigger) routes.Add((trigger, Matcher(function.Name, $"{routePrefix}/{trigger.Route}".Trim('/'))));
        }

        routes.Sort((one, other) => RoutePrecedence.ComputeInbound(one.Matcher.Template).CompareTo(RoutePrecedence.ComputeInbound(other.Matcher.Template)));
    }

    public async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path;
        if (path.StartsWithSegments("/admin", StringComparison.OrdinalIgnoreCase, out var rest))
        {
            await AdminAsync(context, rest.Value ?? "");
            return;
        }

        if (path == "/")
        {
            await context.Response.WriteAsync("The functions host is running.", context.RequestAborted);
            return;
        }

        // An unknown route and a known one with another method are both 404, as routes are tried one after another with their methods.
        if (Find(context.Request) is not { } trigger) context.Response.StatusCode = StatusCodes.Status404NotFound;
        else if (!keys.Opens(trigger.AuthLevel, context.Request)) context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        else if (context.Request.ContentLength > MaxBody) context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
        else await handover.HandOverAsync(context);
    }

    private HttpTrigger? Find(HttpRequest request)
    {
        foreach (var (trigger, matcher) in routes)
        {
            if ((trigger.Methods.Count == 0 || trigger.Methods.Contains(request.Method, StringComparer.OrdinalIgnoreCase))
                && matcher.TryMatch(request.Path, [])) return trigger;
        }

        return null;
    }

    private async Task AdminAsync(HttpContext context, string path)
    {
        if (!keys.Opens("admin", context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var request = context.Request;
        if (HttpMethods.IsGet(request.Method) && path == "/functions") await WriteAsync(context, Functions());
        else if (HttpMethods.IsGet(request.Method) && path == "/host/status") await WriteAsync(context, Status());
        else if (HttpMethods.IsGet(request.Method) && path == "/bus") await WriteAsync(context, Bus());
        else if (HttpMethods.IsPost(request.Method) && path == "/bus/resubmit") await WriteAsync(context, Resubmit());
        else if (HttpMethods.IsPost(request.Method) && path.StartsWith("/functions/", StringComparison.Ordinal)) await RunNowAsync(context, path["/functions/".Length..]);
        else context.Response.StatusCode = StatusCodes.Status404NotFound;
    }

    // As the real host does: accepted at once, run behind the answer. The body is {"input": "..."}; a timer ignores it.
    private async Task RunNowAsync(HttpContext context, string name)
    {
        var function = host.Functions.FirstOrDefault(item => item.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (function is null || function.Trigger is HttpTrigger)
        {
            context.Response.StatusCode = function is null ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest;
            return;
        }

        string? input = null;
        if (HasBody(context.Request))
        {
            try
            {
                input = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))?["input"]?.ToString();
            }
            catch (Exception problem) when (problem is System.Text.Json.JsonException or InvalidOperationException)
            {
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                return;
            }
        }

        _ = host.RunNowAsync(function.Name, CancellationToken.None, input);
        context.Response.StatusCode = StatusCodes.Status202Accepted;

        static bool HasBody(HttpRequest request) => request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0;
    }

    private JsonArray Functions() => [.. host.Functions.Select(function => new JsonObject
    {
        ["name"] = function.Name,
        ["trigger"] = function.Trigger.GetType().Name,
        ["succeeded"] = host.CountsOf(function.Name).Succeeded,
        ["failed"] = host.CountsOf(function.Name).Failed,
        ["hung"] = host.CountsOf(function.Name).Hung,
    })];

    private JsonObject Status() => new()
    {
        ["id"] = "stand-in",
        ["state"] = host.State.Running ? "Running" : "Error",
        ["version"] = JsonInvoker.Version,
        ["errors"] = host.State.Reason is { } reason ? new JsonArray(reason) : [],
        ["processId"] = host.HandlerProcessId,
    };

    private JsonArray Bus() => [.. (host.Broker?.Counts() ?? []).Select(count => new JsonObject
    {
        ["topic"] = count.Topic,
        ["subscription"] = count.Subscription,
        ["active"] = count.Active,
        ["scheduled"] = count.Scheduled,
        ["deadLetters"] = count.DeadLetters,
    })];

    // What the portal's Service Bus explorer does with dead letters: every one back into its subscription.
    private JsonObject Resubmit()
    {
        var resubmitted = 0;
        foreach (var count in host.Broker?.Counts() ?? [])
        {
            foreach (var letter in host.Broker!.DeadLetters(count.Topic, count.Subscription))
                if (host.Broker.Resubmit(count.Topic, count.Subscription, letter.Message.SequenceNumber)) resubmitted++;
        }

        return new JsonObject { ["resubmitted"] = resubmitted };
    }

    private static Task WriteAsync(HttpContext context, JsonNode body)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }

    private static TemplateMatcher Matcher(string function, string route)
    {
        try
        {
            var template = TemplateParser.Parse(route);
            if (template.Parameters.Any(parameter => parameter.InlineConstraints.Any()))
                throw new HostStartException($"{function}/function.json: the route {route} uses a constraint; this host has {{x}}, {{x?}} and {{*rest}}.");
            return new TemplateMatcher(template, []);
        }
        catch (Exception problem) when (problem is RoutePatternException or ArgumentException)
        {
            throw new HostStartException($"{function}/function.json: {route} is not a route.", problem);
        }
    }
}
