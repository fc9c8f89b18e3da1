namespace Serverless.Hosting;

/// <summary>Where the host's calls land: one door for raw HTTP functions, one for triggered functions, and the only place that catches what we did wrong.</summary>
public static partial class TriggerEndpoint
{
    /// <summary>A triggered function: the host posts its message to <c>/{function}</c>.</summary>
    public static void MapTrigger(this IEndpointRouteBuilder routes, string function, string binding, Func<IServiceProvider, string, CancellationToken, Task> work) =>
        routes.MapPost($"/{function}", async (HttpContext context) =>
        {
            var ct = context.RequestAborted;
            try
            {
                using var invocation = await Invocation.ReadAsync(context.Request, ct);
                await work(context.RequestServices, invocation.Text(binding), ct);
                await InvocationReply.DoneAsync(context.Response, ct);
            }
            catch (Exception error) when (error is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                LogFailed(Logger(context), function, error.GetType().Name, Where(error));
                await InvocationReply.FailedAsync(context.Response, ct);
            }
        });

    /// <summary>An HTTP function: the host forwards or proxies the request as it is to <c>/api/{route}</c>.</summary>
    /// <param name="routes">The app.</param>
    /// <param name="function">For the log.</param>
    /// <param name="methods">HTTP methods; empty for all.</param>
    /// <param name="route">As in function.json, in ASP.NET Core's syntax.</param>
    /// <param name="work">Writes the whole response.</param>
    public static void MapRaw(this IEndpointRouteBuilder routes, string function, string[] methods, string route, Func<HttpContext, Task> work)
    {
        async Task Handle(HttpContext context)
        {
            try
            {
                await work(context);
            }
            catch (Exception error) when (error is not OperationCanceledException || !context.RequestAborted.IsCancellationRequested)
            {
                LogFailed(Logger(context), function, error.GetType().Name, Where(error));
                if (context.Response.HasStarted) throw;
                context.Response.Clear();
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                context.Response.ContentType = "text/plain; charset=utf-8";
                await context.Response.WriteAsync("Something went wrong here, not with your request. It is logged; please try again.", context.RequestAborted);
            }
        }

        if (methods.Length == 0) routes.Map($"/api/{route}", Handle);
        else routes.MapMethods($"/api/{route}", methods, Handle);
    }

    // An exception's message can carry a stranger's words; its type and our own frame cannot.
    private static string Where(Exception error) =>
        error.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Serverless.", StringComparison.Ordinal))?.Trim() ?? "unknown place";

    private static ILogger Logger(HttpContext context) => context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Serverless.Hosting");

    [LoggerMessage(1, LogLevel.Error, "{Function} failed: {Error} {Where}")]
    private static partial void LogFailed(ILogger logger, string function, string error, string where);
}
