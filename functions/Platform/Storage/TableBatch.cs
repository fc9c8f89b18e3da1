using Azure;
using Azure.Data.Tables;

namespace Serverless.Platform.Storage;

/// <summary>Adds to the SDK's entity group transaction: its limits, and that a row is changed only with a version.</summary>
internal static class TableBatch
{
    /// <summary>Refuses what the service would refuse; what the SDK is to send.</summary>
    /// <param name="operations">All writes of the batch.</param>
    /// <param name="mayBeTooLong">True when the bytes must be counted before sending; false when even the longest spelling of all values
    /// fits.</param>
    public static List<TableTransactionAction> Actions(IReadOnlyList<TableOperation> operations, out bool mayBeTooLong)
    {
        var longest = 0L;
        if (operations.Count is < 1 or > TableLimits.BatchOperations)
            throw new ArgumentException($"A batch has {operations.Count} operations; 1 to {TableLimits.BatchOperations} fit.",
                nameof(operations));
        var rows = new HashSet<string>(operations.Count, StringComparer.Ordinal);
        var actions = new List<TableTransactionAction>(operations.Count);
        foreach (var operation in operations)
        {
            if (!string.Equals(operation.Partition, operations[0].Partition, StringComparison.Ordinal))
                throw new ArgumentException("All operations of a batch lie in one partition.", nameof(operations));
            if (!rows.Add(operation.Row)) throw new ArgumentException("A row occurs twice in a batch.", nameof(operations));
            longest += Row(operation) is { } row ? TableLimits.CheckRow(row) : TableLimits.CheckKeys(operation.Partition, operation.Row);
            actions.Add(Action(operation));
        }

        mayBeTooLong = longest > TableLimits.BatchBytes;
        return actions;
    }

    /// <summary>Gives each row written its new version.</summary>
    public static void SetVersions(IReadOnlyList<TableOperation> operations, IReadOnlyList<Response> answers)
    {
        for (var i = 0; i < operations.Count; i++)
        {
            if (Row(operations[i]) is { } row) row.ETag = answers[i].Headers.ETag ?? default;
        }
    }

    private static TableTransactionAction Action(TableOperation operation) => operation switch
    {
        TableOperation.Insert o => new(TableTransactionActionType.Add, o.Entity.Entity),
        TableOperation.Upsert o => new(TableTransactionActionType.UpsertReplace, o.Entity.Entity),
        TableOperation.Replace o => new(TableTransactionActionType.UpdateReplace, o.Entity.Entity, Named(o.IfMatch)),
        TableOperation.Merge o => new(TableTransactionActionType.UpdateMerge, o.Entity.Entity, Named(o.IfMatch)),
        TableOperation.Delete o => new(TableTransactionActionType.Delete, new TableEntity(o.PartitionKey, o.RowKey), Named(o.IfMatch)),
        _ => throw new ArgumentException("An unknown operation.", nameof(operation)),
    };

    // No ETag would mean "insert or merge" on the wire, which brings an erased row back.
    internal static ETag Named(ETag ifMatch) => ifMatch == default
        ? throw new ArgumentException("Name the version that the row must have, or ETag.All.", nameof(ifMatch))
        : ifMatch;

    private static TableRow? Row(TableOperation operation) => operation switch
    {
        TableOperation.Insert o => o.Entity,
        TableOperation.Upsert o => o.Entity,
        TableOperation.Replace o => o.Entity,
        TableOperation.Merge o => o.Entity,
        _ => null,
    };
}
