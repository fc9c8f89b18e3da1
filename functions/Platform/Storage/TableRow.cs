using Azure;
using Azure.Data.Tables;

namespace Serverless.Platform.Storage;

/// <summary>
/// One row of a table. Values: string, int, long, bool, double, DateTimeOffset, Guid, byte[] or <see cref="ReadOnlyMemory{T}"/> of bytes;
/// null takes a property away.
/// A row is for one writer: not thread-safe.
/// </summary>
public sealed class TableRow
{
    /// <summary>The most that <see cref="SetBytes"/> takes, in bytes.</summary>
    public const int MaxBytes = 900 * 1024;

    /// <summary>The most one binary property holds, in bytes.</summary>
    public const int MaxProperty = 64 * 1024;

    public TableRow(string partitionKey, string rowKey)
        : this(new TableEntity(partitionKey, rowKey))
    {
    }

    internal TableRow(TableEntity entity)
    {
        (Entity, PartitionKey, RowKey) = (entity, entity.PartitionKey ?? "", entity.RowKey ?? "");
        if (entity.TryGetValue(TableLimits.ETagName, out var etag) && etag is string version) ETag = new ETag(version);
    }

    public string PartitionKey { get; }

    public string RowKey { get; }

    /// <summary>The version of the row as it was read or last written.</summary>
    public ETag ETag { get; set; }

    /// <summary>The row as the SDK sends it: keys, storage's own properties and the values.</summary>
    internal TableEntity Entity { get; }

    /// <summary>The values that are ours, without keys, version and time of the last write.</summary>
    internal IEnumerable<KeyValuePair<string, object>> Values =>
        Entity.Where(p => p.Value is not null && !TableLimits.IsOwn(p.Key)).Select(p => KeyValuePair.Create(p.Key, Shown(p.Value)));

    /// <summary>A value by the property's name (case counts), null when there is none.</summary>
    public object? this[string name]
    {
        get => !TableLimits.IsOwn(name) && Entity.TryGetValue(name, out var value) && value is not null ? Shown(value) : null;
        set
        {
            // Never written over: the SDK would turn the new value into the type of the old one.
            Entity.Remove(name);
            if (value is not null) Entity[TableLimits.CheckName(name)] = Storable(name, value);
        }
    }

    public string? Text(string name) => this[name] as string;

#pragma warning disable CA1720 // Named after what a table holds: Edm.Int32 and Edm.Int64.
    public int? Int(string name) => this[name] as int?;

    /// <summary>A whole number, whether it was stored as int or as long.</summary>
    public long? Long(string name) => this[name] switch { long value => value, int value => value, _ => null };
#pragma warning restore CA1720

    public bool? Flag(string name) => this[name] as bool?;

    /// <summary>A time, always with offset zero: storage keeps UTC only.</summary>
    public DateTimeOffset? Time(string name) => this[name] as DateTimeOffset?;

    /// <summary>
    /// Spreads bytes over the properties <c>name0</c>, <c>name1</c>... of at most 64 KiB each. The last is shorter than 64 KiB (empty if
    /// need be), so
    /// that a shorter value merged over a longer one is read back right. At most <see cref="MaxBytes"/>; the memory is not copied.
    /// </summary>
    public void SetBytes(string name, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            throw new ArgumentException($"{bytes.Length} bytes are more than the {MaxBytes} that fit in a row.", nameof(bytes));
        var part = 0;
        for (; bytes.Length >= MaxProperty; bytes = bytes[MaxProperty..]) this[name + part++] = bytes[..MaxProperty];
        this[name + part++] = bytes;
        while (this[name + part] is not null) this[name + part++] = null;
    }

    /// <summary>Value stored by <see cref="SetBytes"/>; null when there is none of that name.</summary>
    public ReadOnlyMemory<byte>? Bytes(string name)
    {
        if (this[name + "0"] is not ReadOnlyMemory<byte> first) return null;
        if (first.Length < MaxProperty) return first;
        var all = new MemoryStream();
        for (var part = 0; this[name + part] is ReadOnlyMemory<byte> bytes; part++)
        {
            all.Write(bytes.Span);
            if (bytes.Length < MaxProperty) break;
        }

        return all.GetBuffer().AsMemory(0, (int)all.Length);
    }

    // Callers see bytes as memory, regardless of the SDK's type.
    private static object Shown(object value) => value switch
    {
        BinaryData data => data.ToMemory(),
        byte[] bytes => new ReadOnlyMemory<byte>(bytes),
        _ => value,
    };

    private static object Storable(string name, object value) => value switch
    {
        ReadOnlyMemory<byte> bytes => BinaryData.FromBytes(bytes),
        string or int or long or bool or double or DateTimeOffset or Guid or byte[] => value,
        _ => throw new ArgumentException($"Property {name} is a {value.GetType().Name}, which a table cannot hold.", nameof(value)),
    };
}
