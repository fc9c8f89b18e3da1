using System.Collections.Concurrent;
using Azure;
using Azure.Storage.Queues;
using Serverless.Platform.Telemetry;

namespace Serverless.Platform.Storage;

/// <summary>
/// Puts messages into storage queues as the Functions queue extension reads them: base64. A queue that does not exist is created by the
/// first message.
/// Source: https://learn.microsoft.com/en-us/rest/api/storageservices/put-message
/// </summary>
public sealed partial class QueueStore
{
    /// <summary>The most one message holds, in bytes before base64 (64 KiB with it).</summary>
    public const int MaxBytes = 48 * 1024;

    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(7);
    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(-1);
    private readonly Lazy<QueueServiceClient> _service;
    private readonly Lazy<QueueServiceClient> _raw;
    private readonly ConcurrentDictionary<string, QueueClient> _queues = new(StringComparer.Ordinal);
    private readonly StorageFailures _failures;

    public QueueStore(StorageAccount account, CallCount count)
    {
        _service = new(() => account.QueueService(count.CountStorage, QueueMessageEncoding.Base64));
        _raw = new(() => account.QueueService(count.CountStorage, QueueMessageEncoding.None));
        _failures = new StorageFailures(account.Setting, "Storage Queue Data Message Sender");
    }

    /// <summary>
    /// Adds a message that never expires and is invisible for 0 to 7 days (whole seconds, rounded up). A retry whose first answer was lost
    /// puts it
    /// twice: the reader is idempotent.
    /// </summary>
    public async Task SendAsync(string queue, ReadOnlyMemory<byte> json, TimeSpan initialDelay, CancellationToken ct)
    {
        if (json.Length > MaxBytes) throw new ArgumentException($"A message has {json.Length} bytes; {MaxBytes} fit.", nameof(json));
        if (initialDelay < TimeSpan.Zero || initialDelay > LongestDelay)
            throw new ArgumentOutOfRangeException(nameof(initialDelay), initialDelay, "A message can be delayed by 0 to 7 days.");
        var client = Client(queue);
        var delay = TimeSpan.FromSeconds(Math.Ceiling(initialDelay.TotalSeconds));
        try
        {
            if (await TrySendAsync(client, json, delay, ct)) return;
            await _failures.AskAsync(client.CreateIfNotExistsAsync(cancellationToken: ct), ct);
            if (!await TrySendAsync(client, json, delay, ct)) throw _failures.Refused(404, "QueueNotFound");
        }
        catch (RequestFailedException e)
        {
            throw _failures.Refused(e);
        }
    }

    private async Task<bool> TrySendAsync(QueueClient client, ReadOnlyMemory<byte> json, TimeSpan delay, CancellationToken ct)
    {
        try
        {
            await _failures.AskAsync(client.SendMessageAsync(BinaryData.FromBytes(json), delay, Forever, ct), ct);
            return true;
        }
        catch (RequestFailedException e) when (e.ErrorCode is "QueueNotFound")
        {
            return false;
        }
    }

    private QueueClient Client(string queue)
    {
        if (_queues.TryGetValue(queue, out var client)) return client;
        return _queues.GetOrAdd(queue, _service.Value.GetQueueClient(Checked(queue)));
    }

    private static string Checked(string queue) =>
        queue.Length is < 3 or > 63 || !queue.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') || queue[0] == '-'
        || queue[^1] == '-'
            ? throw new ArgumentException($"'{queue}' is no queue name: 3 to 63 lower-case letters, digits and dashes.", nameof(queue))
            : queue;
}
