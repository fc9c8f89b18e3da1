using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues;

namespace Serverless.Local.Load;

/// <summary>The least that a table insert and a queue put need: the SDK's clients as anybody writes them, with their own settings. For the floor, and for looking at a queue.</summary>
internal sealed class PlainStorage(string connectionString)
{
    private readonly TableServiceClient _tables = new(connectionString, new TableClientOptions(TableClientOptions.ServiceVersion.V2020_12_06));
    private readonly QueueServiceClient _queues = new(connectionString, new QueueClientOptions(QueueClientOptions.ServiceVersion.V2024_08_04) { MessageEncoding = QueueMessageEncoding.Base64 });

    /// <summary>Makes the table and the queue; nothing happens when they are there.</summary>
    /// <returns>What inserts into the one and puts into the other.</returns>
    public async Task<(TableClient Table, QueueClient Queue)> CreateAsync(string table, string queue, CancellationToken ct)
    {
        var (rows, messages) = (_tables.GetTableClient(table), _queues.GetQueueClient(queue));
        await rows.CreateIfNotExistsAsync(ct);
        await messages.CreateIfNotExistsAsync(cancellationToken: ct);
        return (rows, messages);
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
}
