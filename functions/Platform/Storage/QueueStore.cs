using System.Buffers;
using System.Buffers.Text;
using Azure.Core;
using Serverless.Cloud;
using Serverless.Telemetry;

namespace Serverless.Platform.Storage;

/// <summary>
/// Puts messages into storage queues as the Functions queue extension reads them: base64 in XML. A queue that does not exist is created by the first message.
/// Source: https://learn.microsoft.com/en-us/rest/api/storageservices/put-message
/// </summary>
public sealed partial class QueueStore
{
    /// <summary>The most one message holds, in bytes before base64 (64 KiB with it).</summary>
    public const int MaxBytes = 48 * 1024;

    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(7);
    private readonly StorageCalls _calls;

    public QueueStore(StorageAccount account, CallCount count)
    {
        var pipeline = CloudPipeline.Build(account.Transport, account.Authentication(forTables: false), count.CountStorage);
        _calls = new StorageCalls(pipeline, account.Queues, "2021-12-02", account.Setting, "Storage Queue Data Message Sender");
    }

    /// <summary>
    /// Adds a message that never expires and is invisible for 0 to 7 days (whole seconds, rounded up). A retry whose first answer was lost puts it
    /// twice: the reader is idempotent.
    /// </summary>
    public async Task SendAsync(string queue, ReadOnlyMemory<byte> json, TimeSpan initialDelay, CancellationToken ct)
    {
        if (json.Length > MaxBytes) throw new ArgumentException($"A message has {json.Length} bytes; {MaxBytes} fit.", nameof(json));
        if (initialDelay < TimeSpan.Zero || initialDelay > LongestDelay)
            throw new ArgumentOutOfRangeException(nameof(initialDelay), initialDelay, "A message can be delayed by 0 to 7 days.");
        CheckQueue(queue);
        if (await TrySendAsync(queue, json, initialDelay, ct)) return;
        await CreateAsync(queue, ct);
        if (!await TrySendAsync(queue, json, initialDelay, ct)) throw _calls.Refused(404, "QueueNotFound");
    }

    private async ValueTask<bool> TrySendAsync(string queue, ReadOnlyMemory<byte> json, TimeSpan initialDelay, CancellationToken ct)
    {
        using var message = _calls.Create(RequestMethod.Post, $"{queue}/messages?messagettl=-1&visibilitytimeout={(long)Math.Ceiling(initialDelay.TotalSeconds)}");
        var body = Wrap(json.Span);
        message.Request.Headers.Add("Content-Type", "application/xml");
        message.Request.Content = RequestContent.Create(body.Written);
        var response = await _calls.SendAsync(message, ct);
        if (response.Status == 201)
        {
            body.Return();
            return true;
        }

        var code = StorageCalls.Code(response);
        return code is "QueueNotFound" ? false : throw _calls.Refused(response.Status, code);
    }

    private static PooledBuffer Wrap(ReadOnlySpan<byte> json)
    {
        var body = new PooledBuffer();
        body.Write("<QueueMessage><MessageText>"u8);
        Base64.EncodeToUtf8(json, body.GetSpan(Base64.GetMaxEncodedToUtf8Length(json.Length)), out _, out var written);
        body.Advance(written);
        body.Write("</MessageText></QueueMessage>"u8);
        return body;
    }

    private async Task CreateAsync(string queue, CancellationToken ct)
    {
        using var message = _calls.Create(RequestMethod.Put, queue);
        message.Request.Content = RequestContent.Create(ReadOnlyMemory<byte>.Empty);
        var response = await _calls.SendAsync(message, ct);
        if (response.Status is 201 or 204) return;
        var code = StorageCalls.Code(response);
        if (code is not "QueueAlreadyExists") throw _calls.Refused(response.Status, code);
    }

    private static void CheckQueue(string queue)
    {
        if (queue.Length is < 3 or > 63 || !queue.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') || queue[0] == '-' || queue[^1] == '-')
            throw new ArgumentException($"'{queue}' is no queue name: 3 to 63 lower-case letters, digits and dashes.", nameof(queue));
    }
}
