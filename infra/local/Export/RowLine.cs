using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Azure.Data.Tables;

namespace Serverless.Local.Export;

/// <summary>A row as one line of JSON, each value beside the name of its type where JSON has none. The SDK keeps its own writer to
/// itself.</summary>
/// <remarks>https://learn.microsoft.com/rest/api/storageservices/payload-format-for-table-service-operations</remarks>
internal static class RowLine
{
    // As the app writes JSON: a number or name in a row reads as itself.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const string TypeMark = "@odata.type";

    /// <summary>The line, with its end. The version and the time of the last write belong to the account, not to the row.</summary>
    public static ReadOnlyMemory<byte> Write(TableEntity row)
    {
        var line = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(line, Plain))
        {
            json.WriteStartObject();
            foreach (var (name, value) in row.Where(p => p.Value is not null && p.Key != "Timestamp"
                && !p.Key.StartsWith("odata.", StringComparison.Ordinal))) Write(json, name, value);
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        return line.WrittenMemory;
    }

    public static TableEntity Read(string line)
    {
        using var json = JsonDocument.Parse(line);
        var row = new TableEntity();
        foreach (var property in json.RootElement.EnumerateObject().Where(p => !p.Name.EndsWith(TypeMark, StringComparison.Ordinal)))
            row[property.Name] = Read(property.Value, json.RootElement.TryGetProperty(property.Name + TypeMark, out var type)
                ? type.GetString() : null);
        return row;
    }

    private static void Write(Utf8JsonWriter json, string name, object value)
    {
        var (type, text) = value switch
        {
            long number => ("Edm.Int64", number.ToString(CultureInfo.InvariantCulture)),
            double number => ("Edm.Double", number.ToString("R", CultureInfo.InvariantCulture)),
            DateTimeOffset time => ("Edm.DateTime", time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)),
            Guid id => ("Edm.Guid", id.ToString()),
            byte[] bytes => ("Edm.Binary", Convert.ToBase64String(bytes)),
            _ => ((string?)null, value as string),
        };
        if (type is not null) json.WriteString(name + TypeMark, type);
        if (value is bool flag) json.WriteBoolean(name, flag);
        else if (value is int number) json.WriteNumber(name, number);
        else json.WriteString(name, text);
    }

    private static object Read(JsonElement value, string? type) => (value.ValueKind, type) switch
    {
        (JsonValueKind.True or JsonValueKind.False, _) => value.GetBoolean(),
        (JsonValueKind.Number, "Edm.Double") => value.GetDouble(),
        (JsonValueKind.Number, _) => value.GetInt32(),
        (_, "Edm.Int64") => long.Parse(value.GetString()!, CultureInfo.InvariantCulture),
        (_, "Edm.Double") => double.Parse(value.GetString()!, CultureInfo.InvariantCulture),
        (_, "Edm.DateTime") => DateTimeOffset.Parse(value.GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
        (_, "Edm.Guid") => Guid.Parse(value.GetString()!),
        (_, "Edm.Binary") => value.GetBytesFromBase64(),
        _ => value.GetString()!,
    };
}
