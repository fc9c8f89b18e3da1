namespace Serverless.Contacts;

/// <summary>Reasons why a reply was not sent: codes shown to its author.</summary>
public static class ReplyReasons
{
    /// <summary>The network's reply window is over.</summary>
    public const string WindowClosed = "window-closed";

    /// <summary>Only an approved template may be sent now.</summary>
    public const string TemplateNeeded = "template-needed";

    /// <summary>The contact carries no way back, or this network has none.</summary>
    public const string NoReplyPath = "no-reply-path";

    /// <summary>The customer blocked us, left, or the thread is gone.</summary>
    public const string RecipientGone = "recipient-gone";

    public const string TooLong = "too-long";

    /// <summary>The credential is missing, expired, or lacks a permission: the detail names the setting.</summary>
    public const string NotPermitted = "not-permitted";

    public const string RateLimited = "rate-limited";

    public const string Unreachable = "unreachable";

    /// <summary>The provider refused the content.</summary>
    public const string ContentRefused = "content-refused";
}
