using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Serverless.Notifications.Mail;

/// <summary>Notification mails through Microsoft Graph; section <c>Mail</c>.</summary>
/// <remarks>Beside these, <c>Mail__credential</c> (<c>managedidentity</c>) and <c>Mail__clientId</c> say which identity sends; it needs
/// Mail.Send for this one mailbox.</remarks>
public sealed class MailOptions
{
    /// <summary>Mailbox that sends, e.g. <c>service@contact.example.com</c>. Not set: no mails.</summary>
    [EmailAddress]
    public string? From { get; set; }

    /// <summary>Graph's address, without a slash at the end.</summary>
    [Url]
    public string GraphUrl { get; set; } = "https://graph.microsoft.com/v1.0";
}

[OptionsValidator]
public sealed partial class MailOptionsValidator : IValidateOptions<MailOptions>;
