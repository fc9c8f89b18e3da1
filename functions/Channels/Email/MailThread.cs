using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Email;

/// <summary>
/// What holds mails together: the first Message-ID of a conversation and the customer's address, hashed to 22 characters. So a mail that
/// refers to a known one joins its case only from the same address, and a round mail answered by a hundred people makes a hundred cases
/// (P10). Two of our own marks carry a conversation's key on: the Message-ID of our replies, proven by an HMAC, for answers to that mail;
/// and a line at the end of our replies, proven for one address, for mail programs that refer to nothing.
/// </summary>
internal static partial class MailThread
{
    private const int KeyBytes = 16;
    private const int ProofBytes = 8;

    /// <summary>The key of a conversation.</summary>
    /// <param name="root">Its first Message-ID.</param>
    /// <param name="counterpart">The customer's address.</param>
    public static string KeyOf(string root, string counterpart) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{root}\n{counterpart.ToLowerInvariant()}")).AsSpan(0, KeyBytes));

    /// <summary>The Message-ID of a reply of ours: the same at every try, so that a repeated one is recognised.</summary>
    /// <param name="secret">The secret in force.</param>
    /// <param name="replyId">32 hex digits.</param>
    /// <param name="thread">The conversation's key.</param>
    /// <param name="mailbox">Whose domain it carries.</param>
    public static string OwnId(string secret, string replyId, string thread, string mailbox) =>
        $"<contact.{replyId}.{thread}.{Proof(secret,
            $"id\n{replyId}\n{thread}")}@{mailbox[(mailbox.IndexOf('@') + 1)..].ToLowerInvariant()}>";

    /// <summary>Content of one of our Message-IDs; null for any other, and for a forged one.</summary>
    public static (string Reply, string Thread)? ReadOwnId(SecretPair secrets, string? messageId) =>
        messageId is not null && OwnIds().Match(messageId) is { Success: true } match ? Proven(secrets, match) : null;

    /// <summary>The first Message-ID of ours within a text such as a bounce's, and what it says.</summary>
    public static (string Id, string Reply)? FindOwnId(SecretPair secrets, string text)
    {
        foreach (Match match in OwnIds().Matches(text))
        {
            if (Proven(secrets, match) is { } own) return ($"<{match.Value.Trim('<', '>')}>", own.Reply);
        }

        return null;
    }

    /// <summary>The line at the end of a reply: <c>[#number.key.proof]</c>.</summary>
    public static string Mark(string secret, string number, string thread, string address) =>
        $"[#{number}.{thread}.{Proof(secret, MarkSubject(thread, address))}]";

    /// <summary>The conversation that a mark within a text names, if it was made for this address.</summary>
    public static string? FindMark(SecretPair secrets, string? text, string address)
    {
        if (string.IsNullOrEmpty(text)) return null;
        foreach (Match match in Marks().Matches(text))
        {
            var thread = match.Groups["thread"].Value;
            var proof = match.Groups["proof"].Value;
            if (secrets.Any(secret => Hmac.SameText(Proof(secret, MarkSubject(thread, address)), proof))) return thread;
        }

        return null;
    }

    /// <summary>A case number in a text: a hint for people, never a reason to join (P10).</summary>
    public static string? ClaimedNumber(string? subject) =>
        subject is not null && Numbers().Match(subject) is { Success: true } match ? match.Groups["number"].Value : null;

    private static (string Reply, string Thread)? Proven(SecretPair secrets, Match match)
    {
        var (reply, thread, proof) = (match.Groups["reply"].Value, match.Groups["thread"].Value, match.Groups["proof"].Value);
        return secrets.Any(secret => Hmac.SameText(Proof(secret, $"id\n{reply}\n{thread}"), proof)) ? (reply, thread) : null;
    }

    private static string MarkSubject(string thread, string address) => $"mark\n{thread}\n{address.ToLowerInvariant()}";

    private static string Proof(string secret, string subject)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"thread\n{subject}"), hash);
        return Base64Url.EncodeToString(hash[..ProofBytes]);
    }

    [GeneratedRegex(@"<?contact\.(?<reply>[0-9a-f]{32})\.(?<thread>[A-Za-z0-9_-]{22})\.(?<proof>[A-Za-z0-9_-]{11})@[A-Za-z0-9.-]{1,190}>?",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OwnIds();

    [GeneratedRegex(@"\[#[0-9A-Z]{8}\.(?<thread>[A-Za-z0-9_-]{22})\.(?<proof>[A-Za-z0-9_-]{11})\]", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Marks();

    [GeneratedRegex(@"\[#(?<number>[0-9A-Z]{8})\]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Numbers();
}
