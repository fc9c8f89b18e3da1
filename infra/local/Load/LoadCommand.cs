using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;
using Serverless.Local.Run;
using Spectre.Console;

namespace Serverless.Local.Load;

/// <summary>
/// Measures what accepting costs: the app's own door and the floor's, driven in turn in short slices against one Azurite. Both workers are behind a
/// gateway of this process, whose part is the same for both; no host runs meanwhile, so no queue is worked. Then the host works off what was accepted.
/// </summary>
internal static class LoadCommand
{
    private const string Folder = "load";
    private const string DemoSecret = "demo-app-secret-of-the-load-verb";
    private const string SecretName = "Channels__Meta__AppSecret";
    private static readonly TimeSpan SliceLength = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    public static async Task<int> RunAsync(Repository repository, Arguments arguments, Screen screen, CancellationToken ct)
    {
        Tool.DemandNode();
        using var folder = await RunFolder.TakeAsync(repository, Folder, screen.Say);
        var app = await PublishedApp.EnsureAsync(repository, "functions", "app", screen.Say, ct);
        var bareApp = await PublishedApp.EnsureAsync(repository, "infra/local/Bare", "bare", screen.Say, ct);
        folder.Empty();
        var extra = new Dictionary<string, string>(StringComparer.Ordinal) { ["Channels__Meta__Enabled"] = "true", [SecretName] = DemoSecret };
        await using var stack = await Stack.StartAsync(repository, folder, extra, screen.Say, ct);

        var connections = arguments.Number("connections", 32);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = connections }) { Timeout = TimeSpan.FromSeconds(60) };
        var crowd = new Crowd(http, new MetaMessages(DemoSecret, TimeProvider.System), connections);
        var (ours, floor, warmedUp) = await AcceptAsync(crowd, app, bareApp, stack, folder, TimeSpan.FromSeconds(arguments.Number("seconds", 20)), screen, ct);

        await stack.StartHostAsync(app, 0, ct);
        var drain = new Drain(new AppApi(http, stack.Front, stack.FunctionKey), new PlainStorage(stack.StorageConnection));
        var (lost, waiting, perSecond) = await drain.RunAsync(warmedUp + ours.Accepted, screen, ct);
        Print(arguments, screen, ours, floor, lost, waiting, perSecond);
        return ours.Refused + floor.Refused == 0 && lost == 0 ? 0 : Refusal.Failed;
    }

    /// <summary>Both sides in turn: a slow second of the machine hits both.</summary>
    private static async Task<(Side Ours, Side Floor, int WarmedUp)> AcceptAsync(Crowd crowd, string app, string bareApp, Stack stack, RunFolder folder, TimeSpan length, Screen screen, CancellationToken ct)
    {
        await using var worker = await MeasuredWorker.StartAsync(app, stack.Settings, "/api/schema", ct);
        folder.Remember("worker", worker.ProcessId);
        await using var bare = await MeasuredWorker.StartAsync(bareApp, FloorSettings(stack), "/api/items", ct);
        folder.Remember("floor", bare.ProcessId);

        var (ours, floor) = (new Side(worker, crowd), new Side(bare, crowd));
        screen.Say("Warming up both sides ...");
        var warmedUp = (await ours.SendAsync(WarmUp, ct)).Accepted;
        await floor.SendAsync(WarmUp, ct);
        (ours, floor) = (new Side(worker, crowd), new Side(bare, crowd));
        screen.Say($"Sending for {length.TotalSeconds:F0} s, the app and the floor in turn, each behind a gateway of this process (no queue processing) ...");
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < length;)
        {
            await ours.SendAsync(SliceLength, ct);
            await floor.SendAsync(SliceLength, ct);
        }
        folder.ForgetChildren();
        return (ours, floor, warmedUp);
    }

    private static Dictionary<string, string> FloorSettings(Stack stack) => new(StringComparer.Ordinal)
    {
        ["FLOOR_STORAGE"] = stack.StorageConnection,
        ["FLOOR_SECRET"] = DemoSecret,
    };

    private static void Print(Arguments arguments, Screen screen, Side ours, Side floor, long lost, long waiting, double perSecond)
    {
        var figures = new JsonObject
        {
            ["acceptedPerSecond"] = Math.Round(ours.PerSecond, 1),
            ["floorPerSecond"] = Math.Round(floor.PerSecond, 1),
            ["ratio"] = Math.Round(ours.PerSecond / floor.PerSecond, 3),
            ["cpuMsPerDelivery"] = Math.Round(ours.ProcessorMsPerDelivery, 3),
            ["floorCpuMsPerDelivery"] = Math.Round(floor.ProcessorMsPerDelivery, 3),
            ["cpuRatio"] = Math.Round(ours.ProcessorMsPerDelivery / floor.ProcessorMsPerDelivery, 3),
            ["p50Ms"] = Math.Round(ours.Latency(0.50), 2),
            ["p99Ms"] = Math.Round(ours.Latency(0.99), 2),
            ["accepted"] = ours.Accepted,
            ["refused"] = ours.Refused,
            ["lost"] = lost,
            ["waiting"] = waiting,
            ["contactsPerSecondUntilDrained"] = Math.Round(perSecond, 1),
        };
        if (arguments.Has("json"))
        {
            Console.Out.WriteLine(figures.ToJsonString());
            return;
        }
        var table = new Table().Title("Load").AddColumn("figure").AddColumn("value");
        foreach (var (name, value) in figures) table.AddRow(name, string.Create(CultureInfo.InvariantCulture, $"{value}"));
        screen.Console.Write(table);
    }
}
