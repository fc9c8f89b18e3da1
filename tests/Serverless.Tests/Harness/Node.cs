using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Serverless.Local.Azurite;

namespace Serverless.Tests.Harness;

/// <summary>Runs a script of this project in Node: JSON in by standard input, JSON out by standard output. That is how the providers' own
/// npm libraries judge us.</summary>
/// <remarks>The packages come with Azurite, from one lock file by one installer.</remarks>
public static class Node
{
    private static readonly Lazy<Task<string>> Packages = new(() =>
        AzuriteInstall.EnsureAsync(Seed.RepositoryRoot, Console.WriteLine, CancellationToken.None));

    /// <param name="script">An .mjs file, by its path from the repository root.</param>
    /// <param name="input">What the script reads.</param>
    /// <exception cref="InvalidOperationException">Node or npm is missing, or the script failed; the message holds what it
    /// said.</exception>
    public static async Task<JsonElement> RunAsync(string script, object input)
    {
        await Packages.Value;
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var process = Start("node", [Path.Combine(Seed.RepositoryRoot, script)]);
        var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
        var errors = process.StandardError.ReadToEndAsync(timeout.Token);
        await using (process.StandardInput) await JsonSerializer.SerializeAsync(process.StandardInput.BaseStream, input,
            JsonSerializerOptions.Web, timeout.Token);
        await process.WaitForExitAsync(timeout.Token);
        if (process.ExitCode != 0) throw new InvalidOperationException($"{script} ended with {process.ExitCode}: {await errors}");
        using var document = JsonDocument.Parse(await output);
        return document.RootElement.Clone();
    }

    private static Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Seed.RepositoryRoot,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException(
                $"{program} is not there: install Node 20 or newer, the providers' own libraries run on it.", e);
        }
    }
}
