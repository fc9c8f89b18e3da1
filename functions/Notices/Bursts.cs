using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Serverless.Platform.Storage;

namespace Serverless.Notices;

/// <summary>Makes one incident of many alike: people are told of the first few singly, then only of how the number grows. Each contact is still a case.</summary>
public sealed class Bursts(TableStore tables, TimeProvider time, IOptionsMonitor<NoticeOptions> options)
{
    // 2, 5, 10, 20, 50, ... times the first step.
    private static readonly int[] Growth = [2, 5, 10, 20, 50, 100, 200, 500, 1000];
    private const int MostCounted = 20_000;

    /// <summary>Counts a notice, once however often it comes, and says what to do with it.</summary>
    /// <returns>0: tell it as it is. More: tell that there are so many. Null: it is covered by what was or will be told.</returns>
    public async Task<int?> CountAsync(string route, string target, Notice notice, CancellationToken ct)
    {
        var settings = options.CurrentValue;
        if (settings.BurstCount == 0 || notice.CaseId is null) return 0;
        var partition = PartitionOf(route, target, notice, time.GetUtcNow().UtcTicks / TimeSpan.FromMinutes(settings.BurstMinutes).Ticks);
        await tables.InsertAsync(NoticeLog.Table, new TableRow(partition, $"n|{notice.EventId}"), ct);
        var (told, mine) = (0, false);
        await foreach (var row in tables.QueryAllAsync(NoticeLog.Table, TableQuery.Partition(partition).RowPrefix("told|"), ct))
        {
            told = Math.Max(told, int.Parse(row.RowKey.AsSpan("told|".Length), CultureInfo.InvariantCulture));
            // A repetition of the notice that claimed a step, say after a crash, tells it again rather than not at all.
            mine |= row.Text("EventId") == notice.EventId;
        }

        var steps = Growth.Select(g => g * settings.BurstCount).Prepend(settings.BurstCount + 1);
        var next = steps.FirstOrDefault(s => s > told, int.MaxValue);
        if (!mine && told > 0 && !Counts(notice.EventId, next)) return null;
        var count = 0;
        await foreach (var _ in tables.QueryAllAsync(NoticeLog.Table, TableQuery.Partition(partition).RowPrefix("n|").Select("RowKey"), ct))
            if (++count == MostCounted) break;
        if (mine) return count;
        if (count <= settings.BurstCount) return 0;

        // Two who count at once may both see the same step, or jump over one: whoever claims the highest step reached tells it.
        var step = steps.Where(s => s <= count).Max();
        var claim = new TableRow(partition, string.Create(CultureInfo.InvariantCulture, $"told|{step:D8}")) { ["EventId"] = notice.EventId };
        return (await tables.InsertAsync(NoticeLog.Table, claim, ct)).State == WriteState.Written ? count : null;
    }

    // Counting reads every row of the burst: of a large one only about a hundred notices count on the way to the next step, or ten thousand would read fifty million rows.
    private static bool Counts(string eventId, int next) => next != int.MaxValue && (uint)BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes(eventId))) % Math.Max(1, next / 100) == 0;

    private static string PartitionOf(string route, string target, Notice notice, long window)
    {
        var alike = $"{route}\n{target}\n{notice.Type}\n{notice.Facts.Owner}\n{notice.Facts.Network}\n{notice.Facts.Owes}";
        return string.Create(CultureInfo.InvariantCulture, $"burst|{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(alike)).AsSpan(0, 12))}|{window}");
    }
}
