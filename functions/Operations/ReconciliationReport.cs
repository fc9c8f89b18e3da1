using System.Globalization;
using Serverless.Channels;
using Serverless.Reconciliation;

namespace Serverless.Operations;

/// <summary>State of reconciliation of one channel.</summary>
/// <param name="Channel">Channel name.</param>
/// <param name="Sources">Each source that can be reconciled.</param>
/// <param name="Blind">What cannot be reconciled, and why.</param>
public sealed record ReconciliationReport(string Channel, IReadOnlyList<ReconciledSource> Sources, IReadOnlyList<string> Blind)
{
    /// <summary>True when the last run of a source failed.</summary>
    internal bool IsTroubled => Sources.Any(s => s.Reason is not null);

    /// <summary>Null for a channel that is off or has no reconciliation.</summary>
    public static async Task<ReconciliationReport?> OfAsync(IChannel channel, ReconciliationStates states, CancellationToken ct)
    {
        if (channel is not IReconciles looks || ChannelDirectory.SettingsOf(channel, out _) is not { Enabled: true }) return null;
        var sources = looks.Sources;
        var known = sources.Count == 0
            ? [] : (await states.OfChannelAsync(channel.Name, ct)).ToDictionary(s => s.Source, StringComparer.Ordinal);
        return new ReconciliationReport(channel.Name, [.. sources.Select(s => Of(s, known.GetValueOrDefault(s.Name)))], looks.Blind);
    }

    /// <summary>The report in sentences.</summary>
    public IEnumerable<string> Says() =>
    [
        .. Sources.Select(s => s.LookedAt is { } at
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"Reconciliation of {s.Source}: last at {at:O}, found {s.Found}, {s.FoundInAll} in total{(s.Reason is null ? "" : $"; failed: {s.Reason}")}.")
            : $"Reconciliation of {s.Source}: not run yet."),
        .. Blind,
    ];

    private static ReconciledSource Of(ReconciliationSource source, ReconciliationState? state) =>
        new(source.Name, state?.Since, state?.LookedAt, state?.DueAt, state?.Found ?? 0, state?.FoundInAll ?? 0, state?.Reason);
}

/// <summary>One source of reconciliation.</summary>
/// <param name="Source">As the channel names it.</param>
/// <param name="Since">Older contacts are not imported.</param>
/// <param name="LookedAt">Start of the last run; null before the first.</param>
/// <param name="DueAt">When the next run is due.</param>
/// <param name="Found">Contacts imported by the last run.</param>
/// <param name="FoundInAll">Contacts imported since the source is known.</param>
/// <param name="Reason">Why the last run failed; null if it succeeded.</param>
public sealed record ReconciledSource(string Source, DateTimeOffset? Since, DateTimeOffset? LookedAt, DateTimeOffset? DueAt, int Found,
    long FoundInAll, string? Reason);
