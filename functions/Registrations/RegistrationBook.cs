using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Serverless.Channels;
using Serverless.Outbox;
using Serverless.Storage;

namespace Serverless.Registrations;

/// <summary>Keeps what checks found, one row of <c>sources</c> a registration, and tells what changed: stored, published, marked.</summary>
public sealed class RegistrationBook(TableStore tables, OutboxRelay relay, TimeProvider time)
{
    private const string Table = "sources";
    private const string Prefix = "registration|";
    private const string LastRow = "upkeep";

    /// <summary>When a channel was last checked; null when it never was.</summary>
    public async Task<DateTimeOffset?> CheckedAtAsync(string channel, CancellationToken ct) => (await tables.GetAsync(Table, channel, LastRow, ct))?.Time("At");

    /// <summary>Registrations of a channel as they were last found, by name.</summary>
    public async Task<IReadOnlyList<KnownRegistration>> OfAsync(string channel, CancellationToken ct)
    {
        List<KnownRegistration> known = [];
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition(channel).RowPrefix(Prefix), ct)) known.Add(KnownRegistration.Read(row));
        return [.. known.OrderBy(k => k.Registration.Name, StringComparer.Ordinal)];
    }

    /// <summary>Notes what a check found.</summary>
    /// <param name="channel">Name of the channel.</param>
    /// <param name="found">Each with a name of its own.</param>
    /// <param name="whole">True when it is all there is: what was known and is not found any more is dropped.</param>
    /// <param name="began">When the check began.</param>
    /// <param name="ct">Cancels.</param>
    public async Task KeepAsync(string channel, IReadOnlyList<Registration> found, bool whole, DateTimeOffset began, CancellationToken ct)
    {
        var known = (await OfAsync(channel, ct)).ToDictionary(k => k.Registration.Name, StringComparer.Ordinal);
        foreach (var registration in found.DistinctBy(r => r.Name, StringComparer.Ordinal))
        {
            var before = known.GetValueOrDefault(registration.Name);
            var row = KnownRegistration.After(before, channel, registration, time.GetUtcNow()).Write(channel, RowOf(registration.Name));
            // Somebody else checked at the same moment: what he found is as good.
            if (before is null) await tables.InsertAsync(Table, row, ct);
            else await tables.ReplaceAsync(Table, row, before.ETag, ct);
            known.Remove(registration.Name);
        }

        await TellRestAsync(channel, ct);
        if (whole) foreach (var gone in known.Values) await tables.DeleteAsync(Table, channel, RowOf(gone.Registration.Name), gone.ETag, ct);
        await tables.UpsertAsync(Table, new TableRow(channel, LastRow) { ["At"] = began }, ct);
    }

    /// <summary>Publishes what a channel has left untold. False when the bus is down; a later call tells it under the same ids.</summary>
    public async Task<bool> TellRestAsync(string channel, CancellationToken ct)
    {
        foreach (var known in (await OfAsync(channel, ct)).Where(k => k.Untold.Count > 0))
        {
            var entries = known.Untold.Select(e => new OutboxEntry(e.Id, e.Type, e.Time, JsonSerializer.SerializeToUtf8Bytes(e, ChannelEventJson.Default.CloudEventChannelFacts))).ToList();
            if (!await relay.TryPublishAsync(channel, entries, ct)) return false;
            await tables.ReplaceAsync(Table, (known with { Untold = [] }).Write(channel, RowOf(known.Registration.Name)), known.ETag, ct);
        }

        return true;
    }

    private static string RowOf(string name) => Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));
}
