using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Local.FunctionsHost;

namespace Serverless.Local.Hosting;

/// <summary>One change of the bus, one line of the journal.</summary>
internal sealed record BusRecord
{
    public const string Last = "last";
    public const string Seen = "seen";
    public const string Sent = "sent";
    public const string Enqueued = "enqueued";
    public const string Delivered = "delivered";
    public const string Completed = "completed";
    public const string Dead = "dead";
    public const string Resubmitted = "resubmitted";

    public string Kind { get; init; } = "";

    public string? Topic { get; init; }

    public string? Subscription { get; init; }

    public long Number { get; init; }

    public int Count { get; init; }

    public string? Reason { get; init; }

    public string? MessageId { get; init; }

    public DateTimeOffset At { get; init; }

    public IReadOnlyList<string>? Subscriptions { get; init; }

    public TopicMessage? Message { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(BusRecord))]
internal sealed partial class BusJson : JsonSerializerContext;

/// <summary>
/// The bus on disk: an append-only file of one JSON record a line, handed to the operating system record by record, so that a SIGKILL of this process
/// loses nothing that was answered. It is compacted when opened.
/// </summary>
internal sealed class BusJournal : IDisposable
{
    private readonly FileStream file;

    private BusJournal(FileStream file)
    {
        this.file = file;
    }

    /// <summary>Reads the journal into <paramref name="state"/>, writes it anew in its shortest form and opens it for more.</summary>
    /// <exception cref="HostStartException">Another host has it open, or a line inside it (not the last, which a crash may tear) is damaged.</exception>
    public static BusJournal Open(string path, BusState state, DateTimeOffset now)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        try
        {
            Replay(path, state);
            using (var compacted = new FileStream(path + ".new", FileMode.Create, FileAccess.Write, FileShare.None))
            {
                foreach (var record in state.Snapshot(now)) compacted.Write(Line(record));
                compacted.Flush(flushToDisk: true);
            }

            File.Move(path + ".new", path, overwrite: true);

            // No buffer of ours: every record is one write to the operating system.
            return new BusJournal(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0));
        }
        catch (IOException problem)
        {
            throw new HostStartException($"The bus journal {path} cannot be used ({problem.Message}): end the other host that has it, or choose another data folder.", problem);
        }
    }

    public void Append(BusRecord record) => file.Write(Line(record));

    public void Dispose() => file.Dispose();

    private static void Replay(string path, BusState state)
    {
        using var old = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        using var reader = new StreamReader(old);
        for (var line = reader.ReadLine(); line is not null;)
        {
            var next = reader.ReadLine();
            try
            {
                state.Apply(JsonSerializer.Deserialize(line, BusJson.Default.BusRecord)!);
            }
            catch (JsonException problem) when (next is not null)
            {
                throw new HostStartException($"The bus journal {path} is damaged: delete it to start with an empty bus.", problem);
            }
            catch (JsonException)
            {
                // The last line, torn by a crash: it was never answered.
            }

            line = next;
        }
    }

    private static byte[] Line(BusRecord record) => [.. JsonSerializer.SerializeToUtf8Bytes(record, BusJson.Default.BusRecord), (byte)'\n'];
}
