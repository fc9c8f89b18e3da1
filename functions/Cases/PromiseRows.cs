using System.Text.Json;
using Serverless.Cases.Rules;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>
/// Promises as rows of their case: the truth about them; the head repeats the open ones, so that a decision needs no further read.
/// </summary>
internal static class PromiseRows
{
    /// <summary>
    /// Adds rows to a batch that also replaces the head by its version: nothing brings a withdrawn promise back. The last of several of
    /// one id counts.
    /// </summary>
    public static void AddTo(List<TableOperation> operations, string caseId, IReadOnlyList<Promise>? promises)
    {
        foreach (var promise in (promises ?? []).GroupBy(p => p.Id, StringComparer.Ordinal).Select(p => p.Last()))
        {
            var row = new TableRow(caseId, CaseKeys.PromisePrefix + promise.Id) { ["State"] = promise.State.ToString(),
                ["Due"] = promise.Due };
            row["Json"] = Write([promise]);
            operations.Add(new TableOperation.Upsert(row));
        }
    }

    /// <summary>The promise of a row; none when it cannot be read.</summary>
    public static IReadOnlyList<Promise> Read(TableRow row) => Parse(row.Text("Json"));

    /// <summary>Promises as text; null for none.</summary>
    public static string? Write(IReadOnlyList<Promise> promises) => promises.Count == 0 ? null : JsonSerializer
        .Serialize(promises, CaseJson.Default.IReadOnlyListPromise);

    /// <summary>Promises from text.</summary>
    public static IReadOnlyList<Promise> Parse(string? json) => json is null ? [] : JsonSerializer
        .Deserialize(json, CaseJson.Default.IReadOnlyListPromise) ?? [];
}
