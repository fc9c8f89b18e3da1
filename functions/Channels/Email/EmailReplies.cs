using System.Text.Json;
using Microsoft.Graph.Models;
using Microsoft.Graph.Users.Item.Messages.Item.CreateReply;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Identity = Serverless.Contacts.Identity;

namespace Serverless.Channels.Email;

/// <content>Answers a mail in its thread: a draft with a Message-ID of ours, then sent.</content>
public sealed partial class EmailChannel : ISendsReplies
{
    private const int MaxText = 500_000;

    // The draft carries the Message-ID before it is sent, and every try looks for it first.
    public bool Repeatable => true;

    public async Task<ReplyOutcome> SendAsync(Reply reply, CancellationToken ct)
    {
        var now = options.CurrentValue;
        var secret = now.ClientState ?? now.PreviousClientState;
        if (reply.To.Reply is not { } path || !MessageAddress.IsId(path.Address) || now.MailboxOf(reply.To.Account) is not { } mailbox
            || reply.To.Parties.Count == 0)
            return new ReplyOutcome.Refused(ReplyReasons.NoReplyPath);
        if (string.IsNullOrEmpty(secret))
            return new ReplyOutcome.Refused(ReplyReasons.NotPermitted, "Channels__Email__ClientState is missing.");
        if (reply.Text.Length > MaxText) return new ReplyOutcome.Refused(ReplyReasons.TooLong, $"A mail may have {MaxText} characters.");

        var customer = reply.To.Parties[0];
        var thread = reply.To.ThreadKey ?? MailThread.KeyOf(reply.To.ExternalId, customer.Value);
        var id = MailThread.OwnId(secret, reply.Id, thread, mailbox.Address);
        var known = await Graph.SendAsync(mailbox.Address, graph => graph.Users[mailbox.Address].Messages.ToGetRequestInformation(find =>
        {
            find.QueryParameters.Filter = $"internetMessageId eq '{id}'";
            find.QueryParameters.Select = ["id", "isDraft", "sentDateTime"];
        }), ct);
        using var list = GraphCalls.Json(known);
        if (list is null) return NotSent(known);
        var (draft, sentAt) = Known(list.RootElement);
        if (sentAt is not null) return Sent(reply, customer, id, thread, sentAt.Value);

        if (draft is null)
        {
            var (made, problem) = await DraftAsync(reply, mailbox.Address, path.Address, id,
                MailThread.Mark(secret, reply.CaseNumber, thread, customer.Value), ct);
            if (made is null) return problem!;
            draft = made;
        }

        var sent = await Graph.SendAsync(mailbox.Address, graph =>
            graph.Users[mailbox.Address].Messages[draft].Send.ToPostRequestInformation(), ct);
        if (sent.Succeeded) return Sent(reply, customer, id, thread, time.GetUtcNow());
        // After this call nobody knows, unless Graph says so itself.
        return sent.Status is >= 400 and < 500 || !sent.MaybeSent ? NotSent(sent) : new ReplyOutcome.Uncertain(ReplyReasons.Unreachable);
    }

    private async Task<(string? Draft, ReplyOutcome? Problem)> DraftAsync(Reply reply, string mailbox, string answered, string id,
        string mark, CancellationToken ct)
    {
        // Headers of one's own can only be given when the draft is made. https://learn.microsoft.com/en-us/graph/api/message-createreply
        var created = await Graph.SendAsync(mailbox, graph =>
            graph.Users[mailbox].Messages[answered].CreateReply.ToPostRequestInformation(new CreateReplyPostRequestBody
        {
            Message = new Message
            {
                Subject = Subject(reply),
                // Null: Graph answers to Reply-To, else to the sender, as the customer requested.
                ToRecipients = reply.To.Extras?.GetValueOrDefault("answerTo") is { } by
                ? [new Recipient { EmailAddress = new EmailAddress { Address = by } }] : null,
                Body = new ItemBody { ContentType = BodyType.Text, Content = $"{reply.Text}\n\n{mark}\n" },
                InternetMessageHeaders =
                [
                    // Asks others' machines not to answer; it does not mark the mail as a machine's. [MS-OXCMAIL] 2.1.3.2.20
                    new InternetMessageHeader { Name = "X-Auto-Response-Suppress", Value = "All" },
                    new InternetMessageHeader { Name = MailHeaders.LoopHeader, Value = reply.Id },
                    // Auto-Submitted would say it by RFC 3834; Graph takes only headers that begin with x-.
                    // https://learn.microsoft.com/en-us/graph/api/user-sendmail
                    .. reply.Automatic
                    ? [new InternetMessageHeader { Name = "X-Autoreply", Value = "yes" }] : Array.Empty<InternetMessageHeader>(),
                ],
            },
        }), ct);
        using var json = GraphCalls.Json(created);
        if (json is null) return (null, NotSent(created));
        if (json.RootElement.Text("id"u8) is not { } draft || !MessageAddress.IsId(draft))
            return (null, new ReplyOutcome.Later(ReplyReasons.Unreachable));
        // The Message-ID follows afterwards. Until it is set the draft is not assigned: a crash here leaves a draft that is never sent.
        // https://learn.microsoft.com/en-us/graph/api/message-update
        var named = await Graph.SendAsync(mailbox, graph =>
            graph.Users[mailbox].Messages[draft].ToPatchRequestInformation(new Message { InternetMessageId = id }), ct);
        return named.Succeeded ? (draft, null) : (null, NotSent(named));
    }

    private static string? Subject(Reply reply)
    {
        var subject = reply.To.Extras?.GetValueOrDefault("subject") ?? "";
        if (!subject.StartsWith("Re:", StringComparison.OrdinalIgnoreCase)
            && !subject.StartsWith("AW:", StringComparison.OrdinalIgnoreCase)) subject = $"Re: {subject}".TrimEnd();
        var number = $"[#{reply.CaseNumber}]";
        return subject.Contains(number, StringComparison.Ordinal) ? subject : $"{subject} {number}";
    }

    private static (string? Draft, DateTimeOffset? SentAt) Known(JsonElement list)
    {
        string? draft = null;
        foreach (var message in list.Get("value"u8).Items())
        {
            if (!message.Get("isDraft"u8).IsTrue()) return (null, message.Time("sentDateTime"u8) ?? DateTimeOffset.UnixEpoch);
            if (MessageAddress.IsId(message.Text("id"u8))) draft = message.Text("id"u8);
        }

        return (draft, null);
    }

    private static ReplyOutcome NotSent(ProviderResponse answer) => answer.Status switch
    {
        401 => new ReplyOutcome.Later(ReplyReasons.NotPermitted, answer.RetryAfter),
        403 => new ReplyOutcome.Refused(ReplyReasons.NotPermitted,
            "The app's identity needs the Graph permissions Mail.ReadWrite and Mail.Send for this mailbox."),
        404 when GraphCalls.ErrorCode(answer) == "ErrorItemNotFound" =>
            new ReplyOutcome.Refused(ReplyReasons.RecipientGone, "The mail that is answered is no longer in the mailbox."),
        429 => new ReplyOutcome.Later(ReplyReasons.RateLimited, answer.RetryAfter),
        413 => new ReplyOutcome.Refused(ReplyReasons.TooLong),
        >= 400 and < 500 and not 404 and not 408 and not 409 =>
            new ReplyOutcome.Refused(ReplyReasons.ContentRefused, GraphCalls.ErrorCode(answer)),
        _ => new ReplyOutcome.Later(ReplyReasons.Unreachable, answer.RetryAfter),
    };

    private static ReplyOutcome.Sent Sent(Reply reply, Identity customer, string id, string thread, DateTimeOffset at)
    {
        var subject = Subject(reply);
        var extras = new ExtraFields();
        extras.Add("subject", subject);
        var sent = reply.AsSent(id, at, "email");
        return new ReplyOutcome.Sent(sent with
        {
            Contact = sent.Contact with { Entry = reply.To.Account, ThreadKey = thread, Parties = [customer], Extras = extras.Values },
        });
    }
}
