using System.Globalization;
using Microsoft.Extensions.Options;
using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Intake;
using Serverless.Platform.Audit;
using Serverless.Platform.Storage;

namespace Serverless.Privacy;

/// <summary>
/// Processes privacy requests step by step. Each step may be repeated, and progress is written after it: after a crash the next tick
/// continues.
/// </summary>
public sealed partial class PrivacyRequestProcessor(
    PrivacyRequestStore book, CaseStore cases, CaseEraser eraser, DeliveryMatcher speaking, DeliveryErasure deliveries, TableStore tables,
    AuditLog actions, IOptionsMonitor<RetentionOptions> options, TimeProvider time, ILogger<PrivacyRequestProcessor> log)
{
    private const int EventsAtOnce = 500;

    // A row is up to a megabyte.
    private const int DeliveriesAtOnce = 250;

    // The host ends an invocation after five minutes.
    private static readonly TimeSpan Budget = TimeSpan.FromMinutes(1);

    // Longer than anything that was being written when the tombstone was set.
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(10);

    // A provider may report on a case for this time after its last contact.
    private static readonly TimeSpan LateCopies = TimeSpan.FromDays(31);

    /// <summary>Goes on with every order that is not done; costs one call when there is none. One that fails stops no other, and is thrown
    /// at the end.</summary>
    public async Task WorkOpenAsync(CancellationToken ct)
    {
        var started = time.GetTimestamp();
        List<Task> failed = [];
        foreach (var order in await book.OpenOnesAsync(ct))
        {
            var working = WorkAsync(order, Budget - time.GetElapsedTime(started), ct);
            await ((Task)working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!working.IsCompletedSuccessfully) failed.Add(working);
        }

        await Task.WhenAll(failed);
    }

    /// <summary>Processes a request until it is done, has to wait, is claimed by another run, or the time is up.</summary>
    public async Task<PrivacyRequest> WorkAsync(PrivacyRequestStore.Versioned current, TimeSpan budget, CancellationToken ct)
    {
        var started = time.GetTimestamp();
        while (current.Order.Stage != PrivacyRequestStage.Done && !(current.Order.DueAt > time.GetUtcNow())
            && time.GetElapsedTime(started) < budget)
        {
            var next = await StepAsync(current.Order, ct);
            if (next.Stage == PrivacyRequestStage.Done) next = await FinishedAsync(next, ct);
            if (await book.WriteAsync(current, next, ct) is not { } written) break;
            current = written;
        }

        return current.Order;
    }

    /// <summary>The oldest month of stored deliveries.</summary>
    public DateTimeOffset KeptFrom => DeliveryKey.MonthOf(time.GetUtcNow()).AddMonths(-(options.CurrentValue.DeliveryMonths + 1));

    /// <summary>A case as an order names it.</summary>
    public PrivacyRequestCase Named(string caseId, Case? head)
    {
        DateTimeOffset? keepUntil = head?.ClosedAt is { } closed && head.State == CaseState.Closed
            ? new DateTimeOffset(closed.UtcDateTime.Year + 1, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(options.CurrentValue.CaseMonths)
            : null;
        return new PrivacyRequestCase(caseId, head?.Number, head is null
            ? null : head.State == CaseState.Closed ? "closed" : "open", keepUntil);
    }

    private Task<PrivacyRequest> StepAsync(PrivacyRequest order, CancellationToken ct) => order.Stage switch
    {
        PrivacyRequestStage.Cases => CasesAsync(order, ct),
        PrivacyRequestStage.Erase => EraseAsync(order, ct),
        PrivacyRequestStage.Deliveries => DeliveriesAsync(order, ct),
        PrivacyRequestStage.Again => AgainAsync(order, ct),
        _ => Task.FromResult(order),
    };

    private async Task<PrivacyRequest> CasesAsync(PrivacyRequest order, CancellationToken ct)
    {
        var address = PersonAddress.Parse(order.Address, out _)!;
        var page = await cases.EventsOfAllAsync(EventsAtOnce, order.Continuation, ct);
        var found = order.Cases.ToDictionary(c => c.Id, StringComparer.Ordinal);
        var keys = order.Keys.ToHashSet(StringComparer.Ordinal);
        foreach (var (caseId, stored) in page.Events.Where(e => address.IsOf(e.Event.Event.Contact)))
        {
            if (keys.Count < PrivacyRequest.MostKeys) keys.Add(stored.ContactId);
            if (!found.ContainsKey(caseId) && found.Count < PrivacyRequest.MostCases)
                found[caseId] = Named(caseId, (await cases.HeadAsync(caseId, ct))?.Head);
        }

        order = order
            with { Cases = [.. found.Values], Keys = [.. keys], EventsRead = order.EventsRead + page.Events.Count,
                Continuation = page.Continuation };
        return page.Continuation is not null
            ? order : order
            with { Stage = order.Kind == PrivacyRequestKind.Find
                ? PrivacyRequestStage.Deliveries : PrivacyRequestStage.Erase, From = KeptFrom };
    }

    // Identifiers of deliveries are stored before the case is erased: "3" is followed by "3 traced", and that by "4".
    private async Task<PrivacyRequest> EraseAsync(PrivacyRequest order, CancellationToken ct)
    {
        const string Traced = " traced";
        var traced = order.Continuation?.EndsWith(Traced, StringComparison.Ordinal) == true;
        var at = order.Continuation is { } text ? int.Parse(traced ? text[..^Traced.Length] : text, CultureInfo.InvariantCulture) : 0;
        if (at >= order.Cases.Count)
            return order.From is null ? LookAgain(order) : order with { Stage = PrivacyRequestStage.Deliveries, Continuation = null };
        if (traced)
        {
            var emptied = await eraser.EraseAsync(order.Cases[at].Id, order.At, ct);
            return order with { Continuation = (at + 1).ToString(CultureInfo.InvariantCulture), DeliveriesMet = order.DeliveriesMet
                + emptied };
        }

        var traces = await eraser.TracesAsync(order.Cases[at].Id, ct);
        var (from, keys) = (order.From, order.Keys);
        // Of an older case every delivery is gone with its month.
        if (traces.From is { } first && traces.To + LateCopies >= KeptFrom)
        {
            keys = [.. keys.Concat(traces.Keys).Distinct(StringComparer.Ordinal).Take(PrivacyRequest.MostKeys)];
            // A copy may have been in quarantine before the one that came through.
            var month = DeliveryKey.MonthOf(first.AddDays(-7));
            if (month < KeptFrom) month = KeptFrom;
            if (!(from <= month)) from = month;
        }

        return order with
        {
            Continuation = string.Create(CultureInfo.InvariantCulture, $"{at}{Traced}"),
            Keys = keys,
            From = from,
        };
    }

    private async Task<PrivacyRequest> DeliveriesAsync(PrivacyRequest order, CancellationToken ct)
    {
        var wanted = DeliveryMatcher.Wanted.Of(order);
        var parts = (order.Continuation ?? string.Create(CultureInfo.InvariantCulture, $"{order.From:yyyyMM}.")).Split('.', 2);
        var at = DateTimeOffset.ParseExact(parts[0], "yyyyMM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var month = DeliveryKey.TableOf(at);
        // All shards and channels of a month, in one walk.
        var page = await tables.QueryAsync(month, TableQuery.Partitions("0", "1").Where($"End ne '{DeliveryEnd.Erased}'")
            .Top(DeliveriesAtOnce), ct, parts[1].Length > 0 ? parts[1] : null);
        List<string> met = [], quarantined = [];
        foreach (var row in page.Rows)
        {
            var key = new DeliveryKey(row.PartitionKey.Split('|')[1], row.RowKey);
            if (row.Time(DeliveryEntity.ErasedAt) is not null || !await speaking.OfAsync(wanted, key, row, ct)) continue;
            met.Add(key.ToString());
            if (row.Text("End") == DeliveryEnd.Quarantined) quarantined.Add(key.ToString());
            if (order.Kind != PrivacyRequestKind.Find) await deliveries.EraseAsync(key, row, null, ct);
        }

        order = order with
        {
            DeliveriesRead = order.DeliveriesRead + page.Rows.Count,
            DeliveriesMet = order.DeliveriesMet + met.Count,
            Deliveries = [.. order.Deliveries.Concat(met).Take(PrivacyRequest.MostDeliveries)],
            Quarantined = [.. order.Quarantined.Concat(quarantined).Take(PrivacyRequest.MostDeliveries)],
            Continuation = string.Create(CultureInfo.InvariantCulture,
                $"{(page.Continuation is null ? at.AddMonths(1) : at):yyyyMM}.{page.Continuation}"),
        };
        if (page.Continuation is not null || at < DeliveryKey.MonthOf(time.GetUtcNow())) return order;
        return order.Kind == PrivacyRequestKind.Find
            ? order with { Stage = PrivacyRequestStage.Done, Continuation = null } : LookAgain(order);
    }

    private async Task<PrivacyRequest> AgainAsync(PrivacyRequest order, CancellationToken ct)
    {
        var at = int.Parse(order.Continuation ?? "0", CultureInfo.InvariantCulture);
        if (at >= order.Cases.Count) return order with { Stage = PrivacyRequestStage.Done, Continuation = null, DueAt = null };
        var emptied = await eraser.EraseAsync(order.Cases[at].Id, order.At, ct);
        return order with { Continuation = (at + 1).ToString(CultureInfo.InvariantCulture), DeliveriesMet = order.DeliveriesMet + emptied };
    }

    private PrivacyRequest LookAgain(PrivacyRequest order) =>
        order with { Stage = PrivacyRequestStage.Again, Continuation = null, DueAt = time.GetUtcNow() + LookAgainAfter };

    private async Task<PrivacyRequest> FinishedAsync(PrivacyRequest order, CancellationToken ct)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal) { ["cases"] = order.Cases.Count,
            ["deliveries"] = order.DeliveriesMet };
        if (order.Audit is [var month, var row]) await actions.EndAsync(new AuditLog.Begun(month, row), counts, ct);
        LogDone(order.Id, order.Kind, order.Cases.Count, order.DeliveriesMet, order.EventsRead, order.DeliveriesRead);
        order = order with { DoneAt = time.GetUtcNow() };
        if (order.Kind == PrivacyRequestKind.Find) return order;
        // Nothing may identify the person any more.
        if (order.Address is { } address) await book.ForgetAsync(address, order.Id, ct);
        return order with { Address = null, Keys = [] };
    }

    [LoggerMessage(113, LogLevel.Information,
        "privacy {Order} {Kind} done cases={Cases} deliveries={Deliveries} eventsRead={EventsRead} deliveriesRead={DeliveriesRead}")]
    private partial void LogDone(string order, PrivacyRequestKind kind, int cases, int deliveries, int eventsRead, int deliveriesRead);
}
