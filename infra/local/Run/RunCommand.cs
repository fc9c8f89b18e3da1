using System.Diagnostics;
using Serverless.Local.CommandLine;
using Serverless.Local.Hosting;
using Serverless.Local.Machine;
using Serverless.Local.Seeds;

namespace Serverless.Local.Run;

/// <summary>The default verb: the whole journey on this machine, from a signed call to a case to a notification.</summary>
internal static class RunCommand
{
    private const int DefaultPort = 7071;

    public static async Task<int> RunAsync(Repository repository, Arguments arguments, Screen screen, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var port = arguments.Number("port", DefaultPort);
        PortOwner.DemandFree(port);
        Tool.DemandNode();
        var seeds = Seed.ReadAll(repository.Seeds);
        using var folder = await RunFolder.TakeAsync(repository, arguments.Text("folder", "default"), screen.Say);
        Disk.DemandRoom(folder.Path, 100, "A run");

        await using var stack = await Stack.StartAsync(repository, folder, new Dictionary<string, string>(StringComparer.Ordinal), screen.Say, ct);
        var app = await PublishedApp.EnsureAsync(repository, "functions", "app", screen.Say, ct);
        await stack.StartHostAsync(app, port, ct);
        var host = stack.Host;
        screen.Say($"Ready after {watch.Elapsed.TotalSeconds:F1} s: the front door is {host.FrontDoor}, the data is in {folder.Path}");

        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(60) };
        var run = new SeedRun(
            new Replay(http, host.FrontDoor), new AppApi(http, host.FrontDoor, host.FunctionKey), Ledger.Open(folder.In("ledger.json")),
            () => stack.Broker.Counts().Any(c => c.Active > 0));
        var outcome = await run.RunAsync(seeds, screen.Console, ct);
        outcome = outcome with { Differences = [.. outcome.Differences, .. stack.Provider!.Strays.Select(s => $"the app asked a provider for what no seed names: {s}")] };

        if (arguments.Has("json")) await Console.Out.WriteLineAsync(Report.Json(outcome, watch.Elapsed).ToJsonString());
        else Report.Tables(screen, outcome);
        Report.Differences(screen, outcome);
        if (arguments.Has("once")) return outcome.Differences.Count == 0 ? 0 : Refusal.Failed;

        Report.Addresses(screen, host.FrontDoor, host.FunctionKey, seeds.Select(s => s.Channel).Distinct(StringComparer.Ordinal), folder.In("outside"));
        await StayUpAsync(host, screen, ct);
        return 0;
    }

    private static async Task StayUpAsync(FunctionHost host, Screen screen, CancellationToken ct)
    {
        screen.Say("Ctrl-C ends it.");
        try
        {
            while (host.State.Running) await Task.Delay(TimeSpan.FromMilliseconds(250), ct);
            throw new Refusal($"The host has stopped: {host.State.Reason}");
        }
        catch (OperationCanceledException)
        {
            screen.Say("Ending the app, then Azurite ...");
        }
    }
}
