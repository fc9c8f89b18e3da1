using System.Buffers;

namespace Serverless.Channels.Email;

/// <summary>What an address says of itself.</summary>
internal static class MailAddresses
{
    private static readonly SearchValues<char> NotInAddress = SearchValues.Create(" \t<>\",;");

    private const int Longest = 254;

    // Services that send in their own name on behalf of a person: forms, shops, mailers.
    private static readonly string[] Mailers =
    [
        "apache", "contact", "contactform", "donotreply", "do-not-reply", "form", "formmailer", "forms", "formular", "info", "kontakt",
        "kontaktformular", "mailer", "no-reply", "no_reply", "nobody", "noreply",
        "notification", "notifications", "server", "service", "shop", "system", "typo3", "web", "webform", "webmaster", "website",
        "wordpress", "www", "www-data",
    ];

    /// <summary>Whether it is an address of the internet, and not Exchange's own kind of name.</summary>
    public static bool IsAddress(string text) => text.Length is >= 3 and <= Longest && text.IndexOf('@') is > 0 and var at
        && at < text.Length - 1 && !text.AsSpan().ContainsAny(NotInAddress) && !IsX500(text);

    /// <summary>A name of Exchange's directory: <c>/o=ExchangeLabs/ou=.../cn=Recipients/cn=...</c>, at times wrapped as
    /// <c>IMCEAEX-_o=...@domain</c>.</summary>
    /// <remarks>https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-oxoabk/ (legacy distinguished name)</remarks>
    public static bool IsX500(string text) =>
        text.StartsWith("/o=", StringComparison.OrdinalIgnoreCase) || text.StartsWith("/cn=", StringComparison.OrdinalIgnoreCase)
        || text.StartsWith("IMCEAEX-", StringComparison.OrdinalIgnoreCase);

    public static string DomainOf(string address) => address[(address.LastIndexOf('@') + 1)..].ToLowerInvariant();

    /// <summary>Whether its first part is a system's that writes for others.</summary>
    public static bool IsMailer(string address)
    {
        var at = address.IndexOf('@');
        return at > 0 && Mailers.Contains(address[..at], StringComparer.OrdinalIgnoreCase);
    }
}
