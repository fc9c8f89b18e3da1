using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace Serverless.Local.Bare;

/// <summary>HTTP functions by which a test sees what arrives at a worker, and how the host takes what a worker does.</summary>
public static class HttpFunctions
{
    private static readonly SemaphoreSlim Gate = new(0);

    /// <summary>Answers with what arrived; <c>status</c> of the query chooses the status.</summary>
    [Function("Echo")]
    public static async Task<IActionResult> Echo([HttpTrigger(AuthorizationLevel.Anonymous, Route = "echo/{*rest}")] HttpRequest request)
    {
        var length = 0L;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[64 * 1024];
        for (var read = await request.Body.ReadAsync(buffer); read > 0; read = await request.Body.ReadAsync(buffer))
        {
            hash.AppendData(buffer, 0, read);
            length += read;
        }

        var arrived = new
        {
            method = request.Method,
            target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            headers = request.Headers.ToDictionary(item => item.Key.ToLowerInvariant(), item =>
                item.Value.ToString(), StringComparer.Ordinal),
            length,
            sha256 = Convert.ToHexStringLower(hash.GetHashAndReset()),
        };
        Record.Write(arrived);
        request.HttpContext.Response.Headers["x-mine"] = "yes";
        var status = int.TryParse(request.Query["status"], out var asked) ? asked : StatusCodes.Status200OK;
        return status is 204 or 304 ? new StatusCodeResult(status) : new JsonResult(arrived) { StatusCode = status };
    }

    /// <summary>Needs the key of a function.</summary>
    [Function("Keyed")]
    public static IActionResult Keyed([HttpTrigger(AuthorizationLevel.Function, "get", Route = "keyed")] HttpRequest request) =>
    new OkResult();

    /// <summary>Needs the master key.</summary>
    [Function("Top")]
    public static IActionResult Top([HttpTrigger(AuthorizationLevel.Admin, "get", Route = "top")] HttpRequest request) => new OkResult();

    /// <summary>Two methods of one path lead to two functions.</summary>
    [Function("ReadItem")]
    public static IActionResult ReadItem([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "items/{id?}")] HttpRequest request) =>
        new ContentResult { Content = "read " + request.RouteValues["id"] };

    /// <inheritdoc cref="ReadItem"/>
    [Function("ChangeItem")]
    public static IActionResult ChangeItem([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "items/{id}")] HttpRequest request) =>
        new ContentResult { Content = "changed " + request.RouteValues["id"] };

    /// <summary>Sends the first part at once and the second when <see cref="Open"/> is called.</summary>
    [Function("Parts")]
    public static async Task Parts([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "parts")] HttpRequest request)
    {
        await request.HttpContext.Response.WriteAsync("first");
        await request.HttpContext.Response.Body.FlushAsync();
        await Gate.WaitAsync(request.HttpContext.RequestAborted);
        await request.HttpContext.Response.WriteAsync("second");
    }

    /// <summary>Lets one call of <see cref="Parts"/> go on.</summary>
    [Function("Open")]
    public static IActionResult Open([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "open")] HttpRequest request)
    {
        Gate.Release();
        return new OkResult();
    }

    /// <summary>Never answers; writes down that it began and that it was cancelled.</summary>
    [Function("Hang")]
    public static async Task Hang([HttpTrigger(AuthorizationLevel.Anonymous, Route = "hang")] HttpRequest request, CancellationToken ct)
    {
        Record.Write(new { hang = "began" });
        await Task.Delay(Timeout.Infinite, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Record.Write(new { hang = "cancelled" });
    }

    /// <summary>Closes the connection without an answer.</summary>
    [Function("Abort")]
    public static void Abort([HttpTrigger(AuthorizationLevel.Anonymous, Route = "abort")] HttpRequest request)
    {
        Record.Write(new { abort = request.Method });
        request.HttpContext.Abort();
    }

    /// <summary>Throws.</summary>
    [Function("Throw")]
    public static IActionResult Throw([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "throw")] HttpRequest request) =>
        throw new InvalidOperationException("thrown on purpose");

    /// <summary>Ends the process with a code, or by SIGKILL for <c>kill</c>.</summary>
    [Function("Exit")]
    public static IActionResult Exit([HttpTrigger(AuthorizationLevel.Anonymous, Route = "exit/{code}")] HttpRequest request)
    {
        var code = request.RouteValues["code"]!.ToString()!;
        Record.Write(new { exit = code, process = Environment.ProcessId });
        if (code == "kill") Process.GetCurrentProcess().Kill();
        Environment.Exit(int.Parse(code));
        return new OkResult();
    }

    /// <summary>The environment and command line of this process.</summary>
    [Function("Process")]
    public static IActionResult Started([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "process")] HttpRequest request) =>
    new JsonResult(new
    {
        id = Environment.ProcessId,
        folder = Environment.CurrentDirectory,
        arguments = Environment.GetCommandLineArgs(),
        session = File.ReadAllText("/proc/self/stat").Split(") ")[1].Split(' ')[3],
        environment = Environment.GetEnvironmentVariables(),
    });
}
