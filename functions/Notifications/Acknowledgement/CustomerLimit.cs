using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Serverless.Contacts;
using Serverless.Platform.Storage;

namespace Serverless.Notifications.Acknowledgement;

/// <summary>
/// Counts acknowledgements per customer and day over all cases: an auto-responder that opens a new case with every answer would never
/// reach the limit of one case.
/// </summary>
public sealed class CustomerLimit(TableStore tables)
{
    /// <summary>Takes one of the day's places; the same one again for the same acknowledgement. False when none is left.</summary>
    /// <param name="contact">Whom the receipt goes to.</param>
    /// <param name="receipt">Id of the acknowledgement.</param>
    /// <param name="day">The day.</param>
    /// <param name="most">Number of places.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> TakeAsync(Contact contact, string receipt, DateTimeOffset day, int most, CancellationToken ct)
    {
        var partition = PartitionOf(contact, day);
        // At once two may both find the last place taken: then neither gets it, and the limit holds.
        await tables.InsertAsync(AttemptStore.Table, new TableRow(partition, receipt), ct);
        var taken = 0;
        await foreach (var _ in tables.QueryAllAsync(AttemptStore.Table, TableQuery.Partition(partition).Select("RowKey"), ct))
            if (++taken > most) return false;
        return true;
    }

    // A mail is answered by its own id, so the address of the person counts first.
    private static string PartitionOf(Contact contact, DateTimeOffset day)
    {
        var address = contact.Parties is [var person, ..] ? $"{person.Scheme}\n{person.Value}" : contact.Reply?.Address;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{contact.Channel}\n{contact.Account}\n{address}"));
        return string.Create(CultureInfo.InvariantCulture, $"receipts|{Convert.ToHexStringLower(hash.AsSpan(0, 12))}|{day:yyyyMMdd}");
    }
}
