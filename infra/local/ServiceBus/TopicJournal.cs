using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Local.CommandLine;

namespace Serverless.Local.ServiceBus;

/// <summary>One change of the topic, one line of the journal.</summary>
internal sealed record TopicRecord
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

    public string? Description { get; init; }

    public string? MessageId { get; init; }

    public DateTimeOffset At { get; init; }

    public IReadOnlyList<string>? Subscriptions { get; init; }

    public TopicMessage? Message { get; init; }
}

[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(TopicRecord))]
internal sealed partial class TopicJson : JsonSerializerContext;

/// <summary>
/// The topic on disk: an append-only file of one JSON record a line, handed to the operating system record by record, so that a SIGKILL of this process
/// loses nothing that was answered. It is compacted when opened.
/// </summary>
internal sealed class TopicJournal : IDisposable
{
    private readonly FileStream _file;

    private TopicJournal(FileStream file) => _file = file;

    /// <summary>Reads the journal into <paramref name="state"/>, writes it anew in its shortest form and opens it for more.</summary>
    /// <exception cref="Refusal">Another host has it open, or a line inside it (not the last, which a crash may tear) is damaged.</exception>
    public static TopicJournal Open(string path, BrokerState state, DateTimeOffset now)
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
            return new TopicJournal(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0));
        }
        catch (IOException problem)
        {
            throw new Refusal($"The topic's journal {path} cannot be used ({problem.Message}): end the other run that has it, or choose another data folder.");
        }
    }

    public void Append(TopicRecord record) => _file.Write(Line(record));

    public void Dispose() => _file.Dispose();

    private static void Replay(string path, BrokerState state)
    {
        using var old = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        using var reader = new StreamReader(old);
        for (var line = reader.ReadLine(); line is not null;)
        {
            var next = reader.ReadLine();
            try
            {
                state.Apply(JsonSerializer.Deserialize(line, TopicJson.Default.TopicRecord)!);
            }
            catch (JsonException) when (next is not null)
            {
                throw new Refusal($"The topic's journal {path} is damaged: delete it to start with an empty topic.");
            }
            catch (JsonException)
            {
                // The last line, torn by a crash: it was never answered.
            }

            line = next;
        }
    }

    private static byte[] Line(TopicRecord record) => [.. JsonSerializer.SerializeToUtf8Bytes(record, TopicJson.Default.TopicRecord), (byte)'\n'];
}
