using System.Globalization;
using System.Text.Json;
using Azure;

namespace Serverless.Platform.Storage;

/// <summary>
/// A row as the JSON of the table service: types that JSON lacks are named by <c>Name@odata.type</c> beside the value.
/// Source: https://learn.microsoft.com/en-us/rest/api/storageservices/payload-format-for-table-service-operations
/// </summary>
internal static class TableRowJson
{
    private const string TypeMark = "@odata.type";

    public static void Write(Utf8JsonWriter json, TableRow row)
    {
        json.WriteStartObject();
        json.WriteString("PartitionKey"u8, row.PartitionKey);
        json.WriteString("RowKey"u8, row.RowKey);
        foreach (var (name, value) in row.Values) Write(json, name, value);
        json.WriteEndObject();
    }

    /// <summary>The rows of <c>{"value":[{...},...]}</c>.</summary>
    public static List<TableRow> ReadPage(ReadOnlySpan<byte> body)
    {
        var rows = new List<TableRow>();
        var reader = new Utf8JsonReader(body);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isValue = reader.ValueTextEquals("value"u8);
            reader.Read();
            if (!isValue) reader.Skip();
            else while (reader.Read() && reader.TokenType == JsonTokenType.StartObject) rows.Add(Read(ref reader));
        }

        return rows;
    }

    public static TableRow ReadRow(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        reader.Read();
        return Read(ref reader);
    }

    private static void Write(Utf8JsonWriter json, string name, object value)
    {
        switch (value)
        {
            case string text:
                json.WriteString(name, text);
                break;
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case int number:
                json.WriteNumber(name, number);
                break;
            case long number:
                Mark(json, name, "Edm.Int64");
                Span<char> digits = stackalloc char[20];
                number.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
                json.WriteString(name, digits[..length]);
                break;
            case double number:
                Mark(json, name, "Edm.Double");
                if (double.IsFinite(number)) json.WriteNumber(name, number);
                else json.WriteString(name, double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
                break;
            case DateTimeOffset time:
                Mark(json, name, "Edm.DateTime");
                json.WriteString(name, time.UtcDateTime); // seven digits of a second at most, and Z
                break;
            case Guid id:
                Mark(json, name, "Edm.Guid");
                json.WriteString(name, id);
                break;
            case ReadOnlyMemory<byte> bytes:
                Mark(json, name, "Edm.Binary");
                json.WriteBase64String(name, bytes.Span);
                break;
            default:
                throw new InvalidOperationException($"No JSON for {value.GetType().Name}.");
        }
    }

    private static void Mark(Utf8JsonWriter json, string name, string type) => json.WriteString(name + TypeMark, type);

    private static TableRow Read(ref Utf8JsonReader reader)
    {
        string? partitionKey = null, rowKey = null, etag = null;
        var values = new List<KeyValuePair<string, object>>(16);
        List<KeyValuePair<string, string>>? types = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (name is "PartitionKey") partitionKey = reader.GetString();
            else if (name is "RowKey") rowKey = reader.GetString();
            else if (name is "odata.etag") etag = reader.GetString();
            else if (name is "Timestamp" || name.StartsWith("odata.", StringComparison.Ordinal)) reader.Skip();
            else if (name.EndsWith(TypeMark, StringComparison.Ordinal)) (types ??= []).Add(KeyValuePair.Create(name[..^TypeMark.Length], reader.GetString()!));
            else if (Plain(ref reader) is { } value) values.Add(KeyValuePair.Create(name, value));
        }

        var row = new TableRow(partitionKey ?? "", rowKey ?? "");
        if (etag is not null) row.ETag = new ETag(etag);
        foreach (var (name, value) in values) row[name] = value is string text ? Typed(text, TypeOf(types, name)) : WithType(value, TypeOf(types, name));
        return row;
    }

    private static object? Plain(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString();
            case JsonTokenType.True:
                return true;
            case JsonTokenType.False:
                return false;
            case JsonTokenType.Number:
                return reader.TryGetInt32(out var number) ? (object)number : reader.GetDouble(); // without the cast both become double
            default:
                reader.Skip();
                return null;
        }
    }

    private static string? TypeOf(List<KeyValuePair<string, string>>? types, string name)
    {
        if (types is null) return null;
        foreach (var (property, type) in types)
        {
            if (string.Equals(property, name, StringComparison.Ordinal)) return type;
        }

        return null;
    }

    private static object Typed(string text, string? type) => type switch
    {
        "Edm.Int64" => long.Parse(text, CultureInfo.InvariantCulture),
        "Edm.DateTime" => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal),
        "Edm.Guid" => Guid.Parse(text),
        "Edm.Binary" => new ReadOnlyMemory<byte>(Convert.FromBase64String(text)),
        "Edm.Double" => double.Parse(text, CultureInfo.InvariantCulture),
        _ => text,
    };

    // 2.0 may come back as 2, with its type beside it.
    private static object WithType(object value, string? type) => value is int number && type is "Edm.Double" ? (double)number : value;
}
