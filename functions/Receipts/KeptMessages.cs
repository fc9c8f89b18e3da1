using System.Security.Cryptography;
using System.Text;
using Serverless.Attachments;
using Serverless.Replies;
using Serverless.Platform.Storage;

namespace Serverless.Receipts;

/// <summary>Keeps queue messages that could not be worked, visible to people; a message holds ids, nothing personal.</summary>
public sealed partial class KeptMessages(TableStore tables, TimeProvider time, ILogger<KeptMessages> log)
{
    public const string Table = "kept";
    private const int LongestText = 8_000;
    private const int MostCounted = 1_000;

    /// <summary>Every queue whose messages may be kept, and its poison queue.</summary>
    public static readonly IReadOnlyList<string> Queues =
        [Pointer.Queue, $"{Pointer.Queue}-poison", FilePointer.Queue, $"{FilePointer.Queue}-poison", ReplyPointer.Queue, $"{ReplyPointer.Queue}-poison"];

    /// <summary>Keeps a message; the same text again is the same row.</summary>
    /// <param name="queue">Where it came from: the partition.</param>
    /// <param name="message">The text, at most 8,000 characters of it.</param>
    /// <param name="why">For people.</param>
    /// <param name="ct">Cancels.</param>
    public async Task KeepAsync(string queue, string message, string why, CancellationToken ct)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(message)).AsSpan(0, 16));
        LogKept(queue, id, why);
        await tables.UpsertAsync(Table, new TableRow(queue, id) { ["Message"] = message.Length > LongestText ? message[..LongestText] : message, ["Cut"] = message.Length > LongestText, ["Why"] = why, ["KeptAt"] = time.GetUtcNow() }, ct);
    }

    /// <summary>Takes a message that failed too often: one that names a delivery is only told, since the delivery's row knows more and comes again.</summary>
    public Task PoisonAsync(string queue, string message, CancellationToken ct)
    {
        if (Pointer.Parse(message) is not { } pointer) return KeepAsync(queue, message, "failed too often", ct);
        LogPoison(pointer.Channel, pointer.Id);
        return Task.CompletedTask;
    }

    /// <summary>How many messages are kept, by queue, each counted up to a thousand; queues of which none is kept are left out.</summary>
    public async Task<IReadOnlyDictionary<string, RowCount>> CountAsync(CancellationToken ct)
    {
        var counts = await Task.WhenAll(Queues.Select(async queue => (Queue: queue, Count: await tables.CountAsync(Table, TableQuery.Partition(queue), MostCounted, ct))));
        return counts.Where(c => c.Count.Rows > 0).ToDictionary(c => c.Queue, c => c.Count, StringComparer.Ordinal);
    }

    [LoggerMessage(61, LogLevel.Error, "poison {Channel}/{Id}: failed too often, Tick queues it again")]
    private partial void LogPoison(string channel, string id);

    [LoggerMessage(60, LogLevel.Error, "kept message {Queue}/{Id}: {Why}")]
    private partial void LogKept(string queue, string id, string why);
}
