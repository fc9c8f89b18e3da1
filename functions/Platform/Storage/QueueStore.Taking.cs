using System.Buffers.Text;
using System.Globalization;
using System.Xml;
using Azure.Core;

namespace Serverless.Platform.Storage;

/// <summary>Takes messages where no trigger does: what failed too often, and what lies in the queue of a route that is off.</summary>
public sealed partial class QueueStore
{
    private const int MostTaken = 32;

    /// <summary>Takes up to 32 messages and hides them for so long; none when there is no such queue.</summary>
    /// <remarks>https://learn.microsoft.com/rest/api/storageservices/get-messages</remarks>
    public async Task<IReadOnlyList<TakenMessage>> TakeAsync(string queue, TimeSpan hidden, CancellationToken ct)
    {
        CheckQueue(queue);
        var query = string.Create(CultureInfo.InvariantCulture, $"numofmessages={MostTaken}&visibilitytimeout={(long)hidden.TotalSeconds}");
        using var message = _calls.Create(RequestMethod.Get, $"{queue}/messages?{query}");
        var response = await _calls.SendAsync(message, ct);
        if (response.Status == 404) return [];
        if (response.Status != 200) throw _calls.Refused(response);
        using var xml = XmlReader.Create(response.Content.ToStream(), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        List<TakenMessage> taken = [];
        var (id, receipt) = ("", "");
        while (!xml.EOF)
        {
            if (xml.NodeType != XmlNodeType.Element || xml.Name is not ("MessageId" or "PopReceipt" or "MessageText")) xml.Read();
            else if (xml.Name == "MessageId") id = xml.ReadElementContentAsString();
            else if (xml.Name == "PopReceipt") receipt = xml.ReadElementContentAsString();
            else taken.Add(new TakenMessage(id, receipt, Text(xml.ReadElementContentAsString())));
        }

        return taken;
    }

    /// <summary>Takes a message away for good. False when it was visible again meanwhile, or is gone.</summary>
    public async Task<bool> DeleteAsync(string queue, TakenMessage taken, CancellationToken ct)
    {
        CheckQueue(queue);
        using var message = _calls.Create(RequestMethod.Delete, $"{queue}/messages/{taken.Id}?popreceipt={Uri.EscapeDataString(taken.Receipt)}");
        var response = await _calls.SendAsync(message, ct);
        return response.Status switch
        {
            204 => true,
            404 or 400 => false,
            _ => throw _calls.Refused(response),
        };
    }

    /// <summary>How many messages a queue holds, hidden ones included; storage calls it approximate. 0 when there is no such queue.</summary>
    public async Task<int> CountAsync(string queue, CancellationToken ct)
    {
        CheckQueue(queue);
        using var message = _calls.Create(RequestMethod.Get, $"{queue}?comp=metadata");
        var response = await _calls.SendAsync(message, ct);
        if (response.Status == 404) return 0;
        if (response.Status != 200) throw _calls.Refused(response);
        return response.Headers.TryGetValue("x-ms-approximate-messages-count", out var count) ? int.Parse(count, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Empties a queue, hidden messages included.</summary>
    public async Task ClearAsync(string queue, CancellationToken ct)
    {
        CheckQueue(queue);
        using var message = _calls.Create(RequestMethod.Delete, $"{queue}/messages");
        var response = await _calls.SendAsync(message, ct);
        if (response.Status is not (204 or 404)) throw _calls.Refused(response);
    }

    // As the extension writes them: base64. What is not was put there by hand.
    private static string Text(string message) => Base64.IsValid(message) ? System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(message)) : message;
}

/// <summary>A message that was taken and is hidden for a while.</summary>
/// <param name="Id">Given by storage.</param>
/// <param name="Receipt">Proves the taking.</param>
/// <param name="Text">Decoded.</param>
public sealed record TakenMessage(string Id, string Receipt, string Text);
