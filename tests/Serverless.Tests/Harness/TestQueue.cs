using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace Serverless.Tests.Harness;

/// <summary>A message that a test has taken, its text as it travels: base64.</summary>
internal sealed record TakenTestMessage(string Id, string PopReceipt, string Text);

/// <summary>A storage queue in a test's hands, straight to Azurite: the calls that the host's trigger makes.</summary>
/// <param name="connectionString">Of the account.</param>
/// <param name="name">Of the queue.</param>
internal sealed class TestQueue(string connectionString, string name)
{
    private readonly QueueClient _queue = new(connectionString, name,
        new QueueClientOptions(QueueClientOptions.ServiceVersion.V2024_08_04));

    /// <summary>Takes up to so many messages and hides them; null when the queue is missing.</summary>
    public async Task<IReadOnlyList<TakenTestMessage>?> TakeAsync(int count, TimeSpan hidden, CancellationToken ct)
    {
        try
        {
            QueueMessage[] messages = await _queue.ReceiveMessagesAsync(count, hidden, ct);
            return [.. messages.Select(m => new TakenTestMessage(m.MessageId, m.PopReceipt, m.Body.ToString()))];
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
    }

    public Task PutAsync(string text, CancellationToken ct) =>
        _queue.SendMessageAsync(text, timeToLive: TimeSpan.FromSeconds(-1), cancellationToken: ct);

    /// <summary>Hides the message for so long from now; the receipt to use from here on.</summary>
    public async Task<string> HideAsync(string id, string popReceipt, TimeSpan hidden, CancellationToken ct) =>
        (await _queue.UpdateMessageAsync(id, popReceipt, (BinaryData?)null, hidden, ct)).Value.PopReceipt;

    /// <summary>Nothing happens when it is gone.</summary>
    public async Task DeleteAsync(string id, string popReceipt, CancellationToken ct)
    {
        try
        {
            await _queue.DeleteMessageAsync(id, popReceipt, ct);
        }
        catch (RequestFailedException gone) when (gone.Status == 404)
        {
            // As the trigger takes it.
        }
    }

    /// <summary>How many messages the queue holds, hidden ones included; 0 when it is missing.</summary>
    public async Task<int> CountAsync(CancellationToken ct)
    {
        try
        {
            return (await _queue.GetPropertiesAsync(ct)).Value.ApproximateMessagesCount;
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return 0;
        }
    }
}
