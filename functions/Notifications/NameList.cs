namespace Serverless.Notifications;

/// <summary>Lists of names in settings: separated by commas, <c>*</c> at the end of an entry matches any ending.</summary>
public static class NameList
{
    /// <summary>Whether one of the entries means this value.</summary>
    public static bool Holds(string list, string value)
    {
        foreach (var range in list.AsSpan().Split(','))
        {
            var part = list.AsSpan(range).Trim();
            if (part is [.. var start, '*'] ? value.AsSpan().StartsWith(start, StringComparison.Ordinal)
                : part.Equals(value, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}
