using System.Buffers.Text;
using System.Text;
using Azure;
using Azure.Storage.Queues;

namespace Serverless.Platform.Storage;

/// <summary>Receives messages without a trigger: poison messages, and those in the queue of a disabled route.</summary>
public sealed partial class QueueStore
{
    private const int MostTaken = 32;

    /// <summary>Receives up to 32 messages and hides them for the given time; none when there is no such queue.</summary>
    /// <remarks>https://learn.microsoft.com/rest/api/storageservices/get-messages</remarks>
    public async Task<IReadOnlyList<TakenMessage>> TakeAsync(string queue, TimeSpan hidden, CancellationToken ct)
    {
        var taken = await FoundAsync(queue, client => client.ReceiveMessagesAsync(MostTaken, hidden, ct), ct);
        return taken is null ? [] : [.. taken.Value.Select(m => new TakenMessage(m.MessageId, m.PopReceipt, Text(m.MessageText)))];
    }

    /// <summary>Deletes a message. False when it was visible again meanwhile, or is gone.</summary>
    public async Task<bool> DeleteAsync(string queue, TakenMessage taken, CancellationToken ct)
    {
        try
        {
            return await FoundAsync(queue, client => client.DeleteMessageAsync(taken.Id, taken.Receipt, ct), ct) is not null;
        }
        catch (StorageUnavailableException e) when (e.Status == 400)
        {
            // The receipt is an older one.
            return false;
        }
    }

    /// <summary>
    /// Number of messages in a queue, hidden ones included; approximate, according to the service. 0 when there is no such queue.
    /// </summary>
    public async Task<int> CountAsync(string queue, CancellationToken ct) =>
        await FoundAsync(queue, client => client.GetPropertiesAsync(ct), ct) is { } found ? found.Value.ApproximateMessagesCount : 0;

    /// <summary>Empties a queue, hidden messages included.</summary>
    public Task ClearAsync(string queue, CancellationToken ct) => FoundAsync(queue, client => client.ClearMessagesAsync(ct), ct);

    // Null: there is no such queue, or no such message. The text is read as it is: what was put there by hand is no base64.
    private async Task<T?> FoundAsync<T>(string queue, Func<QueueClient, Task<T>> call, CancellationToken ct)
        where T : class
    {
        try
        {
            return await _failures.AskAsync(call(_raw.Value.GetQueueClient(Checked(queue))), ct);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
        catch (RequestFailedException e)
        {
            throw _failures.Refused(e);
        }
    }

    // As the extension writes them: base64.
    private static string Text(string message) =>
        Base64.IsValid(message) ? Encoding.UTF8.GetString(Convert.FromBase64String(message)) : message;
}

/// <summary>A message that was taken and is hidden for a while.</summary>
/// <param name="Id">Given by storage.</param>
/// <param name="Receipt">Proves the taking.</param>
/// <param name="Text">Decoded.</param>
public sealed record TakenMessage(string Id, string Receipt, string Text);
