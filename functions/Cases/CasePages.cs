using Serverless.Cases.Rules;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>Reads the contacts and history of a long case page by page, latest first.</summary>
public sealed class CasePages(TableStore tables)
{
    /// <summary>Of a case its replies.</summary>
    public async Task<List<CaseReply>> RepliesAsync(string caseId, CancellationToken ct)
    {
        List<CaseReply> replies = [];
        var query = TableQuery.Partition(caseId).RowPrefix(CaseKeys.ReplyPrefix);
        await foreach (var row in tables.QueryAllAsync(CaseStore.Table, query, ct)) replies.Add(CaseReplies.Read(row));
        return replies;
    }

    /// <summary>Of a case every promise that was ever made in it.</summary>
    public async Task<List<Promise>> PromisesAsync(string caseId, CancellationToken ct)
    {
        List<Promise> promises = [];
        var query = TableQuery.Partition(caseId).RowPrefix(CaseKeys.PromisePrefix);
        await foreach (var row in tables.QueryAllAsync(CaseStore.Table, query, ct)) promises.AddRange(PromiseRows.Read(row));
        return promises;
    }

    /// <summary>A page of the ids of a case's contacts, the latest first.</summary>
    /// <exception cref="ArgumentException">The continuation is none of this query.</exception>
    public async Task<(IReadOnlyList<string> Contacts, string? Continuation)> OrderAsync(
        string caseId, int top, string? continuation, CancellationToken ct)
    {
        var page = await tables.QueryAsync(CaseStore.Table, TableQuery.Partition(caseId).RowPrefix(CaseKeys.OrderPrefix).Top(top), ct,
            continuation);
        return ([.. page.Rows.Select(r => r.RowKey[(r.RowKey.LastIndexOf('|') + 1)..])], page.Continuation);
    }

    /// <summary>A page of the published events of a case, latest first.</summary>
    /// <exception cref="ArgumentException">The continuation is none of this query.</exception>
    public async Task<TablePage> HistoryAsync(string caseId, int top, string? continuation, CancellationToken ct) =>
        await tables.QueryAsync(CaseStore.Table, TableQuery.Partition(caseId).RowPrefix(CaseKeys.HistoryPrefix).Top(top), ct, continuation);
}
