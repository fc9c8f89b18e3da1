using System.Globalization;
using System.Text.Json;

namespace Serverless.Channels.Email;

/// <summary>Shorter words for fields of Graph's JSON.</summary>
internal static class MailFields
{
    /// <summary>A text as written; null for an empty one.</summary>
    public static string? Text(this JsonElement parent, ReadOnlySpan<byte> name) => parent.Get(name).AsText();

    /// <summary>A time with its offset, which need not be Z; null when there is none that can be read.</summary>
    public static DateTimeOffset? Time(this JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.Text(name) is { } text
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time) ? time : null;
}
