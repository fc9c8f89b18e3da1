using System.Globalization;
using Microsoft.Extensions.Options;
using Serverless.Cases;
using Serverless.Intake;
using Serverless.Notifications;
using Serverless.Platform.Messaging;
using Serverless.Platform.Storage;
using Serverless.Reconciliation;

namespace Serverless.Privacy;

/// <summary>
/// Deletes data past its retention period: whole tables of deliveries, rows of logs. Daily starts a run; Tick continues what it had no
/// time for. Every step may be repeated.
/// </summary>
public sealed partial class Retention(
    TableStore tables, OpenDeliveries open, CaseStore cases, CaseViews views, PrivacyRequestStore book, PrivacyRequestProcessor work,
    IOptionsMonitor<RetentionOptions> options, IOptionsMonitor<RecipientsOptions> recipients, TimeProvider time, ILogger<Retention> log)
{
    private const string Table = "privacy";
    private const string Partition = "retention";
    private const string Run = "run";

    // The host ends an invocation after five minutes.
    private static readonly TimeSpan Budget = TimeSpan.FromMinutes(1);

    // No link can be followed for longer than Links__ValidHours may be.
    private static readonly TimeSpan LongestLink = TimeSpan.FromDays(91);

    // Receipts of a customer are counted by day.
    private static readonly TimeSpan CountedFor = TimeSpan.FromDays(2);

    // Exports are deleted after 30 days.
    private static readonly TimeSpan OrdersFor = TimeSpan.FromDays(30);
    private const int CasesAtOnce = 200;

    /// <summary>Rows past their retention period.</summary>
    /// <param name="What">For the log.</param>
    /// <param name="Table">Their table.</param>
    /// <param name="Query">Which.</param>
    /// <param name="Stays">Rows among them that stay; null for none.</param>
    private sealed record Rest(string What, string Table, TableQuery Query, Func<TableRow, bool>? Stays = null);

    /// <summary>Begins a run.</summary>
    public async Task BeginAsync(CancellationToken ct)
    {
        var mark = await tables.GetAsync(Table, Partition, Run, ct);
        await tables.UpsertAsync(Table,
            new TableRow(Partition, Run) { ["DueAt"] = time.GetUtcNow(), ["DroppedTo"] = mark?.Time("DroppedTo") }, ct);
        await GoOnAsync(ct);
    }

    /// <summary>Goes on with a run that is not at its end; costs one call when there is none.</summary>
    public async Task GoOnAsync(CancellationToken ct)
    {
        if (await tables.GetAsync(Table, Partition, Run, ct) is not { } mark || mark.Time("DueAt") is null) return;
        var (now, started) = (time.GetUtcNow(), time.GetTimestamp());
        var droppedTo = await DropAsync(mark.Time("DroppedTo"), now, ct);
        var all = true;
        foreach (var rest in Rests(now)) all &= await SweepAsync(rest, started, ct);
        all &= await CasesAsync(now, ct);
        await tables.ReplaceAsync(Table, new TableRow(Partition, Run) { ["DueAt"] = all ? null : now, ["DroppedTo"] = droppedTo },
            mark.ETag, ct);
    }

    // A month's table is dropped once its youngest delivery is old enough. A table with unprocessed deliveries stays until its channel
    // has processed them.
    private async Task<DateTimeOffset> DropAsync(DateTimeOffset? droppedTo, DateTimeOffset now, CancellationToken ct)
    {
        var limit = DeliveryKey.MonthOf(now).AddMonths(-options.CurrentValue.DeliveryMonths);
        var month = droppedTo ?? limit.AddMonths(-12);
        for (; month < limit; month = month.AddMonths(1))
        {
            if (await open.AreInAsync(month, ct))
            {
                LogOpen(DeliveryKey.TableOf(month));
                return month;
            }

            await tables.DropAsync(DeliveryKey.TableOf(month), ct);
            LogDropped(DeliveryKey.TableOf(month));
        }

        return month;
    }

    // Closed cases go as an order goes that a person gave, some at a time; true when none is left. Years end, not months:
    // https://www.gesetze-im-internet.de/hgb/__257.html (5)
    private async Task<bool> CasesAsync(DateTimeOffset now, CancellationToken ct)
    {
        if ((await book.OpenOnesAsync(ct)).Exists(o => o.Order.Kind == PrivacyRequestKind.Retention)) return false;
        var year = new DateTimeOffset(now.AddMonths(-options.CurrentValue.CaseMonths).UtcDateTime.Year, 1, 1, 0, 0, 0, TimeSpan.Zero);
        List<PrivacyRequestCase> due = [];
        string? continuation = null;
        do
        {
            var page = await views.ClosedBeforeAsync(year, CasesAtOnce, continuation, ct);
            foreach (var (caseId, row) in page.Cases)
            {
                // Opened again since, and closed in a later year, or not at all: another row lists it then.
                if (await cases.HeadAsync(caseId, ct) is { Head: { } head } && CaseViews.IsListedBy(head, row))
                    due.Add(work.Named(caseId, head));
                else await views.ForgetAsync(row, ct);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null && due.Count < CasesAtOnce);
        if (due.Count == 0) return true;
        var order = await book.OpenAsync(new PrivacyRequest { Id = "", Kind = PrivacyRequestKind.Retention,
            Stage = PrivacyRequestStage.Erase, At = now, Cases = due }, ct);
        await work.WorkAsync(order, Budget, ct);
        return false;
    }

    private IEnumerable<Rest> Rests(DateTimeOffset now)
    {
        var settings = options.CurrentValue;
        var (noticesTo, actionsTo) = (now.AddDays(-settings.NoticeDays), now.AddMonths(-settings.ActionMonths));
        // Rows of counters carry no time of their own; the service notes when each was written.
        string Before(string property, DateTimeOffset at) => $"{property} lt {TableQuery.Literal(at)}";
        yield return new("notices", AttemptStore.Table,
            TableQuery.Partitions("2", string.Create(CultureInfo.InvariantCulture, $"{noticesTo.UtcDateTime:yyyyMMdd}|")));
        yield return new("bursts", AttemptStore.Table, TableQuery.Partitions("burst|", "burst}").Where(Before("Timestamp", noticesTo)));
        yield return new("receipts", AttemptStore.Table, TableQuery.Partitions("receipts|", "receipts}")
            .Where(Before("Timestamp", now - CountedFor)));
        yield return new("actions", "actions",
            TableQuery.Partitions("2", string.Create(CultureInfo.InvariantCulture, $"{actionsTo.UtcDateTime:yyyyMM}")));
        yield return new("links", "links", TableQuery.Partitions("-", "{").Where(Before("At", now - LongestLink)));
        yield return new("poison", PoisonMessages.Table, TableQuery.Partitions("a", "{").Where(Before("KeptAt", actionsTo)));
        yield return new("orders", Table, TableQuery.Partition("order").Where("Open eq false").Where(Before("At", now - OrdersFor)));
        yield return new("recipients", "recipients", TableQuery.Partition("choices").Where(Before("At", actionsTo)), row =>
            recipients.CurrentValue.Entries.ContainsKey(row.RowKey));
    }

    // True when nothing is left of it. A continuation names a key, so that deleting behind it does no harm.
    private async Task<bool> SweepAsync(Rest rest, long started, CancellationToken ct)
    {
        var (gone, table) = (0, rest.Table);
        string? continuation = null;
        do
        {
            if (time.GetElapsedTime(started) > Budget)
            {
                LogSwept(rest.What, gone, false);
                return false;
            }

            var page = await tables.QueryAsync(table, rest.Query.Select("RowKey"), ct, continuation);
            foreach (var rows in page.Rows.Where(r => rest.Stays?.Invoke(r) != true).GroupBy(r => r.PartitionKey, StringComparer.Ordinal))
            {
                await tables.DeleteAllAsync(table, rows, ct);
                gone += rows.Count();
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        if (gone > 0) LogSwept(rest.What, gone, true);
        return true;
    }

    [LoggerMessage(110, LogLevel.Information, "retention dropped {Month}")]
    private partial void LogDropped(string month);

    [LoggerMessage(111, LogLevel.Warning, "retention keeps {Month}: it holds deliveries that were never worked")]
    private partial void LogOpen(string month);

    [LoggerMessage(112, LogLevel.Information, "retention {What} gone={Count} all={All}")]
    private partial void LogSwept(string what, int count, bool all);
}
