using System.Globalization;
using Serverless.Channels;
using Serverless.Reconciliation;

namespace Serverless.Operations;

/// <summary>How the second look at one channel stands.</summary>
/// <param name="Channel">Channel name.</param>
/// <param name="Sources">Each source it can look at.</param>
/// <param name="Blind">What cannot be looked at, and why.</param>
public sealed record ReconciliationReport(string Channel, IReadOnlyList<ReconciledSource> Sources, IReadOnlyList<string> Blind)
{
    /// <summary>True when the last look at a source came to nothing.</summary>
    internal bool IsTroubled => Sources.Any(s => s.Reason is not null);

    /// <summary>Null for a channel that is off or cannot look.</summary>
    public static async Task<ReconciliationReport?> OfAsync(IChannel channel, ReconciliationStates states, CancellationToken ct)
    {
        if (channel is not IReconciles looks || ChannelDirectory.SettingsOf(channel, out _) is not { Enabled: true }) return null;
        var sources = looks.Sources;
        var known = sources.Count == 0 ? [] : (await states.OfChannelAsync(channel.Name, ct)).ToDictionary(s => s.Source, StringComparer.Ordinal);
        return new ReconciliationReport(channel.Name, [.. sources.Select(s => Of(s, known.GetValueOrDefault(s.Name)))], looks.Blind);
    }

    /// <summary>The same in sentences.</summary>
    public IEnumerable<string> Says() =>
    [
        .. Sources.Select(s => s.LookedAt is { } at
            ? string.Create(CultureInfo.InvariantCulture, $"Second look at {s.Source}: last at {at:O}, found {s.Found}, {s.FoundInAll} in all{(s.Reason is null ? "" : $"; it came to nothing: {s.Reason}")}.")
            : $"Second look at {s.Source}: not yet."),
        .. Blind,
    ];

    private static ReconciledSource Of(ReconciliationSource source, ReconciliationState? state) =>
        new(source.Name, state?.Since, state?.LookedAt, state?.DueAt, state?.Found ?? 0, state?.FoundInAll ?? 0, state?.Reason);
}

/// <summary>One source of the second look.</summary>
/// <param name="Source">As the channel names it.</param>
/// <param name="Since">Nothing older is brought in.</param>
/// <param name="LookedAt">When the last look began; null before the first.</param>
/// <param name="DueAt">When the next one is due.</param>
/// <param name="Found">Contacts brought in by the last look.</param>
/// <param name="FoundInAll">Contacts brought in since the source is known.</param>
/// <param name="Reason">Why the last look came to nothing; null when it was done.</param>
public sealed record ReconciledSource(string Source, DateTimeOffset? Since, DateTimeOffset? LookedAt, DateTimeOffset? DueAt, int Found, long FoundInAll, string? Reason);
