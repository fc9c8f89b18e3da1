using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Serverless.Channels.Email;

/// <summary>
/// Tells two different mails apart that carry one Message-ID. It covers what stays the same in every copy: sender, subject, time of sending
/// and the text without white space; not what a copy may differ in
/// (ids and times of a mailbox, recipients, headers of the way, attachments' ids), and nothing that depends on how we read texts, so that a
/// replay makes the same.
/// </summary>
internal static class MailDigest
{
    private const int MaxText = 100_000;
    private const int Bytes = 12;

    public static string Of(JsonElement message)
    {
        var from = message.Get("from"u8).Get("emailAddress"u8).Text("address"u8) ?? "";
        var text = message.Get("body"u8).Text("content"u8) ?? message.Text("bodyPreview"u8) ?? "";
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(
            Encoding.UTF8.GetBytes($"{from.ToLowerInvariant()}\n{message.Text("subject"u8)?.Trim()}\n{message.Text("sentDateTime"u8)}\n"));
        hash.AppendData(MemoryMarshal.AsBytes(Bare(text).AsSpan()));
        return Base64Url.EncodeToString(hash.GetHashAndReset().AsSpan(0, Bytes));
    }

    private static char[] Bare(string text) =>
        [.. text.AsSpan(0, Math.Min(text.Length, MaxText)).ToArray().Where(c => !char.IsWhiteSpace(c))];
}
