using System.Runtime.InteropServices;
using Azure;

namespace Serverless.Platform.Storage;

/// <summary>Outcome of a write.</summary>
public enum WriteState
{
    Written,

    /// <summary>An insert found a row of that key (409). After a retry whose first answer was lost it may be our own row: compare, or be
    /// idempotent.</summary>
    Exists,

    /// <summary>The row is no longer the version named (412).</summary>
    Changed,

    /// <summary>There is no such row (404). After a retried delete whose first answer was lost it may be our own doing.</summary>
    Missing,
}

/// <summary>Outcome of one write; the ETag is that of the row written, otherwise default.</summary>
public readonly record struct WriteResult(WriteState State, ETag ETag);

/// <summary>One page of a query; the continuation is opaque, URL-safe text, null at the end. A page may be empty and still go on.</summary>
public sealed record TablePage(IReadOnlyList<TableRow> Rows, string? Continuation);

/// <summary>
/// Outcome of a batch. Written: all of it. Otherwise nothing was written, and the index names the operation that failed.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BatchResult(WriteState State, int FailedIndex);

/// <summary>One write in a batch; all of a batch lie in one partition and no row occurs twice.</summary>
public abstract record TableOperation
{
    private TableOperation(string partitionKey, string rowKey) => (Partition, Row) = (partitionKey, rowKey);

    internal string Partition { get; }

    internal string Row { get; }

    /// <summary>Fails with <see cref="WriteState.Exists"/> when the row is there.</summary>
    public sealed record Insert(TableRow Entity) : TableOperation(Entity.PartitionKey, Entity.RowKey);

    /// <summary>Fails with <see cref="WriteState.Changed"/> or <see cref="WriteState.Missing"/>.</summary>
    public sealed record Replace(TableRow Entity, ETag IfMatch) : TableOperation(Entity.PartitionKey, Entity.RowKey);

    /// <summary>Sets the properties named and leaves the others; never creates a row.</summary>
    public sealed record Merge(TableRow Entity, ETag IfMatch) : TableOperation(Entity.PartitionKey, Entity.RowKey);

    /// <summary>Inserts or replaces.</summary>
    public sealed record Upsert(TableRow Entity) : TableOperation(Entity.PartitionKey, Entity.RowKey);

    public sealed record Delete(string PartitionKey, string RowKey, ETag IfMatch) : TableOperation(PartitionKey, RowKey);
}
