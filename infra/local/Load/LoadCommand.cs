using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;
using Serverless.Local.Run;
using Spectre.Console;
using Spectre.Console.Cli;

namespace Serverless.Local.Load;

/// <summary>Options of <c>load</c>.</summary>
internal sealed class LoadSettings : ReportSettings
{
    [CommandOption("--seconds <N>")]
    [Description("How long to send, both sides together")]
    [DefaultValue(20)]
    [Within(2, 3600)]
    public int Seconds { get; init; } = 20;

    [CommandOption("--connections <N>")]
    [Description("How many calls at a time")]
    [DefaultValue(32)]
    [Within(1, 1024)]
    public int Connections { get; init; } = 32;

    [CommandOption("--no-drain")]
    [Description("Do not process what was accepted, and empty its queue on the way: fewer messages slow Azurite less")]
    public bool NoDrain { get; init; }

    [CommandOption("--fan-out")]
    [Description("Measure notifying webhook subscribers against plain posts instead")]
    public bool FanOut { get; init; }

    [CommandOption("--subscribers <LIST>")]
    [Description("With --fan-out: how many subscribers (1,10,100; with --events 5)")]
    public string? Subscribers { get; init; }

    [CommandOption("--events <N>")]
    [Description("With --fan-out: so many events through queue and host instead, and count what became of each notification")]
    [Within(1, 1_000_000)]
    public int? Events { get; init; }

    [CommandOption("--failing <PERCENT>")]
    [Description("With --fan-out: so many of the subscribers always fail; exit code 0 only if no notification is lost")]
    [Within(0, 100)]
    public int? Failing { get; init; }

    [CommandOption("--kills <N>")]
    [Description("With --events: kill the app so often on the way")]
    [DefaultValue(0)]
    [Within(0, 20)]
    public int Kills { get; init; }

    public override ValidationResult Validate() => FanOut || (Subscribers is null && Events is null && Failing is null && Kills == 0)
        ? ValidationResult.Success()
        : ValidationResult.Error("--subscribers, --events, --failing and --kills go with --fan-out");
}

/// <summary>
/// Measures what accepting costs: the app's own door and the floor's, driven in turn in short slices against one Azurite. Both workers are
/// behind a
/// gateway of this process, whose part is the same for both; no host runs meanwhile, so no queue is worked. Then the host works off what
/// was accepted.
/// </summary>
internal static class LoadCommand
{
    private const string Folder = "load";
    private const string DemoSecret = "demo-app-secret-of-the-load-verb";
    private const string SecretName = "Channels__Meta__AppSecret";
    private static readonly TimeSpan SliceLength = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    public static async Task<int> RunAsync(Repository repository, LoadSettings settings, Screen screen, CancellationToken ct)
    {
        if (settings.FanOut) return await FanOutCommand.RunAsync(repository, settings, screen, ct);
        Tool.DemandNode();
        using var folder = await RunFolder.TakeAsync(repository, Folder, screen.Say);
        var app = await PublishedApp.EnsureAsync(repository, "functions", "app", screen, ct);
        var bareApp = await PublishedApp.EnsureAsync(repository, "infra/local/Bare", "bare", screen, ct);
        folder.Empty();
        var extra = new Dictionary<string, string>(StringComparer.Ordinal) { ["Channels__Meta__Enabled"] = "true",
            [SecretName] = DemoSecret };
        await using var stack = await Stack.StartAsync(repository, folder, extra, screen.Say, ct);

        var connections = settings.Connections;
        using var http =
            new HttpClient(new SocketsHttpHandler { UseProxy = false,
                MaxConnectionsPerServer = connections }) { Timeout = TimeSpan.FromSeconds(60) };
        var crowd = new Crowd(http, new MetaMessages(DemoSecret, TimeProvider.System), connections);
        var (ours, floor, warmedUp) = await AcceptAsync(crowd, app, bareApp, stack, folder, settings, screen, ct);

        if (settings.NoDrain)
        {
            Print(settings, screen, ours, floor, null);
            return ours.Refused + floor.Refused == 0 ? 0 : Refusal.Failed;
        }

        await stack.StartHostAsync(app, 0, ct);
        var drain = new Drain(new AppApi(http, stack.Front, stack.FunctionKey), new PlainStorage(stack.StorageConnection));
        var drained = await drain.RunAsync(warmedUp + ours.Accepted, screen, ct);
        Print(settings, screen, ours, floor, drained);
        return ours.Refused + floor.Refused == 0 && drained.Lost == 0 ? 0 : Refusal.Failed;
    }

    /// <summary>Both sides in turn: a slow second of the machine hits both.</summary>
    private static async Task<(Side Ours, Side Floor, int WarmedUp)> AcceptAsync(
        Crowd crowd, string app, string bareApp, Stack stack, RunFolder folder, LoadSettings settings, Screen screen, CancellationToken ct)
    {
        var length = TimeSpan.FromSeconds(settings.Seconds);
        await using var worker = await MeasuredWorker.StartAsync(app, stack.Settings, "/api/schema", ct);
        folder.Remember("worker", worker.ProcessId);
        await using var bare = await MeasuredWorker.StartAsync(bareApp, FloorSettings(stack), "/api/items", ct);
        folder.Remember("floor", bare.ProcessId);

        var (ours, floor) = (new Side(worker, crowd, stack.AzuriteProcessId), new Side(bare, crowd, stack.AzuriteProcessId));
        screen.Say("Warming up both sides ...");
        var warmedUp = (await ours.SendAsync(WarmUp, ct)).Accepted;
        await floor.SendAsync(WarmUp, ct);
        (ours, floor) = (new Side(worker, crowd, stack.AzuriteProcessId), new Side(bare, crowd, stack.AzuriteProcessId));
        screen.Say($"Sending for {length.TotalSeconds:F0} s, the app and the floor in turn, each behind a gateway of this process (no queue processing) ...");
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < length;)
        {
            await ours.SendAsync(SliceLength, ct);
            await floor.SendAsync(SliceLength, ct);

            // Azurite sorts the messages of all queues for each call to any of them: what nobody processes would slow both sides down.
            await stack.Queues.ClearAsync("floor", ct);
            if (settings.NoDrain) await stack.Queues.ClearAsync("inbound", ct);
        }
        folder.ForgetChildren();
        return (ours, floor, warmedUp);
    }

    private static Dictionary<string, string> FloorSettings(Stack stack) => new(StringComparer.Ordinal)
    {
        ["FLOOR_STORAGE"] = stack.StorageConnection,
        ["FLOOR_SECRET"] = DemoSecret,
    };

    private static void Print(LoadSettings settings, Screen screen, Side ours, Side floor, Drained? drained)
    {
        var limit = Limit.Of(ours.Busy.Emulator, ours.Busy.Machine);
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
            ["limit"] = limit,
            ["emulatorBusy"] = Math.Round(ours.Busy.Emulator, 2),
            ["emulatorBusyWithFloor"] = Math.Round(floor.Busy.Emulator, 2),
            ["machineBusy"] = Math.Round(ours.Busy.Machine, 2),
        };
        if (drained is not null)
            (figures["lost"], figures["waiting"], figures["contactsPerSecondUntilDrained"]) = (drained.Lost, drained.Waiting,
                Math.Round(drained.PerSecond, 1));
        if (settings.Json)
        {
            Console.Out.WriteLine(figures.ToJsonString());
            return;
        }
        var table = new Table().Title("Load").AddColumn("figure").AddColumn("value");
        foreach (var (name, value) in figures) table.AddRow(name, string.Create(CultureInfo.InvariantCulture, $"{value}"));
        screen.Console.Write(table);
        screen.Say(Limit.Sentence(limit));
    }
}
