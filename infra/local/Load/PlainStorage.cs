using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues;

namespace Serverless.Local.Load;

/// <summary>Tables and queues of a run past the app, by the SDKs' clients with their own settings: to look at a queue, and to fill
/// one.</summary>
internal sealed class PlainStorage(string connectionString)
{
    private readonly TableServiceClient _tables = new(connectionString,
        new TableClientOptions(TableClientOptions.ServiceVersion.V2020_12_06));
    private readonly QueueServiceClient _queues = new(
        connectionString,
        new QueueClientOptions(QueueClientOptions.ServiceVersion.V2024_08_04) { MessageEncoding = QueueMessageEncoding.Base64 });

    /// <summary>Makes the table and the queue; nothing happens when they are there.</summary>
    public async Task CreateAsync(string table, string queue, CancellationToken ct)
    {
        await _tables.GetTableClient(table).CreateIfNotExistsAsync(ct);
        await _queues.GetQueueClient(queue).CreateIfNotExistsAsync(cancellationToken: ct);
    }

    /// <summary>Puts one message.</summary>
    public Task PutAsync(string queue, byte[] message, CancellationToken ct) =>
        _queues.GetQueueClient(queue).SendMessageAsync(BinaryData.FromBytes(message), cancellationToken: ct);

    /// <summary>Takes every message of a queue, and deletes it: the text of each.</summary>
    public async Task<IReadOnlyList<string>> TakeAllAsync(string queue, CancellationToken ct)
    {
        List<string> texts = [];
        for (var client = _queues.GetQueueClient(queue); ;)
        {
            var messages = (await client.ReceiveMessagesAsync(32, TimeSpan.FromMinutes(10), ct)).Value;
            if (messages.Length == 0) return texts;
            await Task.WhenAll(messages.Select(m => client.DeleteMessageAsync(m.MessageId, m.PopReceipt, ct)));
            texts.AddRange(messages.Select(m => m.Body.ToString()));
        }
    }

    /// <summary>Takes every message away in one call; nothing happens when there is no such queue.</summary>
    public async Task ClearAsync(string queue, CancellationToken ct)
    {
        try
        {
            await _queues.GetQueueClient(queue).ClearMessagesAsync(ct);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            // Nobody has put one yet.
        }
    }

    /// <summary>Messages in a queue, visible or not; 0 when there is no such queue.</summary>
    public async Task<int> CountAsync(string queue, CancellationToken ct)
    {
        try
        {
            return (await _queues.GetQueueClient(queue).GetPropertiesAsync(ct)).Value.ApproximateMessagesCount;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return 0;
        }
    }

    /// <summary>Whether a queue holds a message that could be taken now.</summary>
    public async Task<bool> IsBusyAsync(string queue, CancellationToken ct)
    {
        try
        {
            return (await _queues.GetQueueClient(queue).PeekMessagesAsync(1, ct)).Value.Length > 0;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return false;
        }
    }
}
