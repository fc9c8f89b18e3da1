namespace Serverless.Channels.Placetel;

/// <summary>Turns numbers as they are dialled within a country (<c>03023125100</c>, <c>00442079460100</c>) into E.164 and back.</summary>
internal static class PlacetelNumber
{
    /// <summary>With plus and country code; null when it is withheld, an extension or no number at all.</summary>
    /// <param name="text">As Placetel writes it.</param>
    /// <param name="country">Country code without plus.</param>
    public static string? Of(string? text, string country)
    {
        if (text is null) return null;
        var whole = text switch
        {
            ['+', .. var international] => international,
            ['0', '0', .. var international] => international,
            ['0', .. var national] => country + national,
            // International without plus and zeros; extensions are shorter.
            { Length: >= 9 } bare => bare,
            _ => "",
        };
        return whole.Length is >= 7 and <= 15 && !whole.AsSpan().ContainsAnyExceptInRange('0', '9') ? $"+{whole}" : null;
    }

    /// <summary>As Placetel dials an address of an answer plan: SIP users bare, numbers as within the country.</summary>
    public static string Dialled(string address, string country)
    {
        if (address.StartsWith("sip:", StringComparison.Ordinal)) return address["sip:".Length..];
        if (!address.StartsWith('+')) return address;
        return address.AsSpan(1).StartsWith(country, StringComparison.Ordinal)
            ? $"0{address.AsSpan(1 + country.Length)}" : $"00{address.AsSpan(1)}";
    }
}
