using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Spectre.Console.Cli;

namespace Serverless.Local.FunctionsHost;

/// <summary>Options of <c>host</c>.</summary>
internal sealed class HostSettings : CommandSettings
{
    [CommandOption("--root <DIR>", true)]
    [Description("Publish folder with host.json and worker.config.json")]
    public string Root { get; init; } = "";

    [CommandOption("--data <DIR>", true)]
    [Description("Folder for keys and the state of timers")]
    public string Data { get; init; } = "";

    [CommandOption("--settings <FILE>")]
    [Description("local.settings.json")]
    public string? File { get; init; }

    [CommandOption("--port <N>")]
    [Description("Port on 127.0.0.1; 0 takes a free one")]
    [DefaultValue(7071)]
    [Within(0, 65535)]
    public int Port { get; init; } = 7071;

    [CommandOption("--max-errors <N>")]
    [Description("Deaths of the worker that stop the host")]
    [DefaultValue(3)]
    public int MaxErrors { get; init; } = 3;

    [CommandOption("--restart-seconds <N>")]
    [Description("Pause before the second and each further restart")]
    [DefaultValue(10)]
    public int RestartSeconds { get; init; } = 10;

    [CommandOption("--queue-lock-seconds <N>")]
    [Description("For how long a message that was taken is hidden from others")]
    [DefaultValue(600)]
    public int QueueLockSeconds { get; init; } = 600;
}

/// <summary>The host as a process of its own, for any isolated worker and for tests that kill it.</summary>
internal static class HostCommand
{
    /// <summary>
    /// Prints one JSON line when ready (front, functionKey, masterKey, workerPid); the worker's lines go to standard error.
    /// </summary>
    /// <param name="ct">SIGTERM or SIGINT; the end of standard input ends it, too.</param>
    /// <returns>0; 2 when it cannot start (one sentence on standard error).</returns>
    public static async Task<int> RunAsync(HostSettings settings, CancellationToken ct)
    {
        try
        {
            await using var host = await FunctionHost.StartAsync(Read(settings), ct);
            Console.Out.WriteLine(Ready(host));
            await Console.Out.FlushAsync(ct);
            await UntilStdinClosesAsync(ct);
            return 0;
        }
        catch (HostStartException problem)
        {
            throw new Refusal(problem.Message, Refusal.BadArguments);
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
    }

    private static string Ready(FunctionHost host) => new JsonObject
    {
        ["front"] = host.Front.ToString(),
        ["functionKey"] = host.FunctionKey,
        ["masterKey"] = host.MasterKey,
        ["workerPid"] = host.WorkerProcessId,
    }.ToJsonString();

    private static async Task UntilStdinClosesAsync(CancellationToken ct)
    {
        var buffer = new byte[256];
        await using var input = Console.OpenStandardInput();

        // A read of standard input cannot be cancelled, so it is left behind on a thread of the pool.
        await Task.Run(() => { while (input.Read(buffer) > 0) { } }, CancellationToken.None).WaitAsync(ct);
    }

    private static FunctionHostOptions Read(HostSettings settings) => new()
    {
        AppRoot = settings.Root,
        Settings = settings.File is { } file ? Settings(file) : new Dictionary<string, string>(StringComparer.Ordinal),
        DataFolder = settings.Data,
        FrontPort = settings.Port,
        MaxWorkerErrors = settings.MaxErrors,
        RestartPause = TimeSpan.FromSeconds(settings.RestartSeconds),
        QueueLock = TimeSpan.FromSeconds(settings.QueueLockSeconds),
        WorkerLog = line => Console.Error.WriteLine(line.Text),
        HostLog = line => Console.Error.WriteLine($"[host] {line.Level}: {line.Text}"),
    };

    private static Dictionary<string, string> Settings(string file)
    {
        try
        {
            var values = JsonNode.Parse(File.ReadAllText(file))?["Values"] as JsonObject ?? throw new JsonException();
            return values.ToDictionary(pair => pair.Key, pair => pair.Value?.ToString() ?? "", StringComparer.Ordinal);
        }
        catch (Exception problem) when (problem is JsonException or IOException)
        {
            throw new HostStartException($"{file} cannot be read as local.settings.json (an object with Values).", problem);
        }
    }
}
