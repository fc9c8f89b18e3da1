using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Serverless.Cases;
using Serverless.Channels;
using Serverless.Intake;
using Serverless.Processing;

namespace Serverless.Reconciliation;

/// <summary>
/// Imports items that a provider lists and did not deliver: each becomes a delivery of its own, unless its contact is known.
/// </summary>
public sealed class ProviderRecords(DeliveryStore deliveries, Correlator correlator, TimeProvider time)
{
    /// <summary>Stores a find whose contact is not known. A known one costs one read.</summary>
    /// <param name="channel">The channel that parses it.</param>
    /// <param name="held">The provider's item.</param>
    /// <param name="at">The time in the delivery's id: the same again when a page is repeated, so that the same find is stored
    /// once.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>True when it was stored.</returns>
    public async Task<bool> BringInAsync(IChannel channel, ProviderRecord held, DateTimeOffset at, CancellationToken ct)
    {
        var delivery = new Delivery
        {
            Id = IdOf(held, at),
            Channel = channel.Name,
            Method = Delivery.FetchedMethod,
            PathAndQuery = $"/api/hooks/{channel.Name}/look/{held.Kind}",
            Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["content-type"] = held.ContentType },
            Body = held.Body,
            ReceivedAt = time.GetUtcNow(),
            Arrival = Arrival.LookedAgain,
        };
        if (!await IsNewsAsync(channel, delivery, ct)) return false;
        await deliveries.AcceptAsync(delivery, null, ct);
        return true;
    }

    // What cannot be read is news as well, once: its placeholder is a contact too.
    private async Task<bool> IsNewsAsync(IChannel channel, Delivery delivery, CancellationToken ct)
    {
        foreach (var element in DeliveryProcessor.Elements(channel, delivery))
        {
            var reading = DeliveryProcessor.Try(element.Read, out _);
            if (reading is Parsed.Reference) return true;
            var e = reading is null ? Placeholder.For(delivery, element.Position) : (reading as Parsed.Found)?.Event;
            if (e is not null && !await correlator.IsKnownAsync(e, ct)) return true;
        }

        return false;
    }

    private static string IdOf(ProviderRecord held, DateTimeOffset at)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(held.Kind + "\n"));
        hash.AppendData(held.Body.Span);
        return string.Create(CultureInfo.InvariantCulture,
            $"{at.ToUnixTimeMilliseconds():x12}{Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 10))}");
    }
}
