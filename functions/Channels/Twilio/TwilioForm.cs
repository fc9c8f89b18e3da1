using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Serverless.Channels.Twilio;

/// <summary>
/// The parameters of one call of Twilio, decoded once: of the form body, or of the query when Twilio is set to call by GET. Lenient as browsers are: a
/// percent sign without two hex digits stands for itself, empty values and repeated names are kept, since the signature covers them.
/// </summary>
internal sealed class TwilioForm
{
    /// <summary>Twilio sends some thirty; more than this is not a form of Twilio's.</summary>
    public const int MaxParameters = 1000;

    private readonly byte[] _bytes;
    private readonly Parameter[] _parameters;

    private TwilioForm(byte[] bytes, Parameter[] parameters)
    {
        _bytes = bytes;
        _parameters = parameters;
    }

    /// <summary>The parameters of a delivery; null when there are more than <see cref="MaxParameters"/>.</summary>
    public static TwilioForm? Of(Delivery delivery) => IsQueryOnly(delivery) ? OfQuery(delivery) : Parse(delivery.Body.Span);

    /// <summary>The parameters in the URL; null when there are more than <see cref="MaxParameters"/>.</summary>
    public static TwilioForm? OfQuery(Delivery delivery)
    {
        var mark = delivery.PathAndQuery.IndexOf('?');
        return Parse(mark < 0 ? default : Encoding.UTF8.GetBytes(delivery.PathAndQuery[(mark + 1)..]));
    }

    /// <summary>Whether the method carries everything in the URL.</summary>
    public static bool IsQueryOnly(Delivery delivery) => delivery.Method is "GET" or "HEAD";

    /// <summary>The first value of a name; null when it is missing or empty.</summary>
    public string? this[ReadOnlySpan<byte> name]
    {
        get
        {
            foreach (var parameter in _parameters)
            {
                if (Name(parameter).SequenceEqual(name)) return parameter.Value == parameter.End ? null : Encoding.UTF8.GetString(Value(parameter));
            }

            return null;
        }
    }

    /// <summary>The first value of a name as a whole number that is not negative; null when it is none.</summary>
    public int? Number(ReadOnlySpan<byte> name) => int.TryParse(this[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>
    /// Every name followed by its value, sorted by name; of a repeated name each different value once, sorted. This is what Twilio signs behind the URL.
    /// https://www.twilio.com/docs/usage/webhooks/webhooks-security
    /// </summary>
    public ReadOnlySpan<byte> SignedPart()
    {
        var sorted = (Parameter[])_parameters.Clone();
        Array.Sort(sorted, (a, b) => Name(a).SequenceCompareTo(Name(b)) is var names and not 0 ? names : Value(a).SequenceCompareTo(Value(b)));
        var signed = new byte[_bytes.Length];
        var length = 0;
        for (var i = 0; i < sorted.Length; i++)
        {
            var whole = _bytes.AsSpan(sorted[i].Name..sorted[i].End);
            if (i > 0 && Name(sorted[i]).SequenceEqual(Name(sorted[i - 1])) && Value(sorted[i]).SequenceEqual(Value(sorted[i - 1]))) continue;
            whole.CopyTo(signed.AsSpan(length));
            length += whole.Length;
        }

        return signed.AsSpan(0, length);
    }

    /// <summary>Name and value of each parameter in order of arrival, but the values of a repeated name together, where it first stands.</summary>
    public IEnumerable<(string Name, string Value)> InOrderOfNames() =>
        _parameters.Select(p => (Name: Encoding.UTF8.GetString(Name(p)), Value: Encoding.UTF8.GetString(Value(p)))).GroupBy(p => p.Name, StringComparer.Ordinal).SelectMany(g => g);

    /// <summary>Takes a form apart; null when it has more than <see cref="MaxParameters"/>.</summary>
    public static TwilioForm? Parse(ReadOnlySpan<byte> text)
    {
        var count = 0;
        foreach (var range in text.Split((byte)'&'))
        {
            if (!text[range].IsEmpty && ++count > MaxParameters) return null;
        }

        var bytes = new byte[text.Length];
        var parameters = new Parameter[count];
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
            parameters[next++] = new Parameter(start, value, end);
        }

        return new TwilioForm(bytes, parameters);
    }

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

    private ReadOnlySpan<byte> Name(Parameter parameter) => _bytes.AsSpan(parameter.Name..parameter.Value);

    private ReadOnlySpan<byte> Value(Parameter parameter) => _bytes.AsSpan(parameter.Value..parameter.End);

    /// <summary>Where one parameter lies in the decoded bytes: its name from <paramref name="Name"/>, its value from <paramref name="Value"/> to <paramref name="End"/>.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Parameter(int Name, int Value, int End);
}
