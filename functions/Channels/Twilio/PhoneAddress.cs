using Serverless.Contacts;

namespace Serverless.Channels.Twilio;

/// <summary>Reads Twilio's <c>From</c> and <c>To</c>: numbers, <c>whatsapp:</c>, <c>sip:</c> and <c>client:</c> addresses, and the many
/// ways to say "withheld".</summary>
internal static class PhoneAddress
{
    private const string WhatsApp = "whatsapp:";

    /// <summary>Whether the address is one of WhatsApp's.</summary>
    public static bool IsWhatsApp(string? address) => address is not null && address.StartsWith(WhatsApp, StringComparison.Ordinal);

    /// <summary>Whether an address names nobody: missing, or the network's name alone.</summary>
    public static bool IsNobody(string? address) => address is null or WhatsApp;

    /// <summary>A WhatsApp user id as an address.</summary>
    public static string WhatsAppOf(string id) => IsWhatsApp(id) ? id : WhatsApp + id;

    /// <summary>The address without the name of its network.</summary>
    public static string? Bare(string? address) => IsWhatsApp(address) ? address![WhatsApp.Length..] : address;

    /// <summary>Whether it is a plus and 7 to 15 digits.</summary>
    public static bool IsNumber(string? address) =>
        address is ['+', not '0', ..] && address.Length is >= 8 and <= 16 && !address.AsSpan(1).ContainsAnyExceptInRange('0', '9');

    /// <summary>
    /// Whether the caller keeps the number to himself. Some networks type the word on a keypad instead: +266696687 is ANONYMOUS,
    /// +7378742833 RESTRICTED,
    /// +2562533 BLOCKED, +8656696 UNKNOWN, +86282452253 UNAVAILABLE.
    /// </summary>
    public static bool IsWithheld(string? address) => address is null
        or "+266696687" or "+7378742833" or "+2562533" or "+8656696" or "+86282452253"
        or "266696687" or "7378742833" or "2562533" or "8656696" or "86282452253"
        || (Bare(address)!.TrimStart('+').ToLowerInvariant() is "" or "anonymous" or "restricted" or "blocked" or "unknown" or "unavailable"
            or "private");

    /// <summary>The person behind an address; none when it is withheld. Anybody can call or text under a false number, so it is only
    /// claimed; WhatsApp vouches for its own.</summary>
    /// <param name="address">As Twilio writes it.</param>
    /// <param name="account">What addresses other than numbers are unique within.</param>
    /// <param name="name">The name the person or the network gave; null when none was.</param>
    public static IReadOnlyList<Identity> PartyOf(string? address, string account, string? name)
    {
        if (IsWithheld(address)) return [];
        var bare = Bare(address)!;
        var evidence = IsWhatsApp(address) ? Evidence.Attested : Evidence.Claimed;
        if (IsNumber(bare)) return [new Identity("phone", bare, evidence, Name: name)];
        // A WhatsApp sender without a number is known to the business by an id; a short code or a word ("DHL") is a sender of SMS.
        if (IsWhatsApp(address)) return [new Identity("bsuid", bare, evidence, account, name)];
        var colon = bare.IndexOf(':');
        return colon > 0
            ? [new Identity(bare[..colon], bare[(colon + 1)..], Evidence.Claimed, account, name)]
            : [new Identity("sms-sender", bare, Evidence.Claimed, account, name)];
    }

    /// <summary>
    /// What holds a conversation together: the customer's number and ours, for calls and messages alike. Null for a withheld number or
    /// one that is none, which does not identify the caller: such a contact has no conversation.
    /// </summary>
    public static string? ThreadOf(string? customer, string? ours)
    {
        if (IsWithheld(customer) || ours is null) return null;
        return IsNumber(customer) || IsWhatsApp(customer) ? $"{customer} {ours}" : null;
    }
}
