using System.Text;

namespace Serverless.Channels.Twilio;

/// <summary>The parameters of one call of Twilio: of the form body, or of the query when Twilio is set to call by GET, and what of them it
/// signs.</summary>
internal sealed class TwilioForm
{
    /// <summary>Twilio sends some thirty; more than this is not a form of Twilio's.</summary>
    public const int MaxParameters = FormFields.MaxFields;

    private readonly FormFields _fields;

    private TwilioForm(FormFields fields) => _fields = fields;

    /// <summary>The parameters of a delivery; null when there are more than <see cref="MaxParameters"/>.</summary>
    public static TwilioForm? Of(Delivery delivery) => IsQueryOnly(delivery) ? OfQuery(delivery) : Parse(delivery.Body.Span);

    /// <summary>The parameters in the URL; null when there are more than <see cref="MaxParameters"/>.</summary>
    public static TwilioForm? OfQuery(Delivery delivery) => FormFields.OfQuery(delivery) is { } fields ? new TwilioForm(fields) : null;

    /// <summary>Takes a form apart; null when it has more than <see cref="MaxParameters"/>.</summary>
    public static TwilioForm? Parse(ReadOnlySpan<byte> text) => FormFields.Parse(text) is { } fields ? new TwilioForm(fields) : null;

    /// <summary>Whether the method carries everything in the URL.</summary>
    public static bool IsQueryOnly(Delivery delivery) => delivery.Method is "GET" or "HEAD";

    /// <summary>The first value of a name; null when it is missing or empty.</summary>
    public string? this[ReadOnlySpan<byte> name] => _fields[name];

    /// <summary>The first value of a name as a whole number that is not negative; null when it is none.</summary>
    public int? Number(ReadOnlySpan<byte> name) => _fields.Number(name);

    /// <summary>
    /// Every name followed by its value, sorted by name; of a repeated name each different value once, sorted. This is what Twilio signs
    /// behind the URL.
    /// https://www.twilio.com/docs/usage/webhooks/webhooks-security
    /// </summary>
    public ReadOnlySpan<byte> SignedPart()
    {
        var sorted = new int[_fields.Count];
        var length = 0;
        for (var i = 0; i < sorted.Length; i++)
        {
            sorted[i] = i;
            length += _fields.NameAndValueAt(i).Length;
        }

        Array.Sort(sorted, (a, b) => _fields.NameAt(a).SequenceCompareTo(_fields.NameAt(b)) is var names and not 0
            ? names : _fields.ValueAt(a).SequenceCompareTo(_fields.ValueAt(b)));
        var signed = new byte[length];
        length = 0;
        for (var i = 0; i < sorted.Length; i++)
        {
            if (i > 0 && _fields.NameAt(sorted[i]).SequenceEqual(_fields.NameAt(sorted[i - 1]))
                && _fields.ValueAt(sorted[i]).SequenceEqual(_fields.ValueAt(sorted[i - 1]))) continue;
            var whole = _fields.NameAndValueAt(sorted[i]);
            whole.CopyTo(signed.AsSpan(length));
            length += whole.Length;
        }

        return signed.AsSpan(0, length);
    }

    /// <summary>
    /// Name and value of each parameter in order of arrival; the values of a repeated name are grouped at its first position.
    /// </summary>
    public IEnumerable<(string Name, string Value)> InOrderOfNames() =>
        Enumerable.Range(0, _fields.Count)
        .Select(i => (Name: Encoding.UTF8.GetString(_fields.NameAt(i)), Value: Encoding.UTF8.GetString(_fields.ValueAt(i))))
            .GroupBy(p => p.Name, StringComparer.Ordinal).SelectMany(g => g);
}
