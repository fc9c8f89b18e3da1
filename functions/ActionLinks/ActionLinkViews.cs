using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Replies;

namespace Serverless.ActionLinks;

/// <summary>
/// Reads the data of link pages, and sends the reply of one of them. Everything but <see cref="SendAsync"/> changes nothing.
/// </summary>
public sealed class ActionLinkViews(CaseReader reader, ReplyRequests replies, ActionLinkTokens links, LinkAudience audience)
{
    /// <summary>Longest answer, in characters; each network takes less or more.</summary>
    public const int LongestText = 5_000;

    /// <summary>Most cases of an incident that are listed.</summary>
    public const int MostAlike = 1_000;

    /// <summary>The case for the recipient of the link, with action links that expire with this one.</summary>
    public async Task<LinkView> ViewAsync(OpenedLink opened, CancellationToken ct)
    {
        var link = opened.Link;
        if (await audience.FindAsync(link.Who, ct) is not { } viewer) return new LinkView(LinkState.Strange);
        if (opened.Expired) return new LinkView(LinkState.Expired, link);
        if (await reader.FindAsync(link.CaseId, ct) is not { } file) return new LinkView(LinkState.Over, link);
        var view = new LinkView(LinkState.Open, link, file.Case) { Viewer = viewer, Contacts = file.Contacts };
        if (file.Case.State == CaseState.Closed) return view;

        // A second answer by intention is another link; the same page opened twice has the same one.
        var answered = file.Replies.Count(r => !r.Automatic);
        List<(LinkAction, Uri)> onward = [];
        foreach (var action in new[] { LinkAction.Answer, LinkAction.Accept, LinkAction.HandOver, LinkAction.Done })
        {
            if (action == LinkAction.Answer && replies.Look(file, null).Objection is not null) continue;
            var cause = action == LinkAction.Answer && answered > 0 ? $"{link.Cause}+{answered}" : link.Cause;
            if (links.AddressOf(new ActionLink(link.CaseId, action, link.Who, cause), opened.ExpiresAt) is { } address)
                onward.Add((action, address));
        }

        return view with { Onward = onward };
    }

    /// <summary>A recipient's time zone; null when the settings do not name them any more.</summary>
    public async Task<TimeZoneInfo?> ZoneAsync(string recipient, CancellationToken ct) => (await audience.FindAsync(recipient, ct))?.Zone;

    /// <summary>The cases of an incident, each with its link.</summary>
    public async Task<LinkView> IncidentAsync(OpenedLink opened, CancellationToken ct)
    {
        var link = opened.Link;
        if (await audience.FindAsync(link.Who, ct) is not { } viewer) return new LinkView(LinkState.Strange);
        if (opened.Expired) return new LinkView(LinkState.Expired, link);
        var cases = await audience.AlikeAsync(link.Cause, MostAlike + 1, ct);
        var listed = cases.Take(MostAlike)
            .Select(c => (c.Number, links.AddressOf(new(c.CaseId, LinkAction.View, link.Who, link.Cause), opened.ExpiresAt)));
        return new LinkView(LinkState.Open, link) { Viewer = viewer, Alike = [.. listed], MoreAlike = cases.Count > MostAlike };
    }

    /// <summary>The page on which an answer is written: whom it goes to, or why it cannot be sent.</summary>
    /// <param name="view">The link, which can be followed.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<LinkView> AnswerAsync(LinkView view, CancellationToken ct)
    {
        var link = view.Link!;
        if (await audience.FindAsync(link.Who, ct) is not { } viewer) return new LinkView(LinkState.Strange);
        if (await reader.FindAsync(link.CaseId, ct) is not { } file) return new LinkView(LinkState.Over, link);
        var path = replies.Look(file, link.ContactId);
        return path.Objection is { } objection
            ? view with { State = StateOf(objection), Objection = objection, Viewer = viewer, To = path.To }
            : view with { Viewer = viewer, To = path.To };
    }

    /// <summary>
    /// Sends an answer, once for each link: sent again with the same words it is known, with others the link counts as used.
    /// </summary>
    /// <param name="link">The link.</param>
    /// <param name="id">Of the link.</param>
    /// <param name="text">The reply.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<LinkView> SendAsync(ActionLink link, string id, string text, CancellationToken ct)
    {
        var request = new ReplyRequest { Id = $"link {id}", Text = text, To = link.ContactId };
        var (asked, _) = await replies.AskAsync(link.CaseId, request, ct);
        return new LinkView(StateOf(asked), link) { Objection = asked is ReplyRequestResult.Taken or ReplyRequestResult.Known
            ? null : asked };
    }

    private static LinkState StateOf(ReplyRequestResult asked) => asked switch
    {
        ReplyRequestResult.Taken or ReplyRequestResult.Known => LinkState.Done,
        ReplyRequestResult.OtherText => LinkState.Used,
        ReplyRequestResult.NoSuchCase or ReplyRequestResult.CaseClosed => LinkState.Over,
        _ => LinkState.NoWay,
    };
}
