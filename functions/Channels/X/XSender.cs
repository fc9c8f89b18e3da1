using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.X;

/// <summary>Account, own identities and time of a delivery.</summary>
/// <param name="account">Numeric user id of the subscription.</param>
/// <param name="ours">All accounts in the settings.</param>
/// <param name="receivedAt">When it arrived.</param>
internal sealed class XSender(string account, IReadOnlyDictionary<string, XAccount> ours, DateTimeOffset receivedAt)
{
    public string Account => account;

    public DateTimeOffset ReceivedAt => receivedAt;

    public bool IsUs(string? user) => user is not null && (user == account || ours.ContainsKey(user));

    /// <summary>A person by the numeric id, which X never gives to another; handles change hands.</summary>
    public static Identity Person(string id, string? name) => new(XChannel.ChannelName, id, Evidence.Attested, Name: name);

    /// <summary>What we cannot read yet: visible, and replayable once we can (P5).</summary>
    public Parsed.Found Unread(string? type, JsonElement piece, string? id = null)
    {
        id ??= ContentId(piece);
        return new(ContactEvent.Unread(XChannel.ChannelName, XChannel.ChannelName, account, id, receivedAt, receivedAt, type));
    }

    /// <summary>Milliseconds since 1970, as a number or as text; the time of arrival when it is none.</summary>
    public DateTimeOffset Milliseconds(JsonElement value)
    {
        var text = value.ValueKind is JsonValueKind.Number ? value.GetRawText() : value.AsText();
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var time)) return receivedAt;
        return time > 0 && time <= receivedAt.AddDays(1).ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(time) : receivedAt;
    }

    /// <summary><c>2026-11-20T09:15:00.000Z</c>, or <c>Fri Nov 20 09:15:00 +0000 2026</c> as the older form has it.</summary>
    public DateTimeOffset Time(JsonElement value)
    {
        var text = value.AsText();
        return DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd'T'HH:mm:ss.fff'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'", "ddd MMM dd HH:mm:ss zzz yyyy"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) && time <= receivedAt.AddDays(1)
            ? time : receivedAt;
    }

    /// <summary>An id for what has none: a hash of its bytes, so that the same piece delivered again has the same id.</summary>
    private static string ContentId(JsonElement piece)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(piece.ValueKind is JsonValueKind.Undefined ? default : JsonMarshal.GetRawUtf8Value(piece), hash);
        return Base64Url.EncodeToString(hash[..16]);
    }
}
