using System.Globalization;
using System.Text;
using System.Text.Json;
using Azure;
using Serverless.Platform.Json;
using Serverless.Platform.Storage;

namespace Serverless.Notifications;

/// <summary>
/// Messages backed by one row each, so that a crash delays none for good: ends of digest windows, and notifications to be resent. Rows
/// <c>due|route</c> / <c>time|target</c>; the row is written before its message and deleted once the message was received. Ten minutes
/// after its time a remaining row gets its message again.
/// </summary>
public sealed class DueMessages(TableStore tables, NotificationQueues queue, AttemptStore notices, RouteSwitches switches,
    TimeProvider time)
{
    private static readonly TimeSpan Overdue = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Again = TimeSpan.FromHours(1);
    private const string Stamp = "yyyyMMddHHmmss";

    /// <summary>
    /// Opens a window: at its end the digest of a target is sent. The first caller puts the message; the same end and target is the same
    /// window.
    /// </summary>
    public async Task OpenAsync(string route, string target, int attempt, DateTimeOffset at, CancellationToken ct)
    {
        var row = new TableRow(PartitionOf(route), KeyOf(at, target)) { ["Target"] = target, ["At"] = at, ["Attempt"] = attempt };
        if ((await tables.InsertAsync(AttemptStore.Table, row, ct)).State != WriteState.Written) return;
        await queue.PutAsync(route, new DigestEnd(target, attempt, row.RowKey, at).ToJson(), at, ct);
    }

    /// <summary>Deletes a row whose message was processed.</summary>
    public Task CloseAsync(string route, string row, CancellationToken ct) =>
        tables.DeleteAsync(AttemptStore.Table, PartitionOf(route), row, ETag.All, ct);

    /// <summary>Records the start of a round of a notification; returns its row.</summary>
    public async Task<string> ExpectRoundAsync(Notification notice, string route, string target, CancellationToken ct)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{KeyOf(time.GetUtcNow(), target)}|{notice.EventId}|{notice.Resend}");
        var row = new TableRow(PartitionOf(route), key) { ["Target"] = target, ["At"] = time.GetUtcNow(), ["Round"] = notice.Resend };
        row.SetBytes("Event", notice.Event);
        await tables.UpsertAsync(AttemptStore.Table, row, ct);
        return key;
    }

    /// <summary>Puts overdue messages again, for routes that are on; at most once an hour each.</summary>
    public async Task SweepAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        foreach (var route in switches.Routes.Where(switches.IsOn))
        {
            var overdue = TableQuery.Partition(PartitionOf(route))
                .Rows("0", (now - Overdue).UtcDateTime.ToString(Stamp, CultureInfo.InvariantCulture));
            await foreach (var row in tables.QueryAllAsync(AttemptStore.Table, overdue, ct))
                if (now - row.Time("PutAt") is not { } since || since >= Again) await PutAgainAsync(route, row, now, ct);
        }
    }

    private async Task PutAgainAsync(string route, TableRow row, DateTimeOffset now, CancellationToken ct)
    {
        var mark = new TableRow(row.PartitionKey, row.RowKey) { ["PutAt"] = now };
        if ((await tables.MergeAsync(AttemptStore.Table, mark, row.ETag, ct)).State != WriteState.Written) return;
        var target = row.Text("Target") ?? "";
        if (row.Bytes("Event") is not { } json)
        {
            await queue.PutAsync(route, new DigestEnd(target, row.Int("Attempt") ?? 0, row.RowKey, now).ToJson(), null, ct);
            return;
        }

        var notice = Notification.Parse(Encoding.UTF8.GetString(json.Span)) with { Resend = row.Int("Round") ?? 1 };
        var stands = (await notices.OfTargetAsync(notice, route, target, ct))?.State;
        if (stands is { State: NotificationState.Waiting, Attempt: -1 } && stands.Resend == notice.Resend)
            await queue.PutAsync(route, notice.Wrap(target, 0), null, ct);
        await CloseAsync(route, row.RowKey, ct);
    }

    private static string PartitionOf(string route) => $"due|{route}";

    private static string KeyOf(DateTimeOffset at, string target) =>
        $"{at.UtcDateTime.ToString(Stamp, CultureInfo.InvariantCulture)}|{AttemptStore.CaseSafe(target)}";
}

/// <summary>The end of a digest window, as a message.</summary>
/// <param name="Target">Whose.</param>
/// <param name="Attempt">Number of attempts to send the digest.</param>
/// <param name="Row">Its row in <see cref="DueMessages"/>.</param>
/// <param name="NotBefore">A message that comes earlier is put back.</param>
public sealed record DigestEnd(string Target, int Attempt, string Row, DateTimeOffset NotBefore)
{
    /// <summary>The message; null when it is no end of a window.</summary>
    public static DigestEnd? Parse(string message)
    {
        using var json = JsonDocument.Parse(message);
        var root = json.RootElement;
        return root.TryGetProperty("digest", out var target)
            ? new DigestEnd(target.GetString()!, root.GetProperty("attempt").GetInt32(), root.GetProperty("row").GetString()!,
                root.GetProperty("notBefore").GetDateTimeOffset())
            : null;
    }

    /// <summary>Writes it.</summary>
    public byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var writer = PlainJson.Writer(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("digest", Target);
            writer.WriteNumber("attempt", Attempt);
            writer.WriteString("row", Row);
            writer.WriteString("notBefore", NotBefore);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
