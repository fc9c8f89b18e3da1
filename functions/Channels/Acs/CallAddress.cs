using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Acs;

/// <summary>
/// The address to which Call Automation sends what happens in one call: <c>calls/{resource}/{call}/{proof}</c>. The token that comes with
/// an event names the resource it is meant for but covers
/// neither address nor body, so the address proves itself: nobody else can have made it.
/// https://learn.microsoft.com/azure/communication-services/how-tos/call-automation/secure-webhook-endpoint
/// </summary>
/// <param name="Account">Name of the resource, as events of Event Grid write it.</param>
/// <param name="Call">Id of the call's contact.</param>
internal sealed record CallAddress(string Account, string Call)
{
    private const string Door = "calls/";
    private const int MaxPart = 1000;

    /// <summary>Whether a delivery came to such an address, right or wrong.</summary>
    public static bool IsOne(Delivery delivery) => delivery.Rest.StartsWith(Door, StringComparison.OrdinalIgnoreCase);

    /// <summary>The call of an address, proven or not; null when it is none.</summary>
    public static CallAddress? Of(Delivery delivery) => Parts(delivery) is { } parts ? parts.Address : null;

    /// <summary>The call of an address that we made; null for any other.</summary>
    public static CallAddress? Proven(Delivery delivery, SecretPair secrets)
    {
        if (Parts(delivery) is not { } parts) return null;
        var proven = secrets.Any(secret => Hmac.SameText(parts.Address.Proof(secret), parts.Proof));
        return proven ? parts.Address : null;
    }

    /// <summary>The address behind the channel's own.</summary>
    public string Path(string secret) => $"{Door}{Account}/{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Call))}/{Proof(secret)}";

    private string Proof(string secret) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{Account}/{Call}")));

    private static (CallAddress Address, string Proof)? Parts(Delivery delivery)
    {
        if (!IsOne(delivery) || delivery.Rest.Split('/') is not [_, var account, var call, var proof] || call.Length > MaxPart
            || account.Length is 0 or > MaxPart) return null;
        // TryDecode throws for some texts that are no base64url.
        if (!Base64Url.IsValid(call)) return null;
        var id = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(call));
        return id.Length == 0 ? null : (new CallAddress(account, id), proof);
    }
}
