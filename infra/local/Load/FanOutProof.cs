using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;
using Serverless.Local.Run;
using Spectre.Console;

namespace Serverless.Local.Load;

/// <summary>Many events to subscribers of which some always fail, through the queue, stand-in host and published app, which is killed on
/// the way: each notice must end delivered or kept.</summary>
internal static class FanOutProof
{
    private const string Queue = "notify-webhook";
    private const int Hours = 24;

    // A claim of a process that was killed holds ten minutes.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(12);

    public static async Task<int> RunAsync(Repository repository, LoadSettings settings, Screen screen, CancellationToken ct)
    {
        Tool.DemandNode();
        var (events, percent, kills) = (settings.Events ?? 10_000, settings.Failing ?? 0, settings.Kills);
        if (!int.TryParse(settings.Subscribers ?? "5", out var subscribers) || subscribers is < 1 or > 200)
            throw new Refusal("With --events, --subscribers is one number from 1 to 200.");
        var failing = (int)Math.Ceiling(subscribers * percent / 100.0);
        using var folder = await RunFolder.TakeAsync(repository, "load", screen.Say);
        var app = await PublishedApp.EnsureAsync(repository, "functions", "app", screen, ct);
        folder.Empty();
        await using var told = await ReceivedNotifications.StartAsync(subscribers, failing, ct);
        // No later try in this run: what fails waits, with a message in the queue. The emulator needs longer for each row the more there
        // are; later tries are the journeys' business.
        var extra = told.Settings();
        extra["Notification__RetrySeconds"] = "86400";
        await using var stack = await Stack.StartAsync(repository, folder, extra, screen.Say, ct);
        var queues = stack.Queues;
        await queues.CreateAsync("notices", Queue, ct);
        await Parallel.ForEachAsync(Enumerable.Range(0, events),
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = ct }, async (_, token) =>
            await queues.PutAsync(Queue, Message(), token));
        await stack.StartHostAsync(app, 0, ct, maxWorkerErrors: kills + 3);

        screen.Say($"Sending {events} events to {subscribers} subscribers, {failing} of which always fail ...");
        var watch = Stopwatch.StartNew();
        await WorkedAsync(stack, told, (subscribers - failing) * events, failing * events, kills, screen, ct);
        var elapsed = watch.Elapsed;
        var later = await queues.CountAsync(Queue, ct);

        // It reads every row.
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };
        var summary = await new AppApi(http, stack.Front, stack.FunctionKey).SummaryAsync(Hours, ct)
            ?? throw new Refusal("The app did not return the state of its notifications: see .local/load/handler.log.");
        var states = summary.Notices.GetValueOrDefault("webhook") ?? new Dictionary<string, long>(StringComparer.Ordinal);
        var kept = states.GetValueOrDefault("failed") + states.GetValueOrDefault("waiting");
        var figures = new JsonObject
        {
            ["events"] = events,
            ["subscribers"] = subscribers,
            ["failingSubscribers"] = failing,
            ["kills"] = stack.Host.WorkerStarts - 1,
            ["delivered"] = states.GetValueOrDefault("delivered"),
            ["keptAsFailed"] = states.GetValueOrDefault("failed"),
            ["keptAsWaiting"] = states.GetValueOrDefault("waiting"),
            ["lost"] = ((long)events * subscribers) - states.GetValueOrDefault("delivered") - kept,
            ["saidDeliveredButNotTaken"] = states.GetValueOrDefault("delivered") - told.Taken,
            ["repeated"] = told.Repeated,
            ["stillSending"] = states.GetValueOrDefault("sending"),
            ["laterTriesInTheQueue"] = later,
            ["poisonMessages"] = await queues.CountAsync(Queue + "-poison", ct),
            ["seconds"] = Math.Round(elapsed.TotalSeconds, 1),
            ["noticesPerSecond"] = Math.Round(events * subscribers / elapsed.TotalSeconds, 1),
        };
        Print(settings, screen, figures);
        // What waits without a message would wait for ever.
        var forgotten = states.GetValueOrDefault("waiting") > later;
        return (long)figures["lost"]! == 0 && (long)figures["saidDeliveredButNotTaken"]! <= 0 && !forgotten ? 0 : Refusal.Failed;
    }

    /// <summary>Until the healthy subscribers have all and the queue holds nothing but later tries of the others; the handler is killed at
    /// even steps of what the healthy ones take.</summary>
    private static async Task WorkedAsync(Stack stack, ReceivedNotifications told, int most, int later, int kills, Screen screen,
        CancellationToken ct)
    {
        var (stuck, said, before, killed) = (Stopwatch.StartNew(), Stopwatch.StartNew(), -1, 0);
        while (true)
        {
            var count = await stack.Queues.CountAsync(Queue, ct);
            if (told.Taken >= most && count <= later && !await stack.Queues.IsBusyAsync(Queue, ct)) return;
            if (killed < kills && told.Taken > (long)most * (killed + 1) / (kills + 1))
            {
                killed++;
                screen.Say($"Killing the app after {told.Taken} notifications ...");
                stack.Host.KillWorker();
            }

            if (told.Calls != before) stuck.Restart();
            before = told.Calls;
            if (stuck.Elapsed > Patience || stack.Stopped is not null) return;
            if (said.Elapsed > TimeSpan.FromSeconds(10))
            {
                screen.Say($"Notifications received: {told.Taken}; messages in the queue (retries included): {count}");
                said.Restart();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, ct);
        }
    }

    private static byte[] Message() => Encoding.UTF8.GetBytes($$"""{"event":{{Encoding.UTF8.GetString(FanOutCommand.Event().Body)}}}""");

    private static void Print(LoadSettings settings, Screen screen, JsonObject figures)
    {
        if (settings.Json)
        {
            Console.Out.WriteLine(figures.ToJsonString());
            return;
        }

        var table = new Table().Title("Fan-out with failing subscribers").AddColumn("figure").AddColumn("value");
        foreach (var (name, value) in figures) table.AddRow(name, $"{value}");
        screen.Console.Write(table);
    }
}
