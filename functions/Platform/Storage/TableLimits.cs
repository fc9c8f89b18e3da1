using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Platform.Storage;

/// <summary>
/// The limits of the real table service, checked before sending because the emulator accepts what the service refuses.
/// Source: https://learn.microsoft.com/en-us/rest/api/storageservices/understanding-the-table-service-data-model
/// </summary>
internal static class TableLimits
{
    public const int Key = 512;
    public const int Properties = 252;
    public const int Text = 32_768;
    public const int Row = 1024 * 1024;
    public const int BatchOperations = 100;
    public const int BatchBytes = 4 * 1024 * 1024;
    public const int Page = 1000;

    // What the SDK writes at most: one character as \uXXXX in JSON, as three escaped bytes in a URL; number, time or guid; name of the type
    // with its quotes; headers and URL of an operation, without the account's address.
    private const int Escape = 6;
    private const int EscapeInUrl = 9;
    private const int LongestNumber = 40;
    private const int AroundProperty = 64;
    private const int AroundOperation = 2048;

    /// <summary>Name under which the SDK stores a row's version among its values.</summary>
    public const string ETagName = "odata.etag";

    private static readonly DateTimeOffset Earliest = new(1601, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Refuses a key that is empty, longer than 512 characters, or holds / \ # ? or a control character.</summary>
    public static void CheckKey(string key, string name)
    {
        if (string.IsNullOrEmpty(key)) throw new ImpossibleKeyException($"A row's {name} must not be empty.", name);
        if (key.Length > Key) throw new ImpossibleKeyException($"A row's {name} has {key.Length} characters; {Key} fit.", name);
        foreach (var c in key)
        {
            if (c is '/' or '\\' or '#' or '?' || char.IsControl(c))
            {
                throw new ImpossibleKeyException(
                    $"A row's {name} must not hold U+{(int)c:X4}: hash or encode what comes from outside.", name);
            }
        }
    }

    /// <summary>Refuses a row that breaks a limit; the size is counted as the service counts it.</summary>
    /// <returns>Bytes that the row takes at most in a batch, with what is written around it: never fewer than the SDK writes.</returns>
    public static long CheckRow(TableRow row)
    {
        var written = CheckKeys(row.PartitionKey, row.RowKey);
        var count = 0;
        var size = 4L + (2 * (row.PartitionKey.Length + row.RowKey.Length));
        foreach (var (name, value) in row.Entity)
        {
            if (value is null || IsOwn(name)) continue;
            count++;
            var bytes = Size(CheckName(name), value);
            size += 8 + (2 * name.Length) + bytes;
            written += (Escape * ((2 * name.Length) + Longest(value, bytes))) + AroundProperty;
        }

        if (count > Properties) throw new ArgumentException($"A row has {count} properties; {Properties} fit.", nameof(row));
        if (size > Row) throw new ArgumentException($"A row has {size} bytes; {Row} fit.", nameof(row));
        return written;
    }

    /// <summary>Refuses keys that break a limit; bytes that an operation with them takes at most in a batch, without values.</summary>
    public static long CheckKeys(string partitionKey, string rowKey)
    {
        CheckKey(partitionKey, nameof(partitionKey));
        CheckKey(rowKey, nameof(rowKey));
        return AroundOperation + ((Escape + EscapeInUrl) * (long)(partitionKey.Length + rowKey.Length));
    }

    /// <summary>Whether a property is storage's own: a key, the version, the time of the last write.</summary>
    public static bool IsOwn(string name) =>
        name is "PartitionKey" or "RowKey" or "Timestamp" || name.StartsWith("odata.", StringComparison.Ordinal);

    /// <summary>Refuses a table name that is not 3 to 63 letters and digits after a letter.</summary>
    public static void CheckTable(string table)
    {
        if (table.Length is < 3 or > 63 || !char.IsAsciiLetter(table[0]) || !table.All(char.IsAsciiLetterOrDigit))
            throw new ArgumentException($"'{table}' is no table name: 3 to 63 letters and digits, first a letter.", nameof(table));
    }

    /// <summary>Refuses what cannot be the name of a property; gives the name.</summary>
    public static string CheckName(string name)
    {
        if (name is "PartitionKey" or "RowKey" or "Timestamp")
            throw new ArgumentException($"{name} is storage's own property.", nameof(name));
        if (name.Length is < 1 or > 255 || (!char.IsLetter(name[0]) && name[0] != '_'))
            throw new ArgumentException($"'{name}' is no property name: a letter or _ first, at most 255 characters.", nameof(name));
        foreach (var c in name)
        {
            if (!char.IsLetterOrDigit(c) && c != '_')
                throw new ArgumentException($"'{name}' is no property name: letters, digits and _ only.", nameof(name));
        }

        return name;
    }

    // Characters that a value takes at most before JSON escapes them; bytes are written as base64.
    private static int Longest(object value, int size) => value switch
    {
        string text => text.Length,
        BinaryData or byte[] => ((size / 3) + 1) * 4,
        _ => LongestNumber,
    };

    private static int Size(string name, object value) => value switch
    {
        string text => text.Length <= Text ? 4 + (2 * text.Length)
            : throw new ArgumentException($"Property {name} has {text.Length} characters; {Text} fit.", nameof(value)),
        BinaryData bytes => Size(name, bytes.ToMemory().Length),
        byte[] bytes => Size(name, bytes.Length),
        DateTimeOffset time => time >= Earliest
            ? 8 : throw new ArgumentException($"Property {name} lies before 1601, which a table cannot hold.", nameof(value)),
        Guid => 16,
        bool => 1,
        int => 4,
        _ => 8,
    };

    private static int Size(string name, int bytes) => bytes <= TableRow.MaxProperty
        ? 4 + bytes
        : throw new ArgumentException($"Property {name} has {bytes} bytes; {TableRow.MaxProperty} fit. Use SetBytes.", nameof(bytes));

    /// <summary>
    /// Refuses a batch that is longer than the service takes, before it goes out. Only here its bytes are known: the SDK writes them, and
    /// does it once more to count them. So it stands in the way of those batches only that <see cref="TableBatch"/> cannot say are short
    /// enough.
    /// </summary>
    internal sealed class BatchBytesPolicy : HttpPipelineSynchronousPolicy
    {
        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Content is { } content && content.TryComputeLength(out var length) && length > BatchBytes)
                throw new ArgumentException($"A batch has {length} bytes; {BatchBytes} fit.", nameof(message));
        }
    }
}
