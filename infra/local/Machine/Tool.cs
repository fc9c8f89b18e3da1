using System.ComponentModel;
using System.Diagnostics;
using Serverless.Local.CommandLine;

namespace Serverless.Local.Machine;

/// <summary>A program on the PATH that we run to its end.</summary>
internal static class Tool
{
    /// <summary>The file that a name on the PATH stands for; null when there is none.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Refuses when Node or its npm is missing.</summary>
    public static void DemandNode()
    {
        var missing = Find("node") is null ? "Node" : Find("npm") is null ? "npm" : null;
        if (missing is not null)
            throw new Refusal(
                $"{missing} is not on the PATH, and Azurite, the storage emulator, needs it: install Node 20 or newer from https://nodejs.org and start again.");
    }

    /// <summary>Runs it and gives its exit code and all it printed.</summary>
    /// <param name="printed">Gets each line of standard output as it is printed.</param>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        string file, IEnumerable<string> arguments, string folder, CancellationToken ct, Action<string>? printed = null)
    {
        var start = new ProcessStartInfo(file, arguments) { WorkingDirectory = folder, UseShellExecute = false,
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        // Inside `dotnet run` and `dotnet test` the outer build's variables would send the inner one astray.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);

        using var process = Start(start);
        process.StandardInput.Close();
        var texts = Task.WhenAll(ReadAsync(process.StandardOutput, printed, ct), ReadAsync(process.StandardError, null, ct));
        try
        {
            await process.WaitForExitAsync(ct);
            // A build server that stays up keeps our end of the pipe open: do not wait for it.
            await Task.WhenAny(texts, Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, ct));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        return (process.ExitCode, texts.IsCompletedSuccessfully ? string.Join('\n', await texts) : "");
    }

    private static async Task<string> ReadAsync(StreamReader reader, Action<string>? printed, CancellationToken ct)
    {
        var text = new System.Text.StringBuilder();
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            text.Append(line).Append('\n');
            printed?.Invoke(line);
        }

        return text.ToString();
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new Refusal(
                $"{start.FileName} is not on the PATH: install {(start.FileName == "dotnet" ? "the .NET 10 SDK from https://dot.net" : start.FileName)} and start again.");
        }
    }
}
