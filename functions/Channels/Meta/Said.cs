namespace Serverless.Channels.Meta;

/// <summary>What a piece of a delivery says, beside who said it, where and when.</summary>
/// <param name="Kind">What it is; a placeholder where we cannot read it.</param>
/// <param name="Text">The customer's words.</param>
/// <param name="Attachments">Null for none.</param>
internal readonly record struct Said(
    ContactKind Kind,
    string? Text = null,
    IReadOnlyList<Attachment>? Attachments = null);

/// <summary>Collects what else was told, under Meta's own names; costs nothing while there is nothing.</summary>
internal struct Extras
{
    private Dictionary<string, string>? _values;

    public readonly IReadOnlyDictionary<string, string>? Values => _values;

    public void Add(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value)) (_values ??= new(StringComparer.Ordinal))[name] = value;
    }
}
