using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;

namespace Serverless.Local.Azurite;

/// <summary>Brings what package.json names (Azurite, pinned by the lock file) into node_modules, once per version of the lock
/// file.</summary>
public static class AzuriteInstall
{
    private const string Stamp = ".serverless-lock-hash";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>The folder of Serverless.sln at or above a folder (by default that of this assembly).</summary>
    public static string RepositoryRoot(string? from = null)
    {
        for (var folder = new DirectoryInfo(from ?? AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Serverless.sln"))) return folder.FullName;
        }

        throw new AzuriteUnavailableException("Serverless.sln was not found above this folder: run from inside a clone of the repository.");
    }

    /// <summary>Installs if needed and returns Azurite's entry script. Several processes may call it at once; one installs, the others
    /// wait.</summary>
    /// <param name="root">Folder with package.json and package-lock.json.</param>
    /// <param name="progress">Told a line when something is downloaded or waited for.</param>
    /// <param name="ct">Gives up waiting and ends npm.</param>
    public static async Task<string> EnsureAsync(string root, Action<string> progress, CancellationToken ct)
    {
        var hash = Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(root, "package-lock.json"), ct)));
        if (!IsInstalled(root, hash))
        {
            await using var held = await LockAsync(root, progress, ct);
            if (!IsInstalled(root, hash))
            {
                progress("Downloading Azurite and the providers' own libraries from the npm registry, pinned by package-lock.json (once, about 200 MB on disk)...");
                await RunNpmAsync(root, ct);
                await File.WriteAllTextAsync(StampPath(root), hash, ct);
                progress("Downloaded.");
            }
        }

        return EntryScript(root);
    }

    private static string EntryScript(string root) => Path.Combine(root, "node_modules", "azurite", "dist", "src", "azurite.js");

    private static string StampPath(string root) => Path.Combine(root, "node_modules", Stamp);

    private static bool IsInstalled(string root, string hash) =>
        File.Exists(StampPath(root)) && File.ReadAllText(StampPath(root)).Trim() == hash && File.Exists(EntryScript(root));

    private static async Task<FileStream> LockAsync(string root, Action<string> progress, CancellationToken ct)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(root, ".local")).FullName, "npm.lock");
        var told = false;
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                if (!told) progress("Another process is downloading; waiting for it...");
                told = true;
                await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System, ct);
            }
        }
    }

    private static async Task RunNpmAsync(string root, CancellationToken ct)
    {
        var start = new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund"]) { WorkingDirectory = root, UseShellExecute = false,
            RedirectStandardOutput = true, RedirectStandardError = true };
        using var npm = Start(start);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        try
        {
            var errors = npm.StandardError.ReadToEndAsync(limit.Token);
            await npm.StandardOutput.ReadToEndAsync(limit.Token);
            await npm.WaitForExitAsync(limit.Token);
            if (npm.ExitCode != 0) throw Failure(root, await errors);
        }
        catch (OperationCanceledException e)
        {
            npm.Kill(entireProcessTree: true);
            ct.ThrowIfCancellationRequested();
            throw new AzuriteUnavailableException(
                $"npm did not finish within {Patience.TotalMinutes:0} minutes: check the network and start again.", e);
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new AzuriteUnavailableException("npm was not found: install Node.js 20 or newer (https://nodejs.org) and start again.",
                e);
        }
    }

    private static AzuriteUnavailableException Failure(string root, string errors)
    {
        string[] network = ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ERR_SOCKET_TIMEOUT"];
        if (errors.Contains("ENOSPC", StringComparison.Ordinal))
            return new AzuriteUnavailableException(Machine.Disk.Full(errors, Machine.Disk.WrittenBy(root)).Message);
        if (Array.Exists(network, code => errors.Contains(code, StringComparison.Ordinal)))
            return new AzuriteUnavailableException(
                "The npm registry cannot be reached: connect to the network (or set npm's proxy or registry) and start again.");
        if (errors.Contains("node: not found", StringComparison.Ordinal) || errors.Contains("‘node’", StringComparison.Ordinal))
            return new AzuriteUnavailableException("node was not found: install Node.js 20 or newer (https://nodejs.org) and start again.");
        var last = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault(line => line.StartsWith("npm error", StringComparison.Ordinal));
        return new AzuriteUnavailableException(
            $"'npm ci' failed ({last?.Trim() ?? "no reason given"}): run it in the repository's folder to see why.");
    }
}
