using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serverless.Local.FunctionsHost;

/// <summary>How the worker is started: program, command line, working directory and environment (host-contract.md, "Start").</summary>
public sealed class WorkerLaunch
{
    // Killed with the host ("a stand-in ties the child to itself"), in a session of its own so that Ctrl-C in the terminal reaches only the
    // host; both keep the pid.
    private static readonly string[] Tied = OnPath("setpriv") is { } setpriv ? [setpriv, "--pdeathsig", "KILL", "--"] : [];
    private static readonly string[] OwnSession = OnPath("setsid") is { } setsid ? [setsid] : [];
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly string _program;
    private readonly string _worker;

    /// <summary>Reads worker.config.json of the app root.</summary>
    /// <exception cref="HostStartException">It is missing, or names what is not there.</exception>
    public WorkerLaunch(string appRoot, IReadOnlyDictionary<string, string> settings)
    {
        (AppRoot, _settings) = (Path.GetFullPath(appRoot), settings);
        var file = Path.Combine(AppRoot, "worker.config.json");
        if (!File.Exists(file)) throw new HostStartException($"There is no worker.config.json in {AppRoot}: publish the app first.");
        var description = Description(file);
        _worker = Path.Combine(AppRoot, description["defaultWorkerPath"]?.ToString() ?? "");
        if (!File.Exists(_worker))
            throw new HostStartException(
                $"{file} names the worker {description["defaultWorkerPath"]}, which is not there: publish the app again.");
        var program = description["defaultExecutablePath"]?.ToString() ?? "";
        var inside = Path.GetFullPath(Path.Combine(AppRoot, program.Replace("{WorkerRoot}", "", StringComparison.Ordinal)));
        _program = File.Exists(inside) ? inside : OnPath(program)
            ?? throw new HostStartException($"{file} names the program {program}, which is neither in {AppRoot} nor on the PATH.");
    }

    /// <summary>Folder of host.json and the worker.</summary>
    public string AppRoot { get; }

    /// <summary>The start of one worker.</summary>
    /// <param name="gateway">Address of the gRPC server.</param>
    /// <param name="workerId">The id it is expected under.</param>
    public ProcessStartInfo ToStartInfo(Uri gateway, string workerId)
    {
        string[] line = [.. Tied, .. OwnSession, _program,
            .. Arguments(gateway, workerId, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString())];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            WorkingDirectory = AppRoot,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in _settings) start.Environment[name] = value;
        start.Environment["FUNCTIONS_WORKER_DIRECTORY"] = start.Environment["FUNCTIONS_APPLICATION_DIRECTORY"] = AppRoot;
        start.Environment["AZURE_FUNCTIONS_ENVIRONMENT"] = "Development";
        return start;
    }

    // A self-contained executable takes no worker path before its arguments.
    private string[] Arguments(Uri gateway, string workerId, string requestId)
    {
        string[] arguments =
        [
            "--host", gateway.Host, "--port", $"{gateway.Port}", "--workerId", workerId, "--requestId", requestId, "--grpcMaxMessageLength",
            "2147483647",
            "--functions-uri", gateway.ToString(), "--functions-worker-id", workerId, "--functions-request-id", requestId,
            "--functions-grpc-max-message-length", "2147483647",
        ];
        return Path.GetFullPath(_program) == Path.GetFullPath(_worker) ? arguments : [_worker, .. arguments];
    }

    private static JsonObject Description(string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(file))?["description"] as JsonObject ?? throw new JsonException();
        }
        catch (JsonException problem)
        {
            throw new HostStartException($"{file} is not a JSON object with a description.", problem);
        }
    }

    private static string? OnPath(string name) => name.Length == 0 || name.Contains(Path.DirectorySeparatorChar)
        ? null
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);
}
