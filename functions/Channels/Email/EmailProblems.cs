using System.Text.RegularExpressions;

namespace Serverless.Channels.Email;

/// <summary>Sentences for missing or wrong settings of the mail channel.</summary>
internal static partial class EmailProblems
{
    private const string Section = "Channels__Email__";

    public static IEnumerable<string> Of(EmailOptions options)
    {
        if (options.ClientStates.IsMissing)
            yield return $"{Section}ClientState is missing: set it to a random text of 32 characters or more, e.g. from openssl rand -base64 32.";
        if (options.Mailboxes.Count == 0)
            yield return $"{Section}Mailboxes is empty: name a mailbox by {Section}Mailboxes__service__Address.";
        foreach (var (name, mailbox) in options.Mailboxes)
        {
            if (!Name().IsMatch(name))
                yield return $"{Section}Mailboxes__{name}: the name may have lower-case letters, digits and dashes, at most 40.";
            if (!Address().IsMatch(mailbox.Address))
                yield return $"{Section}Mailboxes__{name}__Address must be the address of the mailbox, e.g. service@example.com.";
            if (!mailbox.Watched.Any()) yield return $"{Section}Mailboxes__{name}__Folders is empty: name folders, e.g. inbox,sentitems.";
            if (!mailbox.Watched.All(f => MessageAddress.IsId(f)))
                yield return $"{Section}Mailboxes__{name}__Folders must hold well-known names or folder ids, separated by commas.";
        }

        foreach (var sentence in Rich(options)) yield return sentence;
        if (!string.IsNullOrEmpty(options.AccessToken) && Uri.TryCreate(options.GraphUrl, UriKind.Absolute, out var graph)
            && !graph.IsLoopback)
            yield return $"{Section}AccessToken is for a stand-in on loopback only: remove it, the app's identity gets its tokens by itself.";
    }

    private static IEnumerable<string> Rich(EmailOptions options)
    {
        if (options.Rich && string.IsNullOrEmpty(options.AppId))
            yield return $"{Section}AppId is missing: rich notifications carry tokens for the application that subscribed, and without its id none can be checked.";
        if (options.Rich && (string.IsNullOrEmpty(options.Certificate) || string.IsNullOrEmpty(options.CertificateId)))
            yield return $"{Section}Certificate or {Section}CertificateId is missing: rich notifications are encrypted for it.";
        if (!string.IsNullOrEmpty(options.Certificate)
            && (!RichContent.HasKey(options.Certificate) || RichContent.EndOf(options.Certificate) is null))
            yield return $"{Section}Certificate must hold a certificate and its RSA private key of 2048 to 4096 bits, both as PEM.";
        if (!string.IsNullOrEmpty(options.PreviousCertificate) && !RichContent.HasKey(options.PreviousCertificate))
            yield return $"{Section}PreviousCertificate must hold an RSA private key of 2048 to 4096 bits as PEM.";
    }

    [GeneratedRegex("^[a-z0-9-]{1,40}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();

    // Also the characters allowed in a Graph address without escaping: no slash, no quote, no space.
    [GeneratedRegex(@"^[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,190}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
