using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;
using Serverless.Local.Run;
using Serverless.Local.Seeds;
using Spectre.Console;
using Spectre.Console.Cli;

namespace Serverless.Local.Load;

/// <summary>Options of <c>soak</c>.</summary>
internal sealed class SoakSettings : ReportSettings
{
    [CommandOption("--minutes <N>")]
    [Description("How long to send")]
    [DefaultValue(30)]
    [Within(1, 24 * 60)]
    public int Minutes { get; init; } = 30;

    [CommandOption("--rate <N>")]
    [Description("New contacts a second, all channels together")]
    [DefaultValue(4)]
    [Within(1, 100)]
    public int Rate { get; init; } = 4;

    [CommandOption("--kill-seconds <N>")]
    [Description("Kill the app each time so long; 0 never")]
    [DefaultValue(60)]
    [Within(0, 3600)]
    public int KillSeconds { get; init; } = 60;

    [CommandOption("--slow-bodies <N>")]
    [Description("Sockets of the attacker that sends slow bodies; 0 for none")]
    [DefaultValue(60)]
    [Within(0, 1000)]
    public int SlowBodies { get; init; } = 60;
}

/// <summary>
/// Runs the published app for a while as production would have it: new contacts of all channels, the seeds again and again (copies), five
/// subscribers of which one always fails, an attacker with slow bodies, and a kill each minute. Afterwards every accepted contact must have
/// become exactly one element of a case.
/// </summary>
internal static class SoakCommand
{
    private const int Subscribers = 5;
    private const int Failing = 1;
    private static readonly TimeSpan Sample = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    // Deliveries that a killed process held come again after ten minutes, the time for which the host hides a message.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    public static async Task<int> RunAsync(Repository repository, SoakSettings settings, Screen screen, CancellationToken ct)
    {
        Tool.DemandNode();
        using var folder = await RunFolder.TakeAsync(repository, "soak", screen.Say);
        var app = await PublishedApp.EnsureAsync(repository, "functions", "app", screen, ct);
        folder.Empty();
        await using var told = await ReceivedNotifications.StartAsync(Subscribers, Failing, ct);
        var extra = told.Settings();

        // What a kill between row and message leaves is found by Tick: after a minute instead of a quarter of an hour, so that the end is
        // seen.
        extra["Receive__RequeueMinutes"] = "1";
        await using var stack = await Stack.StartAsync(repository, folder, extra, screen.Say, ct, inMemory: true);
        await stack.StartHostAsync(app, 0, ct, maxWorkerErrors: int.MaxValue);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false,
            MaxConnectionsPerServer = 256 }) { Timeout = TimeSpan.FromSeconds(60) };
        var ledger = new SoakLedger(http, stack.Front, new FreshCalls(stack.Settings, TimeProvider.System), TimeProvider.System);
        var (memory, slow) = (new Memory(), new SlowBodies(stack.Front, settings.SlowBodies, TimeProvider.System));

        screen.Say($"Sending for {settings.Minutes} minutes, {settings.Rate} new contacts a second, {settings.SlowBodies} slow bodies,"
            + $" a kill each {settings.KillSeconds} s ...");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task[] parts =
        [
            ledger.SendAsync(settings.Rate, over.Token), ledger.ReplayAsync(SeedFile.ReadAll(repository.Seeds), over.Token),
            slow.RunAsync(over.Token),
            KillAsync(stack, settings.KillSeconds, over.Token),
        ];
        await WatchAsync(stack, ledger, memory, slow, TimeSpan.FromMinutes(settings.Minutes), screen, ct);
        await over.CancelAsync();
        await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ct.ThrowIfCancellationRequested();
        await Task.WhenAll(parts);
        if (stack.Stopped is { } stopped) throw new Refusal($"The host has stopped: {stopped} See .local/soak/handler.log.");

        using var patient = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(10) };
        var api = new AppApi(patient, stack.Front, stack.FunctionKey);
        var drained = await DrainAsync(api, stack, screen, ct);
        var outcome = await ledger.CheckAsync(api, screen, ct);
        var figures = Figures(settings, stack, ledger, memory, slow, told, drained, outcome);
        Print(settings, screen, figures);
        foreach (var finding in outcome.Findings.Take(20)) screen.Say("  " + finding);
        var flat = memory.Growth <= 1.2;
        return outcome is { Lost: 0, Doubled: 0 } && drained?.Unaccounted == 0 && flat ? 0 : Refusal.Failed;
    }

    private static async Task KillAsync(Stack stack, int seconds, CancellationToken ct)
    {
        if (seconds == 0) return;
        for (var pause = TimeSpan.FromSeconds(seconds); !ct.IsCancellationRequested;)
        {
            await Task.Delay(pause, TimeProvider.System, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!ct.IsCancellationRequested) stack.Host.KillWorker();
        }
    }

    private static async Task WatchAsync(Stack stack, SoakLedger ledger, Memory memory, SlowBodies slow, TimeSpan length, Screen screen,
        CancellationToken ct)
    {
        var (watch, said) = (Stopwatch.StartNew(), Stopwatch.StartNew());
        while (watch.Elapsed < length && stack.Stopped is null)
        {
            await Task.Delay(Sample, TimeProvider.System, ct);
            if (stack.Host.WorkerProcessId is > 0 and var worker) memory.Note(worker);
            if (said.Elapsed < Between) continue;
            said.Restart();
            screen.Say($"{watch.Elapsed.TotalMinutes,5:F1} min: {ledger.Accepted} accepted, {ledger.Copies} copies, {slow.CutOff} slow bodies cut"
                + $" off, {stack.Host.WorkerStarts - 1} kills, {memory.Highest:F0} MB at most");
        }
    }

    /// <summary>Until every delivery has its end and nothing is in the outbox, or nothing moves any more.</summary>
    private static async Task<RunSummary?> DrainAsync(AppApi api, Stack stack, Screen screen, CancellationToken ct)
    {
        screen.Say("Waiting until every accepted delivery has an outcome ...");
        RunSummary? last = null;
        for (var stuck = Stopwatch.StartNew(); stuck.Elapsed < Patience && stack.Stopped is null;)
        {
            var summary = await api.SummaryAsync(48, ct);
            var open = summary?.Deliveries.GetValueOrDefault("open") ?? -1;
            if (summary is { OutboxPending: 0 } && open == 0 && !await stack.IsTellingAsync(ct)) return summary;
            if (summary is not null && (last is null || summary.Progress != last.Progress)) stuck.Restart();
            last = summary ?? last;
            screen.Say($"Deliveries without an outcome: {open}; events in the outbox: {summary?.OutboxPending}");
            await Task.Delay(Between, TimeProvider.System, ct);
        }

        return last;
    }

    private static JsonObject Figures(
        SoakSettings settings, Stack stack, SoakLedger ledger, Memory memory, SlowBodies slow, ReceivedNotifications told,
        RunSummary? drained,
            SoakOutcome outcome)
    {
        var webhook = drained?.Notices.GetValueOrDefault("webhook") ?? new Dictionary<string, long>(StringComparer.Ordinal);
        return new JsonObject
        {
            ["minutes"] = settings.Minutes,
            ["accepted"] = ledger.Accepted,
            ["copies"] = ledger.Copies,
            ["repeatedBySender"] = ledger.Repeated,
            ["kills"] = stack.Host.WorkerStarts - 1,
            ["lost"] = outcome.Lost,
            ["doubled"] = outcome.Doubled,
            ["unaccounted"] = drained?.Unaccounted,
            ["open"] = drained?.Deliveries.GetValueOrDefault("open"),
            ["outboxPending"] = drained?.OutboxPending,
            ["notificationsDelivered"] = webhook.GetValueOrDefault("delivered"),
            ["notificationsTaken"] = told.Taken,
            ["notificationsRepeated"] = told.Repeated,
            ["notificationsWaiting"] = webhook.GetValueOrDefault("waiting"),
            ["notificationsFailed"] = webhook.GetValueOrDefault("failed"),
            ["slowBodies"] = slow.Begun,
            ["slowBodiesCutOff"] = slow.CutOff,
            ["answeredP50Ms"] = Math.Round(ledger.Latency(0.50), 1),
            ["answeredP95Ms"] = Math.Round(ledger.Latency(0.95), 1),
            ["memoryHighestMb"] = Math.Round(memory.Highest, 1),
            ["memoryGrowth"] = Math.Round(memory.Growth, 3),
            ["workerLives"] = memory.Lives,
        };
    }

    private static void Print(SoakSettings settings, Screen screen, JsonObject figures)
    {
        if (settings.Json)
        {
            Console.Out.WriteLine(figures.ToJsonString());
            return;
        }

        var table = new Table().Title("Soak").AddColumn("figure").AddColumn("value");
        foreach (var (name, value) in figures) table.AddRow(name, $"{value}");
        screen.Console.Write(table);
    }
}
