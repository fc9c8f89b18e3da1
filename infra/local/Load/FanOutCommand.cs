using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;
using Serverless.Local.Run;
using Spectre.Console;

namespace Serverless.Local.Load;

/// <summary>
/// Measures what telling costs: events handed to the webhook function of a worker, for several numbers of subscribers, against plain
/// HttpClient posts of the same body to the same
/// receiver by the same number of callers. Both in turn, so that a slow second of the machine hits both.
/// </summary>
internal static class FanOutCommand
{
    private static readonly TimeSpan SliceLength = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(Repository repository, LoadSettings settings, Screen screen, CancellationToken ct)
    {
        if (settings.Events is not null || settings.Failing is not null)
            return await FanOutProof.RunAsync(repository, settings, screen, ct);
        Tool.DemandNode();
        using var folder = await RunFolder.TakeAsync(repository, "load", screen.Say);
        var app = await PublishedApp.EnsureAsync(repository, "functions", "app", screen, ct);
        folder.Empty();
        var connections = settings.Connections;
        using var http =
            new HttpClient(new SocketsHttpHandler { UseProxy = false,
                MaxConnectionsPerServer = connections }) { Timeout = TimeSpan.FromSeconds(60) };
        var figures = new JsonObject();
        foreach (var text in (settings.Subscribers ?? "1,10,100").Split(','))
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var subscribers) || subscribers is < 1 or > 200)
                throw new Refusal("--subscribers is a list of numbers from 1 to 200, say 1,10,100.");
            await using var receiver = await ReceivedNotifications.StartAsync(subscribers, 0, ct);
            await using var stack = await Stack.StartAsync(repository, folder, receiver.Settings(), screen.Say, ct);
            await using var worker = await MeasuredWorker.StartAsync(app, stack.Settings, "/api/schema", ct);
            folder.Remember("worker", worker.ProcessId);
            var notify = worker.Connection.Function("NotifyWebhook");
            async Task<bool> TellAsync() =>
                (await worker.Connection.InvokeQueueAsync(notify, Encoding.UTF8.GetString(Event().Body), ct)).Succeeded;
            async Task<bool> PostAsync()
            {
                using var content = new ByteArrayContent(Event().Body);
                using var response = await http.PostAsync(receiver.Address, content, ct);
                return response.IsSuccessStatusCode;
            }

            screen.Say($"Notifying {subscribers} subscribers, the app and plain posts in turn ...");
            await SendAsync(TellAsync, Math.Min(connections, 8), SliceLength, ct);
            var (told, posted, tellTime, postTime, events) = (0, 0, TimeSpan.Zero, TimeSpan.Zero, 0);
            for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(settings.Seconds);)
            {
                var before = receiver.Calls;
                var (sent, took) = await SendAsync(TellAsync, connections, SliceLength, ct);
                (events, told, tellTime) = (events + sent, told + receiver.Calls - before, tellTime + took);
                var (plain, plainTook) = await SendAsync(PostAsync, connections, SliceLength, ct);
                (posted, postTime) = (posted + plain, postTime + plainTook);
            }

            folder.ForgetChildren();
            var (ours, floor) = (told / tellTime.TotalSeconds, posted / postTime.TotalSeconds);
            figures[$"{subscribers}"] = new JsonObject
            {
                ["noticesPerSecond"] = Math.Round(ours, 1),
                ["plainPostsPerSecond"] = Math.Round(floor, 1),
                ["ratio"] = Math.Round(ours / floor, 3),
                ["events"] = events,
                ["missing"] = Math.Max(0, (events * subscribers) - told),
            };
        }

        Print(settings, screen, figures);
        return figures.Any(f => (int)f.Value!["missing"]! > 0) ? Refusal.Failed : 0;
    }

    private static async Task<(int Sent, TimeSpan Took)> SendAsync(Func<Task<bool>> send, int connections, TimeSpan length,
        CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            var sent = 0;
            while (watch.Elapsed < length)
            {
                if (await send()) sent++;
            }

            return sent;
        }, ct)));
        return (counts.Sum(), watch.Elapsed);
    }

    /// <summary>A CloudEvent as the app publishes them, and its id.</summary>
    public static (string Id, byte[] Body) Event()
    {
        var id = Guid.NewGuid().ToString("N");
        return (id, Encoding.UTF8.GetBytes(
            $$$"""{"specversion":"1.0","id":"{{{id}}}","source":"/cases","type":"serverless.case.opened.v1","subject":"{{{id}}}","time":"{{{TimeProvider.System.GetUtcNow():O}}}","datacontenttype":"application/json","data":{"caseId":"{{{id}}}","number":"K1","state":"open","owner":"service-desk","need":"fault","owes":"repair","channel":"meta","network":"whatsapp"}}"""));
    }

    private static void Print(LoadSettings settings, Screen screen, JsonObject figures)
    {
        if (settings.Json)
        {
            Console.Out.WriteLine(figures.ToJsonString());
            return;
        }

        var table = new Table().Title("Fan-out").AddColumn("subscribers").AddColumn("notices/s").AddColumn("plain posts/s")
            .AddColumn("ratio").AddColumn("missing");
        foreach (var (subscribers, f) in figures)
            table.AddRow(subscribers, $"{f!["noticesPerSecond"]}", $"{f["plainPostsPerSecond"]}", $"{f["ratio"]}", $"{f["missing"]}");
        screen.Console.Write(table);
    }
}
