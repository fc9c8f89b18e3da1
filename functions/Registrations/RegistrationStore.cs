using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Azure;
using Serverless.Channels;
using Serverless.Outbox;
using Serverless.Platform.Storage;

namespace Serverless.Registrations;

/// <summary>
/// Stores the results of checks, one row of <c>sources</c> per registration, and publishes changes: store, publish, mark.
/// </summary>
public sealed class RegistrationStore(TableStore tables, OutboxRelay relay, TimeProvider time)
{
    private const string Table = "sources";
    private const string Prefix = "registration|";
    private const string LastRow = "upkeep";

    // A check takes three minutes at most: after this its instance is gone.
    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(10);

    /// <summary>The last check of a channel.</summary>
    public async Task<LastCheck> LastAsync(string channel, CancellationToken ct)
    {
        var row = await tables.GetAsync(Table, channel, LastRow, ct);
        return new LastCheck(row?.Time("At"), row?.Text("Settings"), row?.Time("Claimed"), row?.ETag);
    }

    /// <summary>Claims the next check, so that only one of two instances makes it. False when it is claimed already.</summary>
    /// <param name="channel">Name of the channel.</param>
    /// <param name="last">The last check, as it was read.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> ClaimAsync(string channel, LastCheck last, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (last.ClaimedAt > now - Claim) return false;
        var row = new TableRow(channel, LastRow) { ["At"] = last.At, ["Settings"] = last.Settings, ["Claimed"] = now };
        var written = last.Read is { } read ? await tables.ReplaceAsync(Table, row, read, ct) : await tables.InsertAsync(Table, row, ct);
        return written.State == WriteState.Written;
    }

    /// <summary>Registrations of a channel as they were last found, by name.</summary>
    public async Task<IReadOnlyList<KnownRegistration>> OfAsync(string channel, CancellationToken ct)
    {
        List<KnownRegistration> known = [];
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition(channel).RowPrefix(Prefix), ct))
            known.Add(KnownRegistration.Read(row));
        return [.. known.OrderBy(k => k.Registration.Name, StringComparer.Ordinal)];
    }

    /// <summary>Stores the result of a check.</summary>
    /// <param name="channel">Name of the channel.</param>
    /// <param name="found">Each with a name of its own.</param>
    /// <param name="whole">True when it is all there is: what was known and is not found any more is dropped.</param>
    /// <param name="began">When the check began.</param>
    /// <param name="settings">Fingerprint of the settings it was made with.</param>
    /// <param name="ct">Cancels.</param>
    public async Task KeepAsync(string channel, IReadOnlyList<Registration> found, bool whole, DateTimeOffset began, string? settings,
        CancellationToken ct)
    {
        var known = (await OfAsync(channel, ct)).ToDictionary(k => k.Registration.Name, StringComparer.Ordinal);
        foreach (var registration in found.DistinctBy(r => r.Name, StringComparer.Ordinal))
        {
            var before = known.GetValueOrDefault(registration.Name);
            var row = KnownRegistration.After(before, channel, registration, time.GetUtcNow()).Write(channel, RowOf(registration.Name));
            // A concurrent check found the same.
            if (before is null) await tables.InsertAsync(Table, row, ct);
            else await tables.ReplaceAsync(Table, row, before.ETag, ct);
            known.Remove(registration.Name);
        }

        await TellRestAsync(channel, ct);
        if (whole) foreach (var gone in known.Values)
            await tables.DeleteAsync(Table, channel, RowOf(gone.Registration.Name), gone.ETag, ct);
        await tables.UpsertAsync(Table, new TableRow(channel, LastRow) { ["At"] = began, ["Settings"] = settings }, ct);
    }

    /// <summary>Publishes what a channel has left untold. False when the topic is owed some of it; a later call sends that under the same
    /// ids.</summary>
    public async Task<bool> TellRestAsync(string channel, CancellationToken ct)
    {
        foreach (var known in (await OfAsync(channel, ct)).Where(k => k.Untold.Count > 0))
        {
            var entries = known.Untold.Select(e =>
                new OutboxEntry(e.Id, e.Type, e.Time,
                    JsonSerializer.SerializeToUtf8Bytes(e, ChannelEventJson.Default.CloudEventChannelFacts))
            {
                Left = known.Left.Contains(e.Id, StringComparer.Ordinal) ? OutboxEntry.Topic : null,
            }).ToList();
            var owed = (await relay.TryPublishAsync(channel, entries, ct)).Select(e => e.Id).ToHashSet(StringComparer.Ordinal);
            var told = known with { Untold = [.. known.Untold.Where(e => owed.Contains(e.Id))], Left = [.. owed] };
            if (!owed.SetEquals(known.Left) || told.Untold.Count < known.Untold.Count)
                await tables.ReplaceAsync(Table, told.Write(channel, RowOf(known.Registration.Name)), known.ETag, ct);
            if (owed.Count > 0) return false;
        }

        return true;
    }

    private static string RowOf(string name) =>
        Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));
}

/// <summary>Time and settings of a channel's last check.</summary>
/// <param name="At">When that check began; null when there was none.</param>
/// <param name="Settings">Fingerprint of the settings then.</param>
/// <param name="ClaimedAt">Since when the next check is claimed; null when it is not.</param>
/// <param name="Read">Version of the row; null when there is none.</param>
public sealed record LastCheck(DateTimeOffset? At, string? Settings, DateTimeOffset? ClaimedAt, ETag? Read);
