using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Platform.Storage;

namespace Serverless.Intake;

/// <summary>Knows whether a source has passed verification before, which decides how a call that fails is handled (P6).</summary>
/// <remarks>One row a channel; read once per instance and secret, so that accepting a delivery costs no further call.</remarks>
public sealed class SourceTrust(TableStore tables, IOptionsMonitor<ReceiveOptions> options, TimeProvider time)
{
    private const string Table = "sources";
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    private sealed record Known(string Fingerprint, DateTimeOffset VerifiedAt, DateTimeOffset? SecretChangedAt, DateTimeOffset ReadAt);

    /// <summary>Remembers that a call of this channel verified under the secrets in force.</summary>
    public async Task VerifiedAsync(string channel, ChannelSettings settings, CancellationToken ct)
    {
        if (_known.TryGetValue(channel, out var known) && known.Fingerprint == settings.SecretFingerprint) return;
        var now = time.GetUtcNow();
        var stored = await ReadAsync(channel, now, ct);
        if (stored?.Fingerprint != settings.SecretFingerprint)
        {
            // The first secret ever is trusted from its first proof; a changed one is watched for a while.
            stored = new Known(settings.SecretFingerprint, now, stored is null ? null : now, now);
            var row = new TableRow(channel, "source") { ["Fingerprint"] = stored.Fingerprint, ["VerifiedAt"] = now,
                ["SecretChangedAt"] = stored.SecretChangedAt };
            await tables.UpsertAsync(Table, row, ct);
        }

        _known[channel] = stored;
    }

    /// <summary>Handling of a call that failed verification: never <see cref="VerificationMode.Auto"/>.</summary>
    public async Task<VerificationMode> ModeAsync(string channel, ChannelSettings settings, CancellationToken ct)
    {
        if (settings.Mode != VerificationMode.Auto) return settings.Mode;
        var now = time.GetUtcNow();
        if (!_known.TryGetValue(channel, out var known)
            || (known.Fingerprint != settings.SecretFingerprint && now - known.ReadAt > TimeSpan.FromMinutes(1)))
        {
            known = await ReadAsync(channel, now, ct);
            if (known is not null) _known[channel] = known;
        }

        if (known is null || known.Fingerprint != settings.SecretFingerprint) return VerificationMode.Quarantine;
        var watched = known.SecretChangedAt is { } changed && now < changed.AddHours(options.CurrentValue.SecretChangeHours);
        return watched ? VerificationMode.Quarantine : VerificationMode.Enforce;
    }

    /// <summary>When the channel last proved a new secret; null when it never verified.</summary>
    public async Task<DateTimeOffset?> VerifiedAtAsync(string channel, CancellationToken ct) =>
        (await ReadAsync(channel, time.GetUtcNow(), ct))?.VerifiedAt;

    private async Task<Known?> ReadAsync(string channel, DateTimeOffset now, CancellationToken ct)
    {
        var row = await tables.GetAsync(Table, channel, "source", ct);
        return row is null
            ? null : new Known(row.Text("Fingerprint") ?? "", row.Time("VerifiedAt") ?? now, row.Time("SecretChangedAt"), now);
    }
}
