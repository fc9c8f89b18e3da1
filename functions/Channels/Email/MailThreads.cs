using System.Text.Json;

namespace Serverless.Channels.Email;

/// <summary>Which conversation a mail belongs to, and what else leads there.</summary>
/// <param name="Key">The conversation's key; null for none.</param>
/// <param name="With">Stands for who it is with: a mail found by its id counts only if it is with the same.</param>
/// <param name="Answers">Message-IDs it names, the newest first.</param>
internal readonly record struct MailThreads(string? Key, string? With, IReadOnlyList<string> Answers)
{
    private const int MaxAnswers = 20;

    /// <summary>Finds it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="headers">Its headers.</param>
    /// <param name="counterpart">Whom it is with.</param>
    /// <param name="text">Its text, which may carry our mark.</param>
    /// <param name="failed">Whether its sender failed the check: then it joins nothing but what our own proof leads to, and nothing joins
    /// it.</param>
    /// <param name="options">The secrets of our marks.</param>
    public static MailThreads Of(JsonElement message, MailHeaders headers, string? counterpart, MailText text, bool failed,
        EmailOptions options)
    {
        var secrets = options.ClientStates;
        var own = message.Text("internetMessageId"u8);
        var with = counterpart is null ? null : MailThread.KeyOf("with", counterpart);
        if (Proven(secrets, own, headers, counterpart, text) is { } proven) return new MailThreads(proven, failed ? null : with, []);
        if (counterpart is null) return new MailThreads(null, null, []);
        // A key that no other mail has, and that no Message-ID can be chosen to hit.
        if (failed) return new MailThreads(MailThread.KeyOf($"unproven\n{own}\n{message.Text("id"u8)}", counterpart), null, []);
        // Graph's conversation only where nothing else is there: for some mails it is made of the subject alone, and strangers share
        // subjects.
        // https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-oxomsg/9e994fbb-b839-495f-84e3-2c8c02c7dd9b
        var root = headers.References.Count > 0 ? headers.References[0] : headers.InReplyTo ?? own ?? message.Text("conversationId"u8);
        // Some programs name only the mail they answer, others leave out the middle: each that is named may be one we know.
        string[] answers = [.. headers.AllInReplyTo.Concat(headers.References.Reverse()).Where(id => id != own)
            .Distinct(StringComparer.Ordinal).Take(MaxAnswers)];
        return new MailThreads(root is null ? null : MailThread.KeyOf(root, counterpart), with, answers);
    }

    private static string? Proven(Serverless.Platform.Signatures.SecretPair secrets, string? own, MailHeaders headers, string? counterpart,
        MailText text)
    {
        if (MailThread.ReadOwnId(secrets, own) is { } ours) return ours.Thread;
        foreach (var id in headers.AllInReplyTo.Concat(headers.References.Reverse()))
        {
            if (MailThread.ReadOwnId(secrets, id) is { } answered) return answered.Thread;
        }

        return counterpart is null
            ? null : MailThread.FindMark(secrets, text.Own, counterpart) ?? MailThread.FindMark(secrets, text.Quoted, counterpart);
    }
}
