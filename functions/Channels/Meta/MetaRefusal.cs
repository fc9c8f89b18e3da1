using Serverless.Contacts;

namespace Serverless.Channels.Meta;

/// <summary>What Meta's errors mean for a reply.</summary>
/// <remarks>
/// https://developers.facebook.com/docs/messenger-platform/error-codes,
/// https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes,
/// https://developers.facebook.com/docs/graph-api/guides/error-handling
/// </remarks>
internal static class MetaRefusal
{
    /// <summary>The outcome of a call that did not succeed; null for one that did.</summary>
    public static ReplyOutcome? Of(MetaAnswer answer, Contact to)
    {
        var raw = answer.Raw;
        if (answer.Succeeded) return null;
        if (raw.Succeeded) return new ReplyOutcome.Uncertain("unreadable-answer");
        if (raw.Status == 0)
            return raw.MaybeSent ? new ReplyOutcome.Uncertain(ReplyReasons.Unreachable) : new ReplyOutcome.Later(ReplyReasons.Unreachable);
        var code = answer.Detail == 0 ? $"{answer.Error}" : $"{answer.Error}/{answer.Detail}";
        return (answer.Error, answer.Detail) switch
        {
            (4 or 17 or 32 or 613 or 80006 or 80007 or 130429 or 131048 or 131056, _) =>
                new ReplyOutcome.Later(ReplyReasons.RateLimited, raw.RetryAfter),
            _ when raw.Status == 429 => new ReplyOutcome.Later(ReplyReasons.RateLimited, raw.RetryAfter),
            _ when raw.Status >= 500 => new ReplyOutcome.Uncertain(ReplyReasons.Unreachable),
            (190, _) => new ReplyOutcome.Refused(ReplyReasons.NotPermitted,
                $"The token is no longer valid ({code}): Channels__Meta__AccessToken, or that of account {to.Account}."),
            (10, 2018278 or 2534022) => new ReplyOutcome.Refused(ReplyReasons.WindowClosed, code),
            (131047, _) => new ReplyOutcome.Refused(ReplyReasons.TemplateNeeded, code),
            (551 or 131026 or 131021 or 131050, _) or (100, 2018001) or (10900, _) =>
                new ReplyOutcome.Refused(ReplyReasons.RecipientGone, code),
            (3 or 10 or 200 or 230 or 368 or 131005 or 131031, _) =>
                new ReplyOutcome.Refused(ReplyReasons.NotPermitted,
                    $"The app lacks a permission or is blocked ({code}): see the App Dashboard."),
            (1 or 2 or 131000 or 131016, _) => new ReplyOutcome.Later(ReplyReasons.Unreachable, raw.RetryAfter),
            _ => new ReplyOutcome.Refused(ReplyReasons.ContentRefused, answer.Error == 0 ? $"{raw.Status}" : code),
        };
    }
}
