using Serverless.Platform.Storage;

namespace Serverless.Receipts;

/// <summary>
/// Remembers that a provider said something is wrong with a subscription. The mark is a time and is never cleared: whoever runs upkeep or a second look compares it with
/// its own last run and is due at once when the mark is later.
/// </summary>
public sealed class Attention(TableStore tables)
{
    private const string Table = "sources";
    private const string Row = "attention";

    /// <summary>When and why a channel was last marked.</summary>
    public sealed record Mark(DateTimeOffset At, string Reason);

    /// <summary>Marks a channel; a mark that is as late already stays.</summary>
    /// <param name="channel">Channel name.</param>
    /// <param name="reason">A short code; no personal data.</param>
    /// <param name="at">When the provider said so: the arrival of its delivery, so that working it again marks nothing new.</param>
    /// <param name="ct">Cancels.</param>
    public async Task MarkAsync(string channel, string reason, DateTimeOffset at, CancellationToken ct)
    {
        if (await LastAsync(channel, ct) is { } last && last.At >= at) return;
        await tables.UpsertAsync(Table, new TableRow(channel, Row) { ["At"] = at, ["Reason"] = reason }, ct);
    }

    /// <summary>The last mark; null when there is none.</summary>
    public async Task<Mark?> LastAsync(string channel, CancellationToken ct) =>
        await tables.GetAsync(Table, channel, Row, ct) is { } row && row.Time("At") is { } at ? new Mark(at, row.Text("Reason") ?? "") : null;
}
