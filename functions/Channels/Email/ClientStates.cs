using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Channels.Email;

/// <summary>
/// The <c>clientState</c> of a subscription: <c>{mailbox}.{folder}.{proof}</c>, at most 128 characters as Graph asks. The proof is the
/// first half of an HMAC-SHA256 over <c>{mailbox}.{folder}</c> under the secret. So a notification proves its mailbox and folder, a
/// leaked state is valid for no other folder, and the secret itself is never sent.
/// https://learn.microsoft.com/en-us/graph/api/resources/subscription
/// </summary>
internal static class ClientStates
{
    private const int ProofBytes = 16;

    /// <summary>The state to subscribe with.</summary>
    public static string Of(string secret, string mailbox, string folder)
    {
        var subject = $"{mailbox.ToLowerInvariant()}.{TagOf(folder)}";
        Span<byte> proof = stackalloc byte[SHA256.HashSizeInBytes];
        Prove(secret, subject, proof);
        return $"{subject}.{Base64Url.EncodeToString(proof[..ProofBytes])}";
    }

    /// <summary>The watched folder a state was made for; null when it was not made with one of the secrets, or is watched no
    /// more.</summary>
    public static Watched? Find(EmailOptions options, string? state)
    {
        if (state is not { Length: > 0 and <= 128 }) return null;
        var last = state.LastIndexOf('.');
        var middle = last > 0 ? state.LastIndexOf('.', last - 1) : -1;
        if (middle <= 0 || !options.ClientStates.Any(secret => Holds(secret, state, last))) return null;
        if (!options.Mailboxes.TryGetValue(state[..middle], out var mailbox)) return null;
        var tag = state.AsSpan(middle + 1, last - middle - 1);
        foreach (var folder in mailbox.Watched)
        {
            if (tag.SequenceEqual(TagOf(folder))) return new Watched(mailbox.Address, folder);
        }

        return null;
    }

    private static bool Holds(string secret, string state, int last)
    {
        Span<byte> given = stackalloc byte[ProofBytes + 8];
        Span<byte> proof = stackalloc byte[SHA256.HashSizeInBytes];
        Prove(secret, state[..last], proof);
        return Base64Url.DecodeFromChars(state.AsSpan(last + 1), given, out _, out var written) == OperationStatus.Done
            && written == ProofBytes
            && CryptographicOperations.FixedTimeEquals(given[..ProofBytes], proof[..ProofBytes]);
    }

    private static void Prove(string secret, string subject, Span<byte> proof) =>
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(subject), proof);

    // Folder ids have over a hundred characters; well-known names are short and stay readable.
    private static string TagOf(string folder) =>
        folder.Length <= 20 && folder.All(char.IsAsciiLetterOrDigit)
        ? folder.ToLowerInvariant() : Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(folder)).AsSpan(0, 12));
}

/// <summary>A folder of a mailbox that the settings name.</summary>
/// <param name="Address">The mailbox's address.</param>
/// <param name="Folder">Well-known name or id.</param>
internal readonly record struct Watched(string Address, string Folder)
{
    /// <summary>What our own people sent.</summary>
    public bool IsSent => Folder.Equals(Mailbox.Sent, StringComparison.OrdinalIgnoreCase);
}
