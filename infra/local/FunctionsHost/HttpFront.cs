using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;

namespace Serverless.Local.FunctionsHost;

/// <summary>Finds the function of an HTTP call by its route and method, asks for the key, forwards (host-contract.md, "HTTP").</summary>
public sealed class HttpFront
{
    private readonly Func<HttpContext, WorkerFunction, RouteValueDictionary, Task> _forward;
    private readonly FunctionKeys? _keys;
    private readonly List<(WorkerFunction Function, TemplateMatcher Matcher)> _routes = [];

    /// <param name="functions">Functions of the worker; those without an HTTP trigger are left out.</param>
    /// <param name="routePrefix">Of host.json; <c>api</c> unless it says otherwise.</param>
    /// <param name="keys">Null lets every call pass.</param>
    /// <param name="forward">Gets the call, its function and the values of its route.</param>
    public HttpFront(
        IEnumerable<WorkerFunction> functions, string routePrefix, FunctionKeys? keys,
        Func<HttpContext, WorkerFunction, RouteValueDictionary, Task> forward)
    {
        (_forward, _keys) = (forward, keys);
        foreach (var function in functions.Where(item => item.Kind == TriggerKind.Http))
            _routes.Add((function, Matcher(function.Name, $"{routePrefix}/{function.Route}".Trim('/'))));
        _routes.Sort((one, other) =>
            RoutePrecedence.ComputeInbound(one.Matcher.Template).CompareTo(RoutePrecedence.ComputeInbound(other.Matcher.Template)));
    }

    /// <summary>The front of one worker, without keys and without a timeout.</summary>
    public static HttpFront Of(WorkerConnection connection, string routePrefix = "api") => new(
        connection.Functions, routePrefix, null, (context, function, values) =>
        connection.ForwardAsync(context, function, values, CancellationToken.None));

    /// <summary>Answers one call: "Unknown route or wrong method: 404, empty. Missing key: 401, empty."</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        if (Find(context.Request, out var values) is not { } function) context.Response.StatusCode = StatusCodes.Status404NotFound;
        else if (_keys?.Opens(function.AuthLevel, context.Request) == false)
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        else await _forward(context, function, values);
    }

    private WorkerFunction? Find(HttpRequest request, out RouteValueDictionary values)
    {
        foreach (var (function, matcher) in _routes)
        {
            values = [];
            if ((function.Methods.Count == 0 || function.Methods.Contains(request.Method, StringComparer.OrdinalIgnoreCase))
                && matcher.TryMatch(request.Path, values)) return function;
        }

        values = [];
        return null;
    }

    private static TemplateMatcher Matcher(string function, string route)
    {
        try
        {
            var template = TemplateParser.Parse(route);
            if (template.Parameters.Any(parameter => parameter.InlineConstraints.Any()))
                throw new HostStartException(
                    $"The route {route} of {function} uses a constraint; this host has {{x}}, {{x?}} and {{*rest}}.");
            return new TemplateMatcher(template, []);
        }
        catch (Exception problem) when (problem is RoutePatternException or ArgumentException)
        {
            throw new HostStartException($"{route} of {function} is not a route.", problem);
        }
    }
}
