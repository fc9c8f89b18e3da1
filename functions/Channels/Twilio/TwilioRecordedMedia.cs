using System.Globalization;
using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Twilio;

/// <summary>
/// A file of a message found by reconciliation. The list of messages states their number and not their addresses, so a reference names
/// message and position, and the media list is requested once the file is wanted.
/// https://www.twilio.com/docs/messaging/api/media-resource
/// </summary>
/// <param name="Message">SID of the message.</param>
/// <param name="Position">Within the media of the message, sorted by their SIDs.</param>
internal sealed record TwilioRecordedMedia(string Message, int Position)
{
    private const int MaxMedia = 20;

    /// <summary>The files of a message as attachments.</summary>
    /// <param name="message">SID of the message.</param>
    /// <param name="count">How many it has, as the list says.</param>
    public static IReadOnlyList<Attachment> Of(string message, string? count) =>
        int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var files)
        ? [.. Enumerable.Range(0, Math.Min(files, MaxMedia)).Select(position => new Attachment($"media {message} {position}"))] : [];

    /// <summary>What a reference names; null when it is an address.</summary>
    public static TwilioRecordedMedia? Parse(string reference) =>
        reference.Split(' ') is ["media", var message, var position]
        && int.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
        ? new TwilioRecordedMedia(message, at) : null;

    /// <summary>Where the file is, from <c>/2010-04-01/</c> on; null when the list has none at this position.</summary>
    /// <param name="list">The message's media list.</param>
    public string? PathIn(JsonElement list)
    {
        if (!list.TryGetProperty("media_list", out var media) || media.ValueKind != JsonValueKind.Array) return null;
        var uri = media.EnumerateArray().Select(UriOf).Order(StringComparer.Ordinal).ElementAtOrDefault(Position);
        // Without its ending it is the file itself.
        return uri is not null && uri.StartsWith("/2010-04-01/", StringComparison.Ordinal)
            && uri.EndsWith(".json", StringComparison.Ordinal) ? uri[..^".json".Length] : null;
    }

    private static string UriOf(JsonElement media) => media.ValueKind == JsonValueKind.Object && media.TryGetProperty("uri", out var uri)
        && uri.ValueKind == JsonValueKind.String ? uri.GetString()! : "";
}
