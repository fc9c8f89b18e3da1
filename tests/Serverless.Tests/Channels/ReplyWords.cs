using Serverless.Channels;
using Serverless.Contacts;

namespace Serverless.Tests.Channels;

/// <summary>Replies of tests, and their outcomes as words.</summary>
internal static class ReplyWords
{
    public static Reply To(Contact contact, string text) =>
        new() { Id = new string('a', 32), To = contact, Text = text, CaseNumber = "AAAA-AAAA" };

    public static string Of(ReplyOutcome outcome) => outcome switch
    {
        ReplyOutcome.Sent => "sent",
        ReplyOutcome.Refused refused => $"refused:{refused.Reason}",
        ReplyOutcome.Later later => $"later:{later.Reason}:{later.After?.TotalSeconds}",
        ReplyOutcome.Uncertain uncertain => $"uncertain:{uncertain.Reason}",
        _ => "?",
    };
}
