using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Serverless.Local.FunctionsHost;
using Serverless.Local.Machine;
using Serverless.Local.Run;
using Spectre.Console;
using Spectre.Console.Cli;

namespace Serverless.Local.Load;

/// <summary>Options of <c>process</c>.</summary>
internal sealed class ProcessSettings : ReportSettings
{
    [CommandOption("--seconds <N>")]
    [Description("How long to process, both sides together, accepting not counted")]
    [DefaultValue(20)]
    [Within(2, 3600)]
    public int Seconds { get; init; } = 20;

    [CommandOption("--backlog <N>")]
    [Description("How many contacts wait at the beginning of a slice")]
    [DefaultValue(150)]
    [Within(16, 199)]
    public int Backlog { get; init; } = 150;

    [CommandOption("--parallel <N>")]
    [Description("How many are processed at a time; host.json has 16")]
    [DefaultValue(16)]
    [Within(1, 64)]
    public int Parallel { get; init; } = 16;
}

/// <summary>
/// Measures what processing costs: contacts a second to their end and processor time each, the app's Normalise and a bare function that
/// makes the same nine storage calls in turn. Before each slice its few contacts are accepted, which is not measured; routes and bus are
/// off, so that both sides make the same calls.
/// </summary>
internal static class ProcessCommand
{
    private const string DemoSecret = "demo-app-secret-of-the-process-verb";

    // calls.json, firstContactOfAConversation: the tests count it.
    private const int CallsPerContact = 9;
    private static readonly string[] RouteFunctions = ["NotifyWebhook", "NotifyTeams", "NotifyMail", "AcknowledgeCustomer"];

    public static async Task<int> RunAsync(Repository repository, ProcessSettings settings, Screen screen, CancellationToken ct)
    {
        Tool.DemandNode();
        using var folder = await RunFolder.TakeAsync(repository, "load", screen.Say);
        var app = await PublishedApp.EnsureAsync(repository, "functions", "app", screen, ct);
        var bareApp = await PublishedApp.EnsureAsync(repository, "infra/local/Bare", "bare", screen, ct);
        folder.Empty();
        await using var stack = await Stack.StartAsync(repository, folder, Settings(), screen.Say, ct, inMemory: true);
        await using var worker = await MeasuredWorker.StartAsync(app, stack.Settings, "/api/schema", ct);
        folder.Remember("worker", worker.ProcessId);
        await using var bare = await MeasuredWorker.StartAsync(bareApp, FloorSettings(stack), "/api/items", ct);
        folder.Remember("floor", bare.ProcessId);

        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(60) };
        var crowd = new Crowd(http, new MetaMessages(DemoSecret, TimeProvider.System), settings.Parallel);
        Bench Make(MeasuredWorker of, string function, string queue) => new(of, of.Connection.Function(function), queue, crowd, stack);
        var (ours, floor) = (Make(worker, "Normalise", "inbound"), Make(bare, "FloorProcess", "floor"));
        screen.Say("Warming up both sides ...");
        await ours.RunAsync(settings, ct);
        await floor.RunAsync(settings, ct);
        (ours, floor) = (Make(worker, "Normalise", "inbound"), Make(bare, "FloorProcess", "floor"));
        screen.Say($"Processing {settings.Backlog} contacts at a time for {settings.Seconds} s, the app and the floor in turn ...");
        while (ours.Took + floor.Took < TimeSpan.FromSeconds(settings.Seconds))
        {
            await ours.RunAsync(settings, ct);
            await floor.RunAsync(settings, ct);
        }

        var ended = await EndedAsync(http, worker, ct);
        folder.ForgetChildren();
        Print(settings, screen, ours, floor, ended);
        return ours.Failed + floor.Failed == 0 && ended.Open == 0 ? 0 : Refusal.Failed;
    }

    private static Dictionary<string, string> Settings()
    {
        var settings = RouteFunctions.ToDictionary(f => $"AzureWebJobs.{f}.Disabled", _ => "true", StringComparer.Ordinal);
        (settings["Channels__Meta__Enabled"], settings["Channels__Meta__AppSecret"], settings["ServiceBusConnection"]) = ("true",
            DemoSecret, "");
        return settings;
    }

    private static Dictionary<string, string> FloorSettings(Stack stack) => new(StringComparer.Ordinal)
    {
        ["FLOOR_STORAGE"] = stack.StorageConnection,
        ["FLOOR_SECRET"] = DemoSecret,
    };

    private static async Task<(long Cases, long Open)> EndedAsync(HttpClient http, MeasuredWorker worker, CancellationToken ct)
    {
        // No key: the gateway asks for none.
        var summary = await new AppApi(http, new Uri($"http://127.0.0.1:{worker.Port}/"), "").SummaryAsync(2, ct);
        return (summary?.Ends.GetValueOrDefault("case") ?? 0, summary?.Deliveries.GetValueOrDefault("open") ?? -1);
    }

    private static void Print(ProcessSettings settings, Screen screen, Bench ours, Bench floor, (long Cases, long Open) ended)
    {
        var limit = Limit.Of(ours.Busy.Emulator, ours.Busy.Machine);
        var figures = new JsonObject
        {
            ["contactsPerSecond"] = Math.Round(ours.PerSecond, 1),
            ["floorPerSecond"] = Math.Round(floor.PerSecond, 1),
            ["ratio"] = Math.Round(ours.PerSecond / floor.PerSecond, 3),
            ["cpuMsPerContact"] = Math.Round(ours.ProcessorMs, 3),
            ["floorCpuMsPerContact"] = Math.Round(floor.ProcessorMs, 3),
            ["cpuRatio"] = Math.Round(ours.ProcessorMs / floor.ProcessorMs, 3),
            ["storageCallsPerContact"] = CallsPerContact,
            ["backlogAtMost"] = settings.Backlog,
            ["limit"] = limit,
            ["emulatorBusy"] = Math.Round(ours.Busy.Emulator, 2),
            ["emulatorBusyWithFloor"] = Math.Round(floor.Busy.Emulator, 2),
            ["machineBusy"] = Math.Round(ours.Busy.Machine, 2),
            ["contacts"] = ours.Contacts,
            ["cases"] = ended.Cases,
            ["open"] = ended.Open,
            ["failed"] = ours.Failed + floor.Failed,
        };
        if (settings.Json)
        {
            Console.Out.WriteLine(figures.ToJsonString());
            return;
        }

        var table = new Table().Title("Processing").AddColumn("figure").AddColumn("value");
        foreach (var (name, value) in figures) table.AddRow(name, $"{value}");
        screen.Console.Write(table);
        screen.Say(Limit.Sentence(limit));
    }

    /// <summary>One of the two sides.</summary>
    private sealed class Bench(MeasuredWorker worker, WorkerFunction function, string queue, Crowd crowd, Stack stack)
    {
        private readonly Uri _address = new($"http://127.0.0.1:{worker.Port}/api/hooks/meta");
        private int _failed;

        public Busy Busy { get; } = new(stack.AzuriteProcessId, worker.ProcessId);

        public TimeSpan Took { get; private set; }

        public int Contacts { get; private set; }

        public int Failed => _failed;

        public double PerSecond => Contacts / Took.TotalSeconds;

        public double ProcessorMs => Busy.WorkerMs / Math.Max(1, Contacts);

        /// <summary>Accepts a backlog, then processes it; only the second is measured.</summary>
        public async Task RunAsync(ProcessSettings settings, CancellationToken ct)
        {
            var accepted = await crowd.SendAsync(_address, settings.Backlog, ct);
            if (accepted.Refused > 0) throw new Refusal($"{accepted.Refused} calls were not accepted: {worker.LastLines}");
            var messages = await stack.Queues.TakeAllAsync(queue, ct);
            var watch = Stopwatch.StartNew();
            await Busy.WhileAsync(() => ProcessAsync(messages, settings.Parallel, ct));
            (Took, Contacts) = (Took + watch.Elapsed, Contacts + messages.Count);
        }

        private async Task<bool> ProcessAsync(IReadOnlyList<string> messages, int parallel, CancellationToken ct)
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = ct };
            await Parallel.ForEachAsync(messages, options, async (message, token) =>
            {
                if (!(await worker.Connection.InvokeQueueAsync(function, message, token)).Succeeded) Interlocked.Increment(ref _failed);
            });
            return true;
        }
    }
}
