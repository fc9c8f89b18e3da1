using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;
using Serverless.Local.Run;
using Spectre.Console;
using Spectre.Console.Cli;

namespace Serverless.Local.StartTime;

/// <summary>Options of <c>start-time</c>.</summary>
internal sealed class StartTimeSettings : ReportSettings
{
    [CommandOption("--starts <N>")]
    [Description("Starts of each, in turn; the first of each is not counted")]
    [DefaultValue(7)]
    [Within(1, 99)]
    public int Starts { get; init; } = 7;
}

/// <summary>Measures from the start of a worker to the first 200 of a function: the published app and an empty worker, published the same
/// way, in turn.</summary>
internal static class StartTimeCommand
{
    public static async Task<int> RunAsync(Repository repository, StartTimeSettings options, Screen screen, CancellationToken ct)
    {
        var app = await PublishedApp.EnsureAsync(repository, "functions", "app", screen, ct);
        var empty = await PublishedApp.EnsureAsync(repository, "infra/local/Empty", "empty", screen, ct);
        // Nothing listens there: neither storage nor the bus may be needed to start.
        var nobody = PortOwner.Free();
        var settings = LocalSettings.Merge(repository,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["outside"] = $"http://127.0.0.1:{nobody}",
                ["provider"] = $"http://127.0.0.1:{nobody}" },
            LocalSettings.Connections(Nowhere(nobody),
                $"Endpoint=sb://127.0.0.1:{nobody};SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true"));

        var starts = options.Starts;
        var (appTimes, emptyTimes) = (new List<double>(), new List<double>());
        // The first of each warms the file cache and is not counted.
        for (var i = -1; i < starts; i++)
        {
            var (ours, theirs) = (await TimeAsync(app, settings, "/api/schema", ct), await TimeAsync(empty, settings, "/api/empty", ct));
            if (i < 0) continue;
            appTimes.Add(ours);
            emptyTimes.Add(theirs);
            screen.Say(string.Create(CultureInfo.InvariantCulture, $"start {i + 1}: app {ours:F0} ms, empty {theirs:F0} ms"));
        }

        var (milliseconds, emptyMilliseconds) = (Median(appTimes), Median(emptyTimes));
        var ratio = Math.Round(milliseconds / emptyMilliseconds, 3);
        if (options.Json)
        {
            Console.Out.WriteLine(new JsonObject { ["milliseconds"] = milliseconds, ["emptyMilliseconds"] = emptyMilliseconds,
                ["ratio"] = ratio }.ToJsonString());
        }
        else
        {
            screen.Console.Write(new Table().AddColumn("").AddColumn("median of " + starts)
                .AddRow("app", $"{milliseconds} ms").AddRow("empty app", $"{emptyMilliseconds} ms")
                .AddRow("ratio", ratio.ToString(CultureInfo.InvariantCulture)));
        }
        return 0;
    }

    private static async Task<double> TimeAsync(string appRoot, IReadOnlyDictionary<string, string> settings, string path,
        CancellationToken ct)
    {
        await using var worker = await MeasuredWorker.StartAsync(appRoot, settings, path, ct);
        return worker.StartTime.TotalMilliseconds;
    }

    private static string Nowhere(int port) =>
        $"DefaultEndpointsProtocol=http;AccountName=nobody;AccountKey=bm9ib2R5;BlobEndpoint=http://127.0.0.1:{port}/nobody;QueueEndpoint=http://127.0.0.1:{port}/nobody;TableEndpoint=http://127.0.0.1:{port}/nobody;";

    private static double Median(List<double> times)
    {
        var sorted = times.Order().ToList();
        return Math.Round((sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2, 1);
    }
}
