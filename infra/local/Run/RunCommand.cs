using System.Diagnostics;
using System.Security.Cryptography;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;
using Serverless.Local.Seeds;
using Serverless.Local.ServiceBus;

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

        // Vonage signs a reply's token with the application's own key; this run's is as good as any.
        using var key = RSA.Create(2048);
        var extra = new Dictionary<string, string>(StringComparer.Ordinal) { ["Channels__Vonage__PrivateKey"] = key.ExportPkcs8PrivateKeyPem() };
        await using var stack = await Stack.StartAsync(repository, folder, extra, screen.Say, ct);
        repository.ShowOutside(folder.In("outside"));
        await using var events = SubscriberProcess.Start(stack.BusConnection, "case-events", "demo", folder.In("outside"));
        var app = await PublishedApp.EnsureAsync(repository, "functions", "app", screen.Say, ct);
        if (arguments.Text("host", "") == "func") await stack.StartCoreToolsAsync(app, port, ct);
        else await stack.StartHostAsync(app, port, ct);
        stack.Subscriber!.Links = (stack.Settings["Hooks__PublicBaseUrl"] + "/", stack.Front.ToString());
        screen.Say($"Ready after {watch.Elapsed.TotalSeconds:F1} s: the front door is {stack.Front}, the data is in {folder.Path}");

        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(60) };
        var api = new AppApi(http, stack.Front, stack.FunctionKey);
        var run = new SeedRun(new Replay(http, stack.Front), api, Ledger.Open(folder.In("ledger.json")), stack.IsTellingAsync, new Colleague(api));
        var outcome = await run.RunAsync(seeds, screen.Console, ct);
        outcome = outcome with { Outside = stack.Outside!.Look(), Differences = [.. outcome.Differences, .. stack.Provider!.Strays.Select(s => $"the app asked a provider for what no seed names: {s}")] };

        if (arguments.Has("json")) await Console.Out.WriteLineAsync(Report.Json(outcome, watch.Elapsed).ToJsonString());
        else Report.Tables(screen, outcome);
        Report.Differences(screen, outcome);
        if (arguments.Has("once")) return outcome.Differences.Count == 0 ? 0 : Refusal.Failed;

        Report.Addresses(screen, stack.Front, stack.FunctionKey, seeds.Select(s => s.Channel).Distinct(StringComparer.Ordinal), repository.Outside);
        await StayUpAsync(stack, screen, ct);
        return 0;
    }

    private static async Task StayUpAsync(Stack stack, Screen screen, CancellationToken ct)
    {
        screen.Say("Ctrl-C ends it.");
        try
        {
            while (stack.Stopped is null) await Task.Delay(TimeSpan.FromMilliseconds(250), ct);
            throw new Refusal($"The host has stopped: {stack.Stopped}");
        }
        catch (OperationCanceledException)
        {
            screen.Say("Ending the app, then Azurite ...");
        }
    }
}
