using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serverless.Local.FunctionsHost;

/// <summary>The host as a process of its own, for tests that kill it: <c>host --root --settings --data --port</c>.</summary>
public static class HostCommand
{
    private static readonly string[] Known = ["--root", "--settings", "--data", "--port", "--max-errors", "--restart-seconds", "--queue-lock-seconds"];

    /// <summary>
    /// Prints one JSON line when ready (front, functionKey, masterKey, workerPid) and runs until standard input closes or SIGTERM or SIGINT comes.
    /// The worker's lines go to standard error.
    /// </summary>
    /// <param name="args">
    /// Pairs: <c>--root</c> publish folder, <c>--settings</c> local.settings.json, <c>--data</c> folder, <c>--port</c> (0 = free);
    /// optional <c>--max-errors n</c>, <c>--restart-seconds n</c>, <c>--queue-lock-seconds n</c>.
    /// </param>
    /// <returns>0; 2 when it cannot start (one sentence on standard error).</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            var options = Read(args);
            using var stop = new CancellationTokenSource();
            using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Cancel(signal, stop));
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Cancel(signal, stop));
            await using var host = await FunctionHost.StartAsync(options, stop.Token);
            Console.Out.WriteLine(Ready(host));
            await Console.Out.FlushAsync(stop.Token);
            await UntilStdinClosesAsync(stop.Token);
            return 0;
        }
        catch (Exception problem) when (problem is HostStartException or CommandLine.Refusal)
        {
            await Console.Error.WriteLineAsync(problem.Message);
            return 2;
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

    private static void Cancel(PosixSignalContext signal, CancellationTokenSource stop)
    {
        signal.Cancel = true;
        stop.Cancel();
    }

    private static async Task UntilStdinClosesAsync(CancellationToken ct)
    {
        var buffer = new byte[256];
        await using var input = Console.OpenStandardInput();

        // A read of standard input cannot be cancelled, so it is left behind on a thread of the pool.
        await Task.Run(() => { while (input.Read(buffer) > 0) { } }, CancellationToken.None).WaitAsync(ct);
    }

    private static FunctionHostOptions Read(string[] args)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var at = 0; at < args.Length; at += 2)
        {
            if (!Known.Contains(args[at]) || at + 1 == args.Length)
                throw new HostStartException($"host: {args[at]} is not one of {string.Join(", ", Known)}, or has no value.");
            given[args[at]] = args[at + 1];
        }

        return new FunctionHostOptions
        {
            AppRoot = Required(given, "--root"),
            Settings = given.TryGetValue("--settings", out var file) ? Settings(file) : new Dictionary<string, string>(StringComparer.Ordinal),
            DataFolder = Required(given, "--data"),
            FrontPort = Number(given, "--port", 7071),
            MaxWorkerErrors = Number(given, "--max-errors", 3),
            RestartPause = TimeSpan.FromSeconds(Number(given, "--restart-seconds", 10)),
            QueueLock = TimeSpan.FromSeconds(Number(given, "--queue-lock-seconds", 600)),
            WorkerLog = line => Console.Error.WriteLine(line.Text),
            HostLog = line => Console.Error.WriteLine($"[host] {line.Level}: {line.Text}"),
        };
    }

    private static string Required(Dictionary<string, string> given, string name) =>
        given.GetValueOrDefault(name) ?? throw new HostStartException($"host: {name} is missing.");

    private static int Number(Dictionary<string, string> given, string name, int otherwise)
    {
        if (!given.TryGetValue(name, out var text)) return otherwise;
        return int.TryParse(text, out var number) && number >= 0 ? number : throw new HostStartException($"host: {name} {text} is not a number.");
    }

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
