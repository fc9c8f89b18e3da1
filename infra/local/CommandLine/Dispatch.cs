using Serverless.Local.Azurite;
using Serverless.Local.Cost;
using Serverless.Local.Export;
using Serverless.Local.FunctionsHost;
using Serverless.Local.Load;
using Serverless.Local.Machine;
using Serverless.Local.Run;
using Serverless.Local.ServiceBus;
using Serverless.Local.StartTime;

namespace Serverless.Local.CommandLine;

/// <summary>From what was typed to the verb that does it; every foreseen trouble becomes one sentence and an exit code.</summary>
internal static class Dispatch
{
    public static async Task<int> RunAsync(string[] args)
    {
        // The host has options and signals of its own: it runs any isolated worker.
        if (args is ["host", .. var rest] && !rest.Contains("--help", StringComparer.Ordinal)) return await HostCommand.RunAsync(rest);

        using var interrupt = new Interrupt();
        try
        {
            var arguments = Arguments.Parse(args);
            if (!arguments.Help) return await RunAsync(arguments, interrupt.Token);
            await Console.Out.WriteAsync(Help.Text());
            return 0;
        }
        catch (Refusal refusal)
        {
            return Say(refusal.Message, refusal.ExitCode);
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            return Say("Interrupted.", Refusal.Failed);
        }
        catch (Exception e) when (e is AzuriteUnavailableException or HostStartException or HttpRequestException)
        {
            return Say(e.Message, Refusal.Failed);
        }
        catch (IOException e) when (Disk.IsFull(e))
        {
            return Say(Disk.FullAt(Directory.GetCurrentDirectory()).Message, Refusal.Failed);
        }
        catch (UnauthorizedAccessException e)
        {
            return Say($"{e.Message} Give this user the right to write there, or clone the project to a folder of its own.", Refusal.Failed);
        }
    }

    private static Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var repository = Repository.Find();
        var screen = arguments.Has("json") ? Screen.On(Console.Error, Console.IsErrorRedirected) : Screen.On(Console.Out, Console.IsOutputRedirected);
        return arguments.Verb.Name switch
        {
            "start-time" => StartTimeCommand.RunAsync(repository, arguments, screen, ct),
            "load" when arguments.Has("fan-out") => FanOutCommand.RunAsync(repository, arguments, screen, ct),
            "load" => LoadCommand.RunAsync(repository, arguments, screen, ct),
            "subscribe" => SubscribeCommand.RunAsync(arguments, ct),
            "cost" => Task.FromResult(CostCommand.Run(arguments, screen)),
            "export" => ExportCommand.ExportAsync(arguments, screen, TimeProvider.System, ct),
            "restore" => ExportCommand.RestoreAsync(arguments, screen, TimeProvider.System, ct),
            _ => RunCommand.RunAsync(repository, arguments, screen, ct),
        };
    }

    private static int Say(string sentence, int exitCode)
    {
        Console.Error.WriteLine(sentence);
        return exitCode;
    }
}
