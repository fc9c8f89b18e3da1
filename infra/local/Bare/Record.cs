using System.Text.Json;

namespace Serverless.Local.Bare;

/// <summary>What happened in this worker, a line of JSON each in <c>BARE_FOLDER/record.jsonl</c>: a test reads it after the process is
/// gone, too.</summary>
internal static class Record
{
    private static readonly string? File = Environment.GetEnvironmentVariable("BARE_FOLDER") is { } folder
        ? Path.Combine(folder, "record.jsonl") : null;
    private static readonly Lock Gate = new();

    /// <summary>Writes one line before it returns.</summary>
    public static void Write(object fact)
    {
        if (File is null) return;
        lock (Gate) System.IO.File.AppendAllText(File, JsonSerializer.Serialize(fact) + "\n");
    }
}
