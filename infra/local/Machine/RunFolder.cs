using System.Text.Json;
using Serverless.Local.CommandLine;

namespace Serverless.Local.Machine;

/// <summary>
/// The data of one run, <c>.local/NAME</c>: held by one live run at a time, and naming the child processes that nobody else records
/// (Azurite and the
/// stand-in host keep their own record), so that the next run can end what a crash left behind.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    private readonly FileStream _lock;
    private readonly List<ProcessMark> _children = [];
    private readonly Lock _gate = new();

    private RunFolder(string path, FileStream @lock) => (Path, _lock) = (path, @lock);

    public string Path { get; }

    private string ChildrenFile => In("children.json");

    public string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Takes the folder, or refuses when a live run holds it; then ends the strays of a crashed one.</summary>
    /// <param name="say">Told of each stray.</param>
    public static async Task<RunFolder> TakeAsync(Repository repository, string name, Action<string> say)
    {
        var path = System.IO.Path.Combine(repository.Local, name);
        Directory.CreateDirectory(path);
        var folder = new RunFolder(path, Lock(path, name));
        try
        {
            await folder.EndStraysAsync(say);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Remembers a child process on disk. A name has one process at a time: a new one replaces it.</summary>
    public void Remember(string name, int processId)
    {
        lock (_gate)
        {
            if (_children.Any(c => c.Name == name && c.Id == processId)) return;
            _children.RemoveAll(c => c.Name == name);
            if (ProcessMark.Of(processId, name) is { } mark) _children.Add(mark);
            Write(ChildrenFile, JsonSerializer.SerializeToUtf8Bytes(_children));
        }
    }

    /// <summary>To be called once every child has ended in order.</summary>
    public void ForgetChildren()
    {
        lock (_gate)
        {
            _children.Clear();
            File.Delete(ChildrenFile);
        }
    }

    /// <summary>Deletes what earlier runs left in it.</summary>
    public void Empty()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path)) Directory.Delete(folder, recursive: true);
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>Whole or not at all, whenever the process dies.</summary>
    public static void Write(string file, ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(file + ".new", bytes);
        File.Move(file + ".new", file, overwrite: true);
    }

    private static FileStream Lock(string path, string name)
    {
        var file = System.IO.Path.Combine(path, "run.lock");
        try
        {
            // The lock ends with the process, however that ends; the id inside is only for the sentence.
            var stream = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            stream.SetLength(0);
            File.WriteAllText(System.IO.Path.Combine(path, "run.pid"), $"{Environment.ProcessId}\n");
            return stream;
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException) && Disk.IsFull(e) is false)
        {
            var pid = System.IO.Path.Combine(path, "run.pid");
            var holder = File.Exists(pid) ? $" (process {File.ReadAllText(pid).Trim()})" : "";
            throw new Refusal($"The folder .local/{name} is in use by another run{holder}: end that one, or name another with --folder.");
        }
    }

    private async Task EndStraysAsync(Action<string> say)
    {
        if (!File.Exists(ChildrenFile)) return;
        foreach (var stray in Strays().Where(s => s.IsAlive))
        {
            say($"Ending {stray.Name}, process {stray.Id}, left behind by a run that crashed.");
            await stray.EndAsync(TimeSpan.FromSeconds(5));
        }
        File.Delete(ChildrenFile);
    }

    private List<ProcessMark> Strays()
    {
        try
        {
            return JsonSerializer.Deserialize<List<ProcessMark>>(File.ReadAllBytes(ChildrenFile)) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
