using System.Security.Cryptography;
using System.Text;
using Serverless.Platform.Features;
using Serverless.Platform.Storage;

namespace Serverless.Platform.Messaging;

/// <summary>Stores poison messages for operators; a message holds ids and facts, nothing personal.</summary>
public sealed partial class PoisonMessages(TableStore tables, QueueStore queues, IEnumerable<EventDestination> destinations,
    TimeProvider time, ILogger<PoisonMessages> log)
{
    public const string Table = "poison";

    private static readonly string[] Worked = [QueueNames.Inbound, QueueNames.Attachments, QueueNames.Replies];

    // A property takes 32,768 characters; a notice with the largest event is a third of it.
    private const int LongestText = 30_000;
    private const int MostCounted = 1_000;
    private const int MostDrained = 1_000;
    private static readonly TimeSpan Hidden = TimeSpan.FromMinutes(5);
    private readonly string[] _notices = [.. destinations.Select(d => d.Queue + QueueNames.PoisonSuffix).Order(StringComparer.Ordinal)];

    /// <summary>
    /// Every queue with poison messages: those whose poison queue has a function, and the poison queues of routes, which Tick drains.
    /// </summary>
    public IReadOnlyList<string> Queues =>
        [.. Worked.SelectMany(q => new[] { q, q + QueueNames.PoisonSuffix }), .. _notices];

    /// <summary>Stores a message; the same text again is the same row.</summary>
    /// <param name="queue">Its queue: the partition.</param>
    /// <param name="message">The text, at most 30,000 characters of it: a longer one can only be discarded.</param>
    /// <param name="why">For people.</param>
    /// <param name="ct">Cancels.</param>
    public async Task KeepAsync(string queue, string message, string why, CancellationToken ct)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(message)).AsSpan(0, 16));
        LogKept(queue, id, why);
        var cut = message.Length > LongestText;
        await tables.UpsertAsync(Table,
            new TableRow(queue, id) { ["Message"] = cut
                ? message[..LongestText] : message, ["Cut"] = cut, ["Why"] = why, ["KeptAt"] = time.GetUtcNow() }, ct);
    }

    /// <summary>Empties the poison queues of routes, which no function works, at most a thousand messages of each. Kept before it is
    /// deleted: a crash in between keeps the same row again.</summary>
    public async Task DrainAsync(CancellationToken ct)
    {
        foreach (var queue in _notices)
        {
            for (var drained = 0; drained < MostDrained;)
            {
                var taken = await queues.TakeAsync(queue, Hidden, ct);
                if (taken.Count == 0) break;
                drained += taken.Count;
                foreach (var message in taken)
                {
                    await KeepAsync(queue, message.Text, "failed too often", ct);
                    await queues.DeleteAsync(queue, message, ct);
                }
            }
        }
    }

    /// <summary>Number of poison messages by queue, each counted up to a thousand; queues without any are left out.</summary>
    public async Task<IReadOnlyDictionary<string, RowCount>> CountAsync(CancellationToken ct)
    {
        var counts = await Task.WhenAll(Queues.Select(async queue =>
            (Queue: queue, Count: await tables.CountAsync(Table, TableQuery.Partition(queue), MostCounted, ct))));
        return counts.Where(c => c.Count.Rows > 0).ToDictionary(c => c.Queue, c => c.Count, StringComparer.Ordinal);
    }

    [LoggerMessage(60, LogLevel.Error, "poison message {Queue}/{Id}: {Why}")]
    private partial void LogKept(string queue, string id, string why);
}
