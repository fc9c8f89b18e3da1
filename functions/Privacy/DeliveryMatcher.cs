using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Intake;
using Serverless.Platform.Storage;
using Serverless.Processing;

namespace Serverless.Privacy;

/// <summary>Checks whether a raw delivery contains data covered by a privacy request.</summary>
public sealed class DeliveryMatcher(DeliveryStore deliveries, DeliveryProcessor work, ChannelDirectory channels)
{
    /// <summary>Search criteria.</summary>
    /// <param name="Cases">Ids of cases.</param>
    /// <param name="Keys">Keys of contacts, and ids of replies.</param>
    /// <param name="Address">A person; null when it is about cases alone.</param>
    public sealed record Wanted(HashSet<string> Cases, HashSet<string> Keys, PersonAddress? Address)
    {
        public static Wanted Of(PrivacyRequest order) => new(
            order.Cases.Select(c => c.Id).ToHashSet(StringComparer.Ordinal), order.Keys.ToHashSet(StringComparer.Ordinal),
            order.Address is { } address ? PersonAddress.Parse(address, out _) : null);
    }

    /// <summary>
    /// A delivery whose every element is filed is told by its cases alone; of any other, what it says is read, and for a person searched.
    /// One that nobody worked yet is only meant
    /// when all of it is theirs: when it is worked, it goes by itself.
    /// </summary>
    public async Task<bool> OfAsync(Wanted wanted, DeliveryKey key, TableRow row, CancellationToken ct)
    {
        var end = row.Text("End");
        var filed = ProcessedItem.Read(row);
        var open = end is DeliveryEnd.Open or DeliveryEnd.Paused;
        if (!open && filed.Any(f => wanted.Cases.Contains(f.CaseId))) return true;
        if (end == DeliveryEnd.Ended && row.Text("Ends") is { Length: > 0 } ends && ends.AsSpan().Count('\n') + 1 <= filed.Count)
            return false;
        var delivery = await deliveries.LoadAsync(key, row, ct);
        var named = wanted.Address?.IsNamedIn(delivery.PathAndQuery, delivery.Body.Span) == true;
        if (named && !open) return true;
        var (theirs, others) = await CountAsync(wanted, delivery, ct);
        return open ? others == 0 && (theirs > 0 || named) : theirs > 0;
    }

    /// <summary>True when every person in the delivery is the requested one.</summary>
    public async Task<bool> IsTheirsAloneAsync(Wanted wanted, DeliveryKey key, TableRow row, CancellationToken ct) =>
        await CountAsync(wanted, await deliveries.LoadAsync(key, row, ct), ct) is { Theirs: > 0, Others: 0 };

    // Items of the person, and items of others or unreadable ones.
    private async Task<(int Theirs, int Others)> CountAsync(Wanted wanted, Delivery delivery, CancellationToken ct)
    {
        var (theirs, others) = (0, 0);
        if (channels.Find(delivery.Channel) is not { } channel) return (0, 1);
        await foreach (var piece in work.ReadAsync(channel, delivery, ct))
        {
            var isTheirs = piece.Reading switch
            {
                Parsed.Found { Event.Contact: var contact } =>
                    wanted.Keys.Contains(CaseKeys.Contact(contact)) || wanted.Address?.IsOf(contact) == true,
                Parsed.StatusUpdate { Message: var message } =>
                    wanted.Keys.Contains(CaseKeys.Contact(delivery.Channel, message.Account, message.ExternalId))
                    || (message.ReplyId is { } reply && wanted.Keys.Contains(reply)),
                _ => (bool?)null,
            };
            if (isTheirs == true) theirs++;
            else if (isTheirs == false || piece.Reading is null) others++;
        }

        return (theirs, others);
    }
}
