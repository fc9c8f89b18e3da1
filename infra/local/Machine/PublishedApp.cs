using System.Security.Cryptography;
using System.Text;
using Serverless.Local.CommandLine;

namespace Serverless.Local.Machine;

/// <summary>The app as it is deployed: published once into <c>.local/app</c>, and again only when its sources changed.</summary>
internal static class PublishedApp
{
    /// <summary>Publishes a project if need be and gives the folder; one process at a time, the others wait for it.</summary>
    /// <param name="project">Folder of the project below the root, e.g. <c>functions</c>.</param>
    /// <param name="name">Folder below <c>.local/</c>, e.g. <c>app</c>.</param>
    /// <param name="screen">Shows what there is to wait for.</param>
    public static async Task<string> EnsureAsync(Repository repository, string project, string name, Screen screen, CancellationToken ct)
    {
        var folder = Path.Combine(repository.Local, name);
        var stamp = folder + ".stamp";
        Directory.CreateDirectory(repository.Local);
        using var turn = await TurnAsync(Path.Combine(repository.Local, "publish.lock"), screen.Say, ct);

        var sources = Fingerprint(repository.Root, project);
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp, ct) == sources && Directory.Exists(folder)) return folder;

        Disk.DemandRoom(repository.Local, 400, $"Publishing {project}");
        screen.Say($"Publishing {project} into .local/{name}: a minute or two, longer the first time (downloads) ...");
        var fresh = folder + ".new";
        if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        // Its own artifacts path: two builds that share obj/ break each other.
        string[] arguments =
            ["publish", Path.Combine(repository.Root, project), "-c", "Release", "-o", fresh, "--artifacts-path",
            Path.Combine(repository.Local, "build"), "--nologo", "-v", "minimal",
            "-p:RunAnalyzers=false"]; // the build analyses the same sources
        var (exitCode, output) = await screen.WhileAsync(
            $"Publishing {project}", step => Tool.RunAsync("dotnet", arguments, repository.Root, ct, line => step(Step(line))));
        if (exitCode != 0) throw Failed(repository, project, output);

        // A new folder, not new content in the old one: a live run goes on with the files it has open.
        File.Delete(stamp);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.Move(fresh, folder);
        await File.WriteAllTextAsync(stamp, sources, ct);
        return folder;
    }

    // E.g. "  Serverless -> /clone/.local/build/bin/Serverless.dll", without the path.
    private static string Step(string line) => line.Trim() is var text && text.Contains(" -> ", StringComparison.Ordinal)
        ? $"({text[..text.IndexOf(" -> ", StringComparison.Ordinal)]} compiled)"
        : text.Length > 60 ? "" : $"({text})";

    private static Refusal Failed(Repository repository, string project, string output)
    {
        if (output.Contains("No space left on device", StringComparison.Ordinal))
            return Disk.Full(output, Disk.WrittenBy(repository.Local));
        if (output.Contains("compatible .NET SDK was not found", StringComparison.Ordinal)
            || output.Contains("No .NET SDKs were found", StringComparison.Ordinal))
        {
            return new Refusal(
                "The .NET SDK that global.json asks for is missing: install the .NET 10 SDK from https://dot.net and start again.");
        }
        var error = output.Split('\n').FirstOrDefault(l => l.Contains("error", StringComparison.OrdinalIgnoreCase))?.Trim()
            ?? "no error was printed";
        return new Refusal($"`dotnet publish {project} -c Release` failed ({error}): fix the error and start again.");
    }

    /// <summary>A hash over everything the build reads: content, not times, which a checkout changes.</summary>
    private static string Fingerprint(string root, string project)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var shared = Directory.EnumerateFiles(root, "Directory.*").Append(Path.Combine(root, "host.json"))
            .Append(Path.Combine(root, "global.json"));
        var own = Directory.EnumerateFiles(Path.Combine(root, project), "*", SearchOption.AllDirectories)
            .Where(f => !IsBuildOutput(Path.GetRelativePath(root, f)));
        foreach (var file in shared.Concat(own).Where(File.Exists).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(root, file) + "\0"));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static bool IsBuildOutput(string path) => path.Split('/') is var parts && (parts.Contains("bin") || parts.Contains("obj"));

    private static async Task<FileStream> TurnAsync(string file, Action<string> say, CancellationToken ct)
    {
        for (var told = false; ;)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException) && !Disk.IsFull(e))
            {
                if (!told) say("Waiting for another run that is publishing ...");
                told = true;
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, ct);
            }
        }
    }
}
