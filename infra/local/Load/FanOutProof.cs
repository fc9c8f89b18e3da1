using System.Diagnostics;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Serverless.Local.ServiceBus;
using Serverless.Local.Machine;
using Serverless.Local.Run;
using Spectre.Console;

namespace Serverless.Local.Load;

/// <summary>Many events to subscribers of which some always fail, through bus, stand-in host and published app, which is killed on the way: each notice must end delivered or kept.</summary>
internal static class FanOutProof
{
    private const string Topic = "case-events";
    private const string Subscription = "notify-webhook";
    private const int Hours = 24;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task<int> RunAsync(Repository repository, Arguments arguments, Screen screen, CancellationToken ct)
    {
        Tool.DemandNode();
        var (events, percent, kills) = (arguments.Number("events", 10_000), arguments.Number("failing", 0), arguments.Number("kills", 0));
        if (!int.TryParse(arguments.Text("subscribers", "5"), out var subscribers) || subscribers is < 1 or > 200) throw new Refusal("With --events, --subscribers is one number from 1 to 200.");
        var failing = (int)Math.Ceiling(subscribers * percent / 100.0);
        using var folder = await RunFolder.TakeAsync(repository, "load", screen.Say);
        var app = await PublishedApp.EnsureAsync(repository, "functions", "app", screen.Say, ct);
        folder.Empty();
        await using var told = await Told.StartAsync(subscribers, failing, ct);
        // No later try in this run: what fails waits, with a message on the bus. The emulator needs longer for each row the more there are; later tries are the journeys' business.
        var extra = told.Settings();
        extra["Notices__RetrySeconds"] = "86400";
        await using var stack = await Stack.StartAsync(repository, folder, extra, screen.Say, ct);
        stack.Broker!.Send(Enumerable.Range(0, events).Select(_ => Message()));
        await stack.StartHostAsync(app, 0, ct, maxHandlerErrors: kills + 3);

        screen.Say($"Telling {subscribers} subscribers, {failing} of which always fail, of {events} events ...");
        var watch = Stopwatch.StartNew();
        await WorkedAsync(stack, told, (subscribers - failing) * events, kills, screen, ct);
        var elapsed = watch.Elapsed;
        var bus = stack.Broker!.Counts().Single(c => c.Subscription == Subscription);

        // It reads every row.
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };
        var summary = await new AppApi(http, stack.Host.FrontDoor, stack.Host.FunctionKey).SummaryAsync(Hours, ct) ?? throw new Refusal("The app did not say where its notices stand: see .local/load/handler.log.");
        var states = summary.Notices.GetValueOrDefault("webhook") ?? new Dictionary<string, long>(StringComparer.Ordinal);
        var kept = states.GetValueOrDefault("failed") + states.GetValueOrDefault("waiting");
        var figures = new JsonObject
        {
            ["events"] = events,
            ["subscribers"] = subscribers,
            ["failingSubscribers"] = failing,
            ["kills"] = stack.Host.HandlerStarts - 1,
            ["delivered"] = states.GetValueOrDefault("delivered"),
            ["keptAsFailed"] = states.GetValueOrDefault("failed"),
            ["keptAsWaiting"] = states.GetValueOrDefault("waiting"),
            ["lost"] = ((long)events * subscribers) - states.GetValueOrDefault("delivered") - kept,
            ["saidDeliveredButNotTaken"] = states.GetValueOrDefault("delivered") - told.Taken,
            ["repeated"] = told.Repeated,
            ["laterTriesOnTheBus"] = bus.Scheduled,
            ["deadLetters"] = bus.DeadLetters,
            ["seconds"] = Math.Round(elapsed.TotalSeconds, 1),
            ["noticesPerSecond"] = Math.Round(events * subscribers / elapsed.TotalSeconds, 1),
        };
        Print(arguments, screen, figures);
        // What waits without a message on the bus would wait for ever.
        var forgotten = states.GetValueOrDefault("waiting") > bus.Scheduled;
        return (long)figures["lost"]! == 0 && (long)figures["saidDeliveredButNotTaken"]! <= 0 && !forgotten ? 0 : Refusal.Failed;
    }

    /// <summary>Until the bus holds nothing that is due for this route; the handler is killed at even steps of what the healthy subscribers take.</summary>
    private static async Task WorkedAsync(Stack stack, Told told, int most, int kills, Screen screen, CancellationToken ct)
    {
        var (stuck, said, before, killed) = (Stopwatch.StartNew(), Stopwatch.StartNew(), -1, 0);
        while (true)
        {
            var count = stack.Broker!.Counts().Single(c => c.Subscription == Subscription);
            if (count.Active == 0) return;
            if (killed < kills && told.Taken > (long)most * (killed + 1) / (kills + 1))
            {
                killed++;
                screen.Say($"Killing the app at {told.Taken} notices ...");
                stack.Host.KillHandler();
            }

            var now = told.Calls + count.Active + count.Scheduled;
            if (now != before) stuck.Restart();
            before = now;
            if (stuck.Elapsed > Patience || !stack.Host.State.Running) return;
            if (said.Elapsed > TimeSpan.FromSeconds(10))
            {
                screen.Say($"{told.Taken} notices taken, {count.Active} messages wait, {count.Scheduled} are for later");
                said.Restart();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), ct);
        }
    }

    private static TopicMessage Message()
    {
        var (id, body) = FanOutCommand.Event();
        return new TopicMessage
        {
            Topic = Topic,
            Body = body,
            System = new Dictionary<string, string>(StringComparer.Ordinal) { ["messageId"] = id, ["contentType"] = "application/cloudevents+json" },
            Properties = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase) { ["route"] = "webhook" },
        };
    }

    private static void Print(Arguments arguments, Screen screen, JsonObject figures)
    {
        if (arguments.Has("json"))
        {
            Console.Out.WriteLine(figures.ToJsonString());
            return;
        }

        var table = new Table().Title("Fan-out with failing subscribers").AddColumn("figure").AddColumn("value");
        foreach (var (name, value) in figures) table.AddRow(name, $"{value}");
        screen.Console.Write(table);
    }
}
