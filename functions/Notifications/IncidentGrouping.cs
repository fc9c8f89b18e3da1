using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Serverless.ActionLinks;
using Serverless.Contacts;
using Serverless.Platform.Storage;

namespace Serverless.Notifications;

/// <summary>
/// Groups similar cases (<see cref="CaseSimilarity"/>) into one incident: a person is notified of the first few individually, then only
/// of how the number grows. Every case of it is listed on one page, which each of these notices links. Without links nothing is grouped:
/// no case may be named nowhere. Each contact is still a case, and programs get every event.
/// </summary>
public sealed class IncidentGrouping(TableStore tables, TimeProvider time, ActionLinkTokens links,
    IOptionsMonitor<NotificationOptions> options)
{
    // 2, 5, 10, 20, 50, ... times the first step.
    private static readonly int[] Growth = [2, 5, 10, 20, 50, 100, 200, 500, 1000];
    private const int MostCounted = 20_000;
    private const string CasePrefix = "n|";
    private const string ToldPrefix = "told|";

    /// <summary>Counts the case of a notice, once however often it comes, and says what to do with the notice.</summary>
    /// <param name="route">The route.</param>
    /// <param name="target">The person or team.</param>
    /// <param name="notice">The notification.</param>
    /// <param name="readContact">Reads the contact that it is about.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The incident to send; <see cref="Incident.None"/>: send it individually; null: it is covered by an incident
    /// already sent or claimed.</returns>
    public async Task<Incident?> CountAsync(
        string route, string target, Notification notice, Func<Task<Contact?>> readContact, CancellationToken ct)
    {
        if (options.CurrentValue.BurstCount == 0 || notice.CaseId is null || !links.Works) return Incident.None;
        var (most, covered) = (Incident.None, false);
        foreach (var likeness in CaseSimilarity.Of(notice, await readContact()))
        {
            var partition = PartitionOf(route, target, notice, likeness);
            if (await CountAsync(partition, notice, ct) is not { } count) covered = true;
            else if (count > most.Count) most = new Incident(count, partition);
        }

        return most.Count == 0 && covered ? null : most;
    }

    /// <summary>Current number of cases of an incident.</summary>
    /// <param name="incident">Its key.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<int> SizeAsync(string incident, CancellationToken ct)
    {
        var count = 0;
        var cases = TableQuery.Partition(incident).RowPrefix(CasePrefix).Select("RowKey");
        await foreach (var _ in tables.QueryAllAsync(AttemptStore.Table, cases, ct))
            if (++count == MostCounted) break;
        return count;
    }

    /// <summary>The cases of an incident, oldest first.</summary>
    /// <param name="incident">Its key.</param>
    /// <param name="most">Most of them.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<AlikeCase>> CasesAsync(string incident, int most, CancellationToken ct)
    {
        List<(DateTimeOffset At, AlikeCase Case)> cases = [];
        if (!incident.StartsWith("burst|", StringComparison.Ordinal)) return [];
        await foreach (var row in tables.QueryAllAsync(AttemptStore.Table, TableQuery.Partition(incident).RowPrefix(CasePrefix), ct))
        {
            cases.Add((row.Time("At") ?? default, new AlikeCase(row.RowKey[CasePrefix.Length..], row.Text("Number") ?? "")));
            if (cases.Count == MostCounted) break;
        }

        return [.. cases.OrderBy(c => c.At).Take(most).Select(c => c.Case)];
    }

    private async Task<int?> CountAsync(string partition, Notification notice, CancellationToken ct)
    {
        var settings = options.CurrentValue;
        var row = new TableRow(partition, CasePrefix + notice.CaseId) { ["Number"] = notice.Facts.Number, ["At"] = notice.At };
        await tables.InsertAsync(AttemptStore.Table, row, ct);
        var (told, mine) = (0, false);
        await foreach (var step in tables.QueryAllAsync(AttemptStore.Table, TableQuery.Partition(partition).RowPrefix(ToldPrefix), ct))
        {
            told = Math.Max(told, int.Parse(step.RowKey.AsSpan(ToldPrefix.Length), CultureInfo.InvariantCulture));
            // A repetition of the notification that claimed a step, say after a crash, sends it again rather than not at all.
            mine |= step.Text("EventId") == notice.EventId;
        }

        var steps = Growth.Select(g => g * settings.BurstCount).Prepend(settings.BurstCount + 1);
        var next = steps.FirstOrDefault(s => s > told, int.MaxValue);
        if (!mine && told > 0 && !Counts(notice.EventId, next)) return null;
        var count = await SizeAsync(partition, ct);
        if (mine) return count;
        if (count <= settings.BurstCount) return 0;

        // Concurrent counts may see the same step or skip one: the run that claims the highest step reached sends it.
        var reached = steps.Where(s => s <= count).Max();
        var key = string.Create(CultureInfo.InvariantCulture, $"{ToldPrefix}{reached:D8}");
        var claim = new TableRow(partition, key) { ["EventId"] = notice.EventId };
        return (await tables.InsertAsync(AttemptStore.Table, claim, ct)).State == WriteState.Written ? count : null;
    }

    // Counting reads every row of the incident: of a large one only about a hundred notices count on the way to the next step, or ten
    // thousand would read fifty million rows.
    private static bool Counts(string eventId, int next) => next != int.MaxValue
        && (uint)BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes(eventId))) % Math.Max(1, next / 100) == 0;

    private string PartitionOf(string route, string target, Notification notice, CaseSimilarity likeness)
    {
        var window = time.GetUtcNow().UtcTicks / TimeSpan.FromMinutes(options.CurrentValue.BurstMinutes).Ticks;
        var alike = Encoding.UTF8.GetBytes($"{route}\n{target}\n{notice.Type}\n{likeness.Kind}\n{likeness.Key}");
        var hash = Convert.ToHexStringLower(SHA256.HashData(alike).AsSpan(0, 12));
        return string.Create(CultureInfo.InvariantCulture, $"burst|{likeness.Kind}|{hash}|{window}");
    }
}

/// <summary>Several cases sent as one incident.</summary>
/// <param name="Count">Number of cases; 0: none, a notification by itself.</param>
/// <param name="Key">Its key.</param>
public sealed record Incident(int Count, string Key)
{
    /// <summary>No incident.</summary>
    public static readonly Incident None = new(0, "");

    /// <summary>Common feature of its cases: a kind of <see cref="CaseSimilarity"/>; null when the key has none.</summary>
    public static string? KindOf(string key) => key.Split('|') is [_, var kind, _, _] ? kind : null;
}
