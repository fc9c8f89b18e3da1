using Serverless.Contacts;

namespace Serverless.Channels.Vonage;

/// <summary>Reads the addresses of Vonage: numbers without a plus, SIP addresses, and the ways to say that a number is withheld.</summary>
internal static class VonageNumber
{
    /// <summary>A number in the app's form; any other address unchanged; null when it is withheld.</summary>
    public static string? Of(string? address)
    {
        if (address is null
            || address.ToLowerInvariant() is "anonymous" or "unknown" or "restricted" or "private" or "unavailable" or "withheld")
                return null;
        return IsDigits(address) ? $"+{address}" : address;
    }

    /// <summary>As Vonage wants it back.</summary>
    public static string Bare(string line) => line.TrimStart('+');

    public static bool IsNumber([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] string? line) =>
        line is ['+', not '0', ..] && line.Length is >= 8 and <= 16 && IsDigits(line.AsSpan(1));

    /// <summary>Who calls or texts: anybody can do that under a false number, so it is only claimed.</summary>
    /// <param name="line">What <see cref="Of"/> gave.</param>
    /// <param name="account">What an address that is no number is unique within.</param>
    /// <param name="evidence">Whether the network vouches for it.</param>
    /// <param name="name">The name the network gave with it.</param>
    public static IReadOnlyList<Identity> PartyOf(string? line, string account, Evidence evidence = Evidence.Claimed, string? name = null)
    {
        if (line is null) return [];
        if (IsNumber(line)) return [new Identity("phone", line, evidence, Name: name)];
        return line.StartsWith("sip:", StringComparison.Ordinal) ? [new Identity("sip", line[4..], Evidence.Claimed, account, name)]
            : [new Identity("sms-sender", line, Evidence.Claimed, account, name)];
    }

    /// <summary>
    /// The customer's number and ours, for calls and SMS alike. Null for a value that identifies no one: such a contact has no
    /// conversation.
    /// </summary>
    public static string? ThreadOf(string? customer, string? ours) => IsNumber(customer) && ours is not null ? $"{customer} {ours}" : null;

    private static bool IsDigits(ReadOnlySpan<char> text) => text.Length is >= 7 and <= 15 && !text.ContainsAnyExceptInRange('0', '9');
}
