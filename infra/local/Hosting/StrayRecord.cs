using System.Diagnostics;
using System.Text;

namespace Serverless.Local.Hosting;

/// <summary>Remembers the running handler on disk, so that the next start can end it when this host was killed.</summary>
internal sealed class StrayRecord(string dataFolder)
{
    private readonly string file = Path.Combine(dataFolder, "handler.pid");

    public void Write(int processId, string workerId)
    {
        Directory.CreateDirectory(dataFolder);
        File.WriteAllLines(file, [processId.ToString(), workerId]);
    }

    public void Clear() => File.Delete(file);

    /// <summary>Kills the recorded process if it is still ours; its id, or null when there was none.</summary>
    public int? EndStray()
    {
        if (!File.Exists(file) || File.ReadAllLines(file) is not [var first, var workerId, ..] || !int.TryParse(first, out var id)) return null;
        File.Delete(file);
        if (!IsOurs(id, workerId)) return null;
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill(entireProcessTree: false);
            process.WaitForExit();
            return id;
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    // A pid is used again by others: only a process with a command line whose environment carries our worker's id is killed.
    private static bool IsOurs(int id, string workerId)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{id}/cmdline").Length > 0
                && Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{id}/environ")).Contains("FUNCTIONS_CUSTOMHANDLER_WORKER_ID=" + workerId, StringComparison.Ordinal);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
