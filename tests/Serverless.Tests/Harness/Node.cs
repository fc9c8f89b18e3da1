using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Serverless.Tests.Harness;

/// <summary>Runs a script of this project in Node: JSON in by standard input, JSON out by standard output. That is how the providers' own npm libraries judge us.</summary>
/// <remarks>Installs the pinned packages (<c>npm ci</c>) when they are missing, once, whatever number of test processes want them.</remarks>
public static class Node
{
    private static readonly Lazy<bool> Packages = new(Install);

    /// <param name="script">An .mjs file, by its path from the repository root.</param>
    /// <param name="input">What the script reads.</param>
    /// <exception cref="InvalidOperationException">Node or npm is missing, or the script failed; the message holds what it said.</exception>
    public static async Task<JsonElement> RunAsync(string script, object input)
    {
        _ = Packages.Value;
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var process = Start("node", [Path.Combine(Seed.RepositoryRoot, script)]);
        var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
        var errors = process.StandardError.ReadToEndAsync(timeout.Token);
        await using (process.StandardInput) await JsonSerializer.SerializeAsync(process.StandardInput.BaseStream, input, JsonSerializerOptions.Web, timeout.Token);
        await process.WaitForExitAsync(timeout.Token);
        if (process.ExitCode != 0) throw new InvalidOperationException($"{script} ended with {process.ExitCode}: {await errors}");
        using var document = JsonDocument.Parse(await output);
        return document.RootElement.Clone();
    }

    private static bool Install()
    {
        // npm writes this file when it is done; a named mutex holds between processes, and one folder does not wait for another.
        var done = Path.Combine(Seed.RepositoryRoot, "node_modules", ".package-lock.json");
        var folder = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Seed.RepositoryRoot)).AsSpan(0, 8));
        using var mutex = new Mutex(initiallyOwned: false, $"Global\\serverless-npm-{folder}");
        try
        {
            mutex.WaitOne(TimeSpan.FromMinutes(10));
        }
        catch (AbandonedMutexException)
        {
            // Whoever held it died; it is ours now, and a half-made folder has no such file.
        }

        try
        {
            if (File.Exists(done)) return true;
            using var npm = Start("npm", ["ci", "--no-audit", "--no-fund"]);
            npm.StandardInput.Close();
            var output = npm.StandardOutput.ReadToEndAsync();
            var errors = npm.StandardError.ReadToEnd();
            npm.WaitForExit();
            return npm.ExitCode == 0 ? true : throw new InvalidOperationException($"npm ci ended with {npm.ExitCode}: {errors}{output.Result}");
        }
        finally
        {
            mutex.ReleaseMutex();
        }
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
            throw new InvalidOperationException($"{program} is not there: install Node 20 or newer, the providers' own libraries run on it.", e);
        }
    }
}
