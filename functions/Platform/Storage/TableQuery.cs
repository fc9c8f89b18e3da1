using System.Runtime.CompilerServices;
using Azure.Data.Tables;

namespace Serverless.Platform.Storage;

/// <summary>
/// What to read of a table. It always names one partition or a bounded range of them: a scan of a whole table cannot be expressed.
/// Rows come in the order of PartitionKey, RowKey (ordinal). Each method gives a new query.
/// </summary>
public sealed record TableQuery
{
    private TableQuery(string filter) => Filter = filter;

    internal string Filter { get; private init; }

    internal IReadOnlyList<string>? Properties { get; private init; }

    internal int? PageSize { get; private init; }

    public static TableQuery Partition(string partitionKey)
    {
        TableLimits.CheckKey(partitionKey, nameof(partitionKey));
        return new TableQuery(TableClient.CreateQueryFilter($"PartitionKey eq {partitionKey}"));
    }

    /// <summary>Partitions from a key, up to but not with another.</summary>
    public static TableQuery Partitions(string from, string toExclusive)
    {
        TableLimits.CheckKey(from, nameof(from));
        TableLimits.CheckKey(toExclusive, nameof(toExclusive));
        return string.CompareOrdinal(from, toExclusive) < 0
            ? new TableQuery(TableClient.CreateQueryFilter($"PartitionKey ge {from} and PartitionKey lt {toExclusive}"))
            : throw new ArgumentException("The first partition must come before the end.", nameof(toExclusive));
    }

    public TableQuery Rows(string fromInclusive, string toExclusive) =>
        And(TableClient.CreateQueryFilter($"RowKey ge {fromInclusive} and RowKey lt {toExclusive}"));

    /// <summary>Rows whose key begins with a text (not empty).</summary>
    public TableQuery RowPrefix(string prefix)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        return prefix[^1] == char.MaxValue
            ? throw new ArgumentException("No key comes after U+FFFF.", nameof(prefix))
            : Rows(prefix, prefix[..^1] + (char)(prefix[^1] + 1));
    }

    /// <summary>
    /// A condition for <see cref="Where"/>: rows whose key begins with a text (not empty), where one query wants several kinds of rows of a
    /// partition.
    /// </summary>
    public static string Within(string prefix)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        return TableClient.CreateQueryFilter($"RowKey ge {prefix} and RowKey lt {prefix[..^1] + (char)(prefix[^1] + 1)}");
    }

    /// <summary>A further condition on properties, in OData; put values in with <see cref="Literal"/>, never by hand.</summary>
    public TableQuery Where(string odataFilter) => And($"({odataFilter})");

    /// <summary>Only these properties (and the keys); for bytes name each part (<c>body0</c>, <c>body1</c>...).</summary>
    public TableQuery Select(params string[] properties) => this with { Properties = ["PartitionKey", "RowKey", .. properties] };

    /// <summary>At most so many rows a page, 1 to 1000; a page may hold fewer, even none, and still go on.</summary>
    public TableQuery Top(int pageSize) => pageSize is >= 1 and <= TableLimits.Page
        ? this with { PageSize = pageSize }
        : throw new ArgumentOutOfRangeException(nameof(pageSize), pageSize, "A page has 1 to 1000 rows.");

    /// <summary>A value as OData spells it in a filter, quotes doubled.</summary>
    public static string Literal(object value) => TableClient.CreateQueryFilter(FormattableStringFactory.Create("{0}", value));

    private TableQuery And(string condition) => this with { Filter = $"{Filter} and {condition}" };
}
