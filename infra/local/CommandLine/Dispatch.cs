using Serverless.Local.Azurite;
using Serverless.Local.Cost;
using Serverless.Local.Export;
using Serverless.Local.FunctionsHost;
using Serverless.Local.Load;
using Serverless.Local.Machine;
using Serverless.Local.Run;
using Serverless.Local.ServiceBus;
using Serverless.Local.StartTime;
using Spectre.Console.Cli;

namespace Serverless.Local.CommandLine;

/// <summary>
/// The table of commands. Every expected failure becomes one sentence on stderr and an exit code (<see cref="Refusal"/>).
/// </summary>
internal static class Dispatch
{
    private static readonly string[] AboutAll = ["--help", "-h", "-?", "--version"];

    /// <summary>Runs the command that the arguments name; <c>run</c> when they name none.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        using var interrupt = new Interrupt();
        try
        {
            return await App().RunAsync(Named(args), interrupt.Token);
        }
        catch (CommandAppException wrong)
        {
            var sentence = wrong.Message.Contains(MissingValues.Name, StringComparison.Ordinal) ? MissingValues.Sentence
                : wrong.Message.TrimEnd('.');
            return Say($"{sentence}. See --help.", Refusal.BadArguments);
        }
        catch (Refusal refusal)
        {
            return Say(refusal.Message, refusal.ExitCode);
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            return Say("Interrupted.", Refusal.Interrupted);
        }
        catch (Exception e) when (e is AzuriteUnavailableException or HostStartException or HttpRequestException)
        {
            return Say(e.Message, Refusal.Failed);
        }
        catch (IOException e) when (Disk.IsFull(e))
        {
            return Say(Disk.Full(e.Message, Disk.WrittenBy(Directory.GetCurrentDirectory())).Message, Refusal.Failed);
        }
        catch (UnauthorizedAccessException e)
        {
            return Say($"{e.Message} Give this user the right to write there, or clone the project to a folder of its own.", Refusal.Failed);
        }
    }

    /// <summary>The command line as it is parsed: without a command's name, <c>run</c> comes first.</summary>
    public static IReadOnlyList<string> Named(IReadOnlyList<string> args) => args switch
    {
        [var first, ..] when AboutAll.Contains(first, StringComparer.Ordinal) => args,
        [] or [['-', ..], ..] => ["run", .. args],
        _ => args,
    };

    /// <summary>All commands with their options; failures are thrown.</summary>
    /// <param name="output">Where help and version are written; standard output when null.</param>
    public static CommandApp App(Screen? output = null)
    {
        var app = new CommandApp();
        app.Configure(config =>
        {
            config.SetApplicationName("dotnet run --project infra/local --");
            config.UseAssemblyInformationalVersion();
            config.UseStrictParsing();
            config.SetInterceptor(new MissingValues());
            config.PropagateExceptions();
            config.CancellationExitCode(Refusal.Interrupted);
            config.ConfigureConsole((output ?? Screen.On(Console.Out, Console.IsOutputRedirected)).Console);
            config.SetHelpProvider(new HelpPages(config.Settings));
            AddCommands(config);
        });
        return app;
    }

    private static void AddCommands(IConfigurator config)
    {
        Add<RunSettings>(config, "run", "Run the app beside Azurite and the stand-in host, replay seeds/, stay up until Ctrl-C (default)",
            RunCommand.RunAsync)
            .WithExample("--once", "--json").WithExample("--port", "0", "--folder", "second");
        Add<LoadSettings>(config, "load", "Measure accepting, or notifying with --fan-out, beside a floor that makes the same calls",
            LoadCommand.RunAsync)
            .WithExample("load", "--seconds", "20", "--connections", "32").WithExample("load", "--fan-out", "--subscribers", "1,10,100");
        Add<ProcessSettings>(config, "process",
            "Measure contacts a second to their end, with few waiting, beside a floor that makes the same calls", ProcessCommand.RunAsync);
        Add<SoakSettings>(config, "soak",
            "Run all channels, failing subscribers, kills and slow bodies for a while; count what was lost or doubled",
            SoakCommand.RunAsync)
            .WithExample("soak", "--minutes", "30");
        Add<StartTimeSettings>(config, "start-time", "Measure start to first answer of the published app beside an empty one",
            StartTimeCommand.RunAsync);
        Add<CostSettings>(config, "cost", "What a month costs on Azure, from calls that the tests count and prices that you can replace",
            CostCommand.RunAsync);
        Add<ExportSettings>(config, "export", "Copy every table of a storage account into blobs, one gzip file of JSON lines each",
            ExportCommand.ExportAsync);
        Add<RestoreSettings>(config, "restore", "Put an export back, row by row; refuses tables that hold rows unless --over",
            ExportCommand.RestoreAsync);
        config.AddAsyncDelegate<SubscribeSettings>("subscribe", (_, settings, ct) => SubscribeCommand.RunAsync(settings, ct))
            .WithDescription("Receive the events of a subscription as another system would, one JSON line each, until stdin closes");
        config.AddAsyncDelegate<HostSettings>("host", (_, settings, ct) => HostCommand.RunAsync(settings, ct))
            .WithDescription("The stand-in host alone, for any isolated worker, until standard input closes");
    }

    private static ICommandConfigurator Add<T>(IConfigurator config, string name, string about, Func<Repository, T, Screen,
        CancellationToken, Task<int>> run)
        where T : ReportSettings =>
        config.AddAsyncDelegate<T>(name, (_, settings, ct) => run(Repository.Find(), settings, settings.Screen(), ct))
            .WithDescription(about);

    private static int Say(string sentence, int exitCode)
    {
        Console.Error.WriteLine(sentence);
        return exitCode;
    }
}
