using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;
using Serverless.Local.Seeds;
using Serverless.Local.ServiceBus;
using Spectre.Console;
using Spectre.Console.Cli;

namespace Serverless.Local.Run;

/// <summary>Options of <c>run</c>.</summary>
internal sealed class RunSettings : ReportSettings
{
    private static readonly string[] Taken = ["app", "bare", "build", "empty", "load", "outside", "soak"];

    [CommandOption("--folder <NAME>")]
    [Description("Keep the data of the run in .local/NAME; a second run into it is answered with duplicates")]
    [DefaultValue("default")]
    public string Folder { get; init; } = "default";

    [CommandOption("--port <N>")]
    [Description("Port of the app on 127.0.0.1; 0 takes a free one")]
    [DefaultValue(7071)]
    [Within(0, 65535)]
    public int Port { get; init; } = 7071;

    [CommandOption("--host <NAME>")]
    [Description("func: run the app under Azure Functions Core Tools (func on the PATH) instead of the stand-in host")]
    public string? Host { get; init; }

    [CommandOption("--once")]
    [Description("End after the replay; exit code 0 only if every seed got the answer and the outcome it expects")]
    public bool Once { get; init; }

    [CommandOption("--details")]
    [Description("Print every case, notification and reply, too")]
    public bool Details { get; init; }

    public override ValidationResult Validate()
    {
        if (Json && !Once) return ValidationResult.Error("--json prints the outcome of a run that ends: say --once --json");
        if (Host is not null and not "func") return ValidationResult.Error($"--host takes func, not '{Host}'");
        return Folder.Length is > 0 and <= 60 && !Taken.Contains(Folder) && Folder.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? ValidationResult.Success()
            : ValidationResult.Error(
                $"--folder must be a plain name (letters, digits, - and _, at most 60; not {string.Join(", ", Taken)}), not '{Folder}'");
    }
}

/// <summary>The default command: the whole journey on this machine, from a signed call to a case to a notification.</summary>
internal static class RunCommand
{
    private static readonly TimeSpan HealthPause = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(Repository repository, RunSettings settings, Screen screen, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        PortOwner.DemandFree(settings.Port);
        Tool.DemandNode();
        var seeds = SeedFile.ReadAll(repository.Seeds);
        using var folder = await RunFolder.TakeAsync(repository, settings.Folder, screen.Say);
        Disk.DemandRoom(folder.Path, 100, "A run");
        var app = await PublishedApp.EnsureAsync(repository, "functions", "app", screen, ct);

        // Vonage signs a reply's token with the application's own key; this run's is as good as any.
        using var key = RSA.Create(2048);
        var extra = new Dictionary<string, string>(StringComparer.Ordinal) { ["Channels__Vonage__PrivateKey"] =
            key.ExportPkcs8PrivateKeyPem() };
        await using var stack = await Stack.StartAsync(repository, folder, extra, screen.Say, ct, settings.Port is 0 or 65535 ? 0
            : settings.Port + 1);
        repository.ShowOutside(folder.In("outside"));
        await using var events = SubscriberProcess.Start(stack.BusConnection, "case-events", "demo", folder.In("outside"));
        if (settings.Host is not null) await stack.StartCoreToolsAsync(app, settings.Port, ct);
        else await stack.StartHostAsync(app, settings.Port, ct);
        stack.Subscriber!.Links = (stack.Settings["Hooks__PublicBaseUrl"] + "/", stack.Front.ToString());
        screen.Say($"Ready after {watch.Elapsed.TotalSeconds:F1} s: the app is at {stack.Front}, its data in {folder.Path}");

        using var http =
            new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(60) };
        var api = new AppApi(http, stack.Front, stack.FunctionKey);
        var run = new SeedRun(new SeedReplay(http, stack.Front), api, SeedLedger.Open(folder.In("ledger.json")), stack.IsTellingAsync,
            new Colleague(api));
        var outcome = await run.RunAsync(seeds, screen.Console, ct);
        outcome = outcome with
        {
            Outside = stack.Outside!.Look(),
            Health = await api.HealthAsync(ct),
            Differences = [.. outcome.Differences,
                .. stack.Provider!.Strays.Select(s => $"the app requested something from a provider that no seed defines: {s}")],
        };

        if (settings.Json) await Console.Out.WriteLineAsync(Report.Json(outcome, watch.Elapsed).ToJsonString());
        else if (settings.Details) Report.Tables(screen, outcome);
        Report.OneScreen(screen, outcome);
        Report.Differences(screen, outcome);
        if (settings.Once) return outcome.Differences.Count == 0 ? 0 : Refusal.Failed;

        Report.Addresses(screen,
            new RunPlaces(stack.Front, stack.FunctionKey, stack.Subscriber.Address,
            stack.Settings.GetValueOrDefault("Channels__Generic__Secret", ""), folder.Path));
        await StayUpAsync(stack, api, outcome.Health, screen, ct);
        return 0;
    }

    private static async Task StayUpAsync(Stack stack, AppApi api, Health? health, Screen screen, CancellationToken ct)
    {
        screen.Say("Press Ctrl-C to stop.");
        try
        {
            for (var looked = Stopwatch.StartNew(); stack.Stopped is null;)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, ct);
                if (looked.Elapsed < HealthPause) continue;
                looked.Restart();
                if (await api.HealthAsync(ct) is not { } now || now.Status == health?.Status) continue;
                Report.Health(screen, health = now);
            }

            throw new Refusal($"The host has stopped: {stack.Stopped}");
        }
        catch (OperationCanceledException)
        {
            screen.Say("Stopping the app, then Azurite ...");
        }
    }
}
