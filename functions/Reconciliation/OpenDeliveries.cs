using Azure;
using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Intake;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Serverless.Processing;

namespace Serverless.Reconciliation;

/// <summary>Finds deliveries without an outcome and queues them again (D3).</summary>
/// <remarks>
/// A mark per channel names the oldest hour with an open delivery, so that a tick reads the last hours only, not the whole history. Row
/// bodies are not fetched.
/// </remarks>
public sealed partial class OpenDeliveries(
    TableStore tables, DeliveryStore deliveries, KeptDeliveries kept, ChannelDirectory channels, IOptionsMonitor<ReceiveOptions> options,
    TimeProvider time, ILogger<OpenDeliveries> log)
{
    private const string Marks = "sources";
    private const string OpenSince = "open-since";
    private const string TooManyTries = "too-many-tries";
    private const string IsOpen = $"End eq '{DeliveryEnd.Open}' or End eq '{DeliveryEnd.Paused}'";
    private static readonly string[] Facts = ["End", "QueuedAt", "Tries", "ReceivedAt"];

    /// <summary>A delivery without an end.</summary>
    public sealed record OpenDelivery(DeliveryKey Key, string End, DateTimeOffset QueuedAt, int Tries, ETag ETag);

    /// <summary>
    /// Queues every delivery that is due again; one that was queued too often is stored as failed. A failing channel does not stop the
    /// others and is thrown at the end (P13).
    /// </summary>
    public async Task<int> RequeueDueAsync(CancellationToken ct)
    {
        var queued = 0;
        List<Task> failed = [];
        // What a channel that is off or paused has open stays as it is, and so does its mark: nobody has to look.
        foreach (var channel in channels.All.Where(c => ChannelDirectory.SettingsOf(c, out _) is { Enabled: true, Paused: false }))
        {
            var requeued = RequeueDueAsync(channel, ct);
            await ((Task)requeued).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (requeued.IsCompletedSuccessfully) queued += await requeued;
            else failed.Add(requeued);
        }

        await Task.WhenAll(failed);
        return queued;
    }

    private async Task<int> RequeueDueAsync(IChannel channel, CancellationToken ct)
    {
        var queued = 0;
        var mark = await tables.GetAsync(Marks, channel.Name, OpenSince, ct);
        // An hour back: a delivery that is being stored right now carries an earlier time than its row.
        var oldest = time.GetUtcNow().AddHours(-1);
        var unaccounted = 0;
        await foreach (var open in OpenOfAsync(channel.Name, ct))
        {
            if (IsUnaccounted(open)) unaccounted++;
            if (open.Key.At < oldest) oldest = open.Key.At;
            if (await SeeToAsync(channel, open, ct)) queued++;
        }

        Measures.Unaccounted(channel.Name, unaccounted);
        if (unaccounted > 0) LogUnaccounted(channel.Name, unaccounted);
        // The mark may have been moved back meanwhile: then that mark stays.
        var next = new TableRow(channel.Name, OpenSince) { ["Hour"] = oldest };
        if (mark is null) await tables.InsertAsync(Marks, next, ct);
        else await tables.ReplaceAsync(Marks, next, mark.ETag, ct);
        return queued;
    }

    /// <summary>To be called before a delivery is opened again: from now on Tick looks back to its hour. Until then, Tick would never see
    /// it if its pointer were lost.</summary>
    public async Task ReachBackAsync(string channel, DateTimeOffset hour, CancellationToken ct)
    {
        while (true)
        {
            var mark = await tables.GetAsync(Marks, channel, OpenSince, ct);
            // Without a mark Tick looks back 31 days.
            if ((mark?.Time("Hour") ?? time.GetUtcNow().AddDays(-31)) <= hour) return;
            var next = new TableRow(channel, OpenSince) { ["Hour"] = hour };
            var written = mark is null ? await tables.InsertAsync(Marks, next, ct) : await tables.ReplaceAsync(Marks, next, mark.ETag, ct);
            if (written.State == WriteState.Written) return;
        }
    }

    /// <summary>Deliveries of a channel without an end.</summary>
    public async IAsyncEnumerable<OpenDelivery> OpenOfAsync(string channel,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var mark = (await tables.GetAsync(Marks, channel, OpenSince, ct))?.Time("Hour") ?? now.AddDays(-31);
        foreach (var month in DeliveryKey.TablesBetween(mark, now))
        {
            for (var shard = 0; shard < DeliveryKey.Shards; shard++)
            {
                var hours = TableQuery.Partitions(DeliveryKey.PartitionOf(shard, channel, mark),
                    DeliveryKey.PartitionOf(shard, channel, now.AddHours(1)))
                    .Where(IsOpen).Select(Facts);
                await foreach (var row in tables.QueryAllAsync(month, hours, ct))
                    yield return new OpenDelivery(new DeliveryKey(channel, row.RowKey), row.Text("End")!, row.Time("QueuedAt")
                        ?? now, row.Int("Tries") ?? 0, row.ETag);
            }
        }
    }

    /// <summary>
    /// True when a month's table holds a delivery that was never processed. The marks cover most channels; a channel that was never on,
    /// or is paused, is scanned.
    /// </summary>
    public async Task<bool> AreInAsync(DateTimeOffset month, CancellationToken ct)
    {
        // Shards are "00" to "0f".
        if (await tables.QueryAsync(DeliveryKey.TableOf(month), TableQuery.Partitions("0", "1").Select("End").Top(1),
            ct) is { Rows.Count: 0, Continuation: null }) return false;
        foreach (var channel in channels.All)
        {
            if ((await tables.GetAsync(Marks, channel.Name, OpenSince, ct))?.Time("Hour") >= month.AddMonths(1)) continue;
            for (var shard = 0; shard < DeliveryKey.Shards; shard++)
            {
                var hours = TableQuery.Partitions(DeliveryKey.PartitionOf(shard, channel.Name, month),
                    DeliveryKey.PartitionOf(shard, channel.Name, month.AddMonths(1)));
                await foreach (var _ in tables.QueryAllAsync(DeliveryKey.TableOf(month), hours.Where(IsOpen).Select("End"), ct))
                    return true;
            }
        }

        return false;
    }

    /// <summary>True when a delivery is neither worked nor about to be: open for longer than its next try is due, with a minute's grace for
    /// the tick.</summary>
    public bool IsUnaccounted(OpenDelivery open) =>
        open.End == DeliveryEnd.Open
        && time.GetUtcNow() > DueAt(open) + TimeSpan.FromMinutes(Math.Max(1, options.CurrentValue.RequeueMinutes));

    private async Task<bool> SeeToAsync(IChannel channel, OpenDelivery open, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (ChannelDirectory.SettingsOf(channel, out _) is not { Enabled: true, Paused: false }) return false;
        if (open.End == DeliveryEnd.Open && now < DueAt(open)) return false;
        if (open.Tries >= options.CurrentValue.RequeueTries)
        {
            LogGivenUp(open.Key.Channel, open.Key.Id, open.Tries);
            await kept.ListAsync(open.Key, TooManyTries, ct);
            // Its reason stays: one that was never verified must be before a replay works it.
            await deliveries.EndAsync(open.Key, DeliveryEnd.Kept, [ItemOutcomes.KeptPrefix + TooManyTries], null, now, ct, open.ETag);
            return false;
        }

        // A paused delivery was never tried: resuming counts no try against it.
        await deliveries.RequeueAsync(open.Key, open.ETag, open.End == DeliveryEnd.Paused ? open.Tries : open.Tries + 1, now, ct);
        return true;
    }

    private DateTimeOffset DueAt(OpenDelivery open) =>
        open.QueuedAt.AddMinutes(options.CurrentValue.RequeueMinutes * Math.Pow(2, open.Tries));

    [LoggerMessage(50, LogLevel.Error, "kept {Channel}/{Id}: no end after {Tries} tries")]
    private partial void LogGivenUp(string channel, string id, int tries);

    [LoggerMessage(51, LogLevel.Error, "unaccounted {Channel} count={Count}: nobody worked them when they were due")]
    private partial void LogUnaccounted(string channel, int count);
}
