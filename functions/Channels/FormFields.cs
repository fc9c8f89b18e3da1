using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Serverless.Channels;

/// <summary>
/// The fields of a form (<c>application/x-www-form-urlencoded</c>), decoded once. Lenient as browsers are: a percent sign without two hex
/// digits stands for itself,
/// empty values and repeated names are kept, since some signatures cover them.
/// </summary>
public sealed class FormFields
{
    /// <summary>Providers send some thirty; more than this is not a form of theirs.</summary>
    public const int MaxFields = 1000;

    private readonly byte[] _bytes;
    private readonly Field[] _fields;

    private FormFields(byte[] bytes, Field[] fields)
    {
        _bytes = bytes;
        _fields = fields;
    }

    public int Count => _fields.Length;

    /// <summary>The first value of a name; null when it is missing or empty.</summary>
    public string? this[ReadOnlySpan<byte> name]
    {
        get
        {
            for (var i = 0; i < _fields.Length; i++)
            {
                if (NameAt(i).SequenceEqual(name)) return _fields[i].Value == _fields[i].End ? null : Encoding.UTF8.GetString(ValueAt(i));
            }

            return null;
        }
    }

    /// <summary>The fields of a form body; null when there are more than <see cref="MaxFields"/>.</summary>
    public static FormFields? Of(Delivery delivery) => Parse(delivery.Body.Span);

    /// <summary>The fields in the URL; null when there are more than <see cref="MaxFields"/>.</summary>
    public static FormFields? OfQuery(Delivery delivery)
    {
        var mark = delivery.PathAndQuery.IndexOf('?');
        return Parse(mark < 0 ? default : Encoding.UTF8.GetBytes(delivery.PathAndQuery[(mark + 1)..]));
    }

    /// <summary>Parses a form; null when it has more than <see cref="MaxFields"/>.</summary>
    public static FormFields? Parse(ReadOnlySpan<byte> text)
    {
        var count = 0;
        foreach (var range in text.Split((byte)'&'))
        {
            if (!text[range].IsEmpty && ++count > MaxFields) return null;
        }

        var bytes = new byte[text.Length];
        var fields = new Field[count];
        var (end, next) = (0, 0);
        foreach (var range in text.Split((byte)'&'))
        {
            var pair = text[range];
            if (pair.IsEmpty) continue;
            var start = end;
            var equals = pair.IndexOf((byte)'=');
            end += Decode(equals < 0 ? pair : pair[..equals], bytes.AsSpan(end));
            var value = end;
            if (equals >= 0) end += Decode(pair[(equals + 1)..], bytes.AsSpan(end));
            fields[next++] = new Field(start, value, end);
        }

        return new FormFields(bytes, fields);
    }

    /// <summary>Every value of a name, in order.</summary>
    public IEnumerable<string> All(string name)
    {
        var wanted = Encoding.UTF8.GetBytes(name);
        for (var i = 0; i < _fields.Length; i++)
        {
            if (NameAt(i).SequenceEqual(wanted)) yield return Encoding.UTF8.GetString(ValueAt(i));
        }
    }

    /// <summary>The first value of a name as a whole number that is not negative; null when it is none.</summary>
    public int? Number(ReadOnlySpan<byte> name) =>
        int.TryParse(this[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The decoded name of the field at a place from 0 on.</summary>
    public ReadOnlySpan<byte> NameAt(int place) => _bytes.AsSpan(_fields[place].Name.._fields[place].Value);

    /// <summary>The decoded value of the field at a place from 0 on.</summary>
    public ReadOnlySpan<byte> ValueAt(int place) => _bytes.AsSpan(_fields[place].Value.._fields[place].End);

    /// <summary>The decoded name and, right behind it, the value of the field at a place from 0 on.</summary>
    public ReadOnlySpan<byte> NameAndValueAt(int place) => _bytes.AsSpan(_fields[place].Name.._fields[place].End);

    private static int Decode(ReadOnlySpan<byte> coded, Span<byte> plain)
    {
        var length = 0;
        for (var i = 0; i < coded.Length; i++)
        {
            var c = coded[i];
            if (c == '+') c = (byte)' ';
            else if (c == '%' && i + 2 < coded.Length && Hex(coded[i + 1]) is var high and >= 0 && Hex(coded[i + 2]) is var low and >= 0)
            {
                c = (byte)((high << 4) | low);
                i += 2;
            }

            plain[length++] = c;
        }

        return length;
    }

    private static int Hex(byte c) => char.IsAsciiHexDigit((char)c) ? (c & 0x0f) + (c > '9' ? 9 : 0) : -1;

    /// <summary>Where one field lies in the decoded bytes: its name from <paramref name="Name"/>, its value from <paramref name="Value"/>
    /// to <paramref name="End"/>.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Field(int Name, int Value, int End);
}
