using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Platform.Storage;
using Serverless.Replies;

namespace Serverless.ActionLinks;

/// <summary>State of a link.</summary>
public enum LinkState
{
    /// <summary>It was not made by us, or was cut off.</summary>
    Strange,

    Expired,

    /// <summary>It was followed before.</summary>
    Used,

    /// <summary>The case is closed or gone: there is nothing to do.</summary>
    Over,

    /// <summary>It can be followed.</summary>
    Open,

    /// <summary>It was followed just now.</summary>
    Done,

    /// <summary>A field is missing, or too long.</summary>
    Incomplete,

    /// <summary>The customer cannot be answered in this way, at least not now.</summary>
    NoWay,
}

/// <summary>Content of the page of a link.</summary>
/// <param name="State">State of the link.</param>
/// <param name="Link">Its content; null when it is not validly signed.</param>
/// <param name="Case">The case as it is now; null when it is gone.</param>
/// <param name="UsedAt">When it was followed before.</param>
/// <param name="Owners">Owners a case can be handed over to.</param>
public sealed record LinkView(
    LinkState State, ActionLink? Link = null, Case? Case = null, DateTimeOffset? UsedAt = null, IReadOnlyList<string>? Owners = null)
{
    /// <summary>The reader and their permitted details; null where the page shows no contact.</summary>
    public Viewer? Viewer { get; init; }

    /// <summary>The recipient's time zone; null where the recipient is gone.</summary>
    public TimeZoneInfo? Zone { get; init; }

    /// <summary>Contacts of the case, oldest first.</summary>
    public IReadOnlyList<FiledContact> Contacts { get; init; } = [];

    /// <summary>The contact that an answer goes to.</summary>
    public FiledContact? To { get; init; }

    /// <summary>Why no answer can be sent.</summary>
    public ReplyRequestResult? Objection { get; init; }

    /// <summary>The text that was not sent, so that no input is lost.</summary>
    public string? Text { get; init; }

    /// <summary>Further actions.</summary>
    public IReadOnlyList<(LinkAction Action, Uri Address)> Onward { get; init; } = [];

    /// <summary>Cases of an incident: number and link.</summary>
    public IReadOnlyList<(string Number, Uri? Address)> Alike { get; init; } = [];

    /// <summary>True when there are more of them than are listed.</summary>
    public bool MoreAlike { get; init; }
}

/// <summary>
/// Shows the action of a link, and performs it on request: GET changes nothing, so link scanners of mail systems trigger nothing.
/// </summary>
public sealed class ActionLinkHandler(
    ActionLinkTokens links, ActionLinkViews reading, CaseStore cases, CaseActions actions, TableStore tables, TimeProvider time,
    IOptionsMonitor<OwnersOptions> owners)
{
    private const string Table = "links";

    /// <summary>State of a link; changes nothing.</summary>
    public async Task<LinkView> LookAsync(string token, CancellationToken ct)
    {
        if (links.Open(token) is not { } opened) return new LinkView(LinkState.Strange);
        var view = await LookAsync(token, opened, ct);
        return view with { Zone = view.Viewer?.Zone ?? await reading.ZoneAsync(opened.Link.Who, ct) };
    }

    private async Task<LinkView> LookAsync(string token, OpenedLink opened, CancellationToken ct)
    {
        if (opened.Link.Action == LinkAction.View) return await reading.ViewAsync(opened, ct);
        if (opened.Link.Action == LinkAction.Incident) return await reading.IncidentAsync(opened, ct);
        var head = (await cases.HeadAsync(opened.Link.CaseId, ct))?.Head;
        var used = await tables.GetAsync(Table, KeyOf(token), "used", ct);
        var state = used is not null ? LinkState.Used
            : opened.Expired ? LinkState.Expired
            : head is null or { State: CaseState.Closed } ? LinkState.Over
            : LinkState.Open;
        var view = new LinkView(state, opened.Link, head, used?.Time("At"), OwnersBut(head?.Owner));
        return view is { State: LinkState.Open, Link.Action: LinkAction.Answer } ? await reading.AnswerAsync(view, ct) : view;
    }

    /// <summary>
    /// Does what the link is for. A case that changed meanwhile decides; a crash before the link is marked lets it be followed once more,
    /// to no further effect.
    /// </summary>
    /// <param name="token">The link.</param>
    /// <param name="fields">Fields of the page's form: <c>to</c> and <c>why</c>, <c>cause</c>, or <c>text</c>.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<LinkView> FollowAsync(string token, IReadOnlyDictionary<string, string> fields, CancellationToken ct)
    {
        var view = await LookAsync(token, ct);
        var text = fields.GetValueOrDefault("text")?.ReplaceLineEndings("\n").Trim();
        // What was written stays on the page, if it could not be sent.
        if (view is not { State: LinkState.Open, Link: { } link }) return view with { Text = text };
        return link.Action switch
        {
            LinkAction.View or LinkAction.Incident => view,
            LinkAction.Answer => await AnswerAsync(token, view, text, ct),
            _ => await ActAsync(token, view, fields, ct),
        };
    }

    private async Task<LinkView> AnswerAsync(string token, LinkView view, string? text, CancellationToken ct)
    {
        if (text is not { Length: > 0 and <= ActionLinkViews.LongestText }) return view with { State = LinkState.Incomplete, Text = text };
        var sent = await reading.SendAsync(view.Link!, KeyOf(token), text, ct);
        if (sent.State is LinkState.Done or LinkState.Used) await UseUpAsync(token, ct);
        return view with { State = sent.State, Objection = sent.Objection, Text = sent.State == LinkState.Done ? null : text };
    }

    private async Task<LinkView> ActAsync(string token, LinkView view, IReadOnlyDictionary<string, string> fields, CancellationToken ct)
    {
        var link = view.Link!;
        var (to, why) = (Field(fields, "to", CaseActions.LongestName), Field(fields, "why", CaseActions.LongestReason));
        var cause = Field(fields, "cause", CaseActions.LongestReason);
        var result = link.Action switch
        {
            LinkAction.Accept => await actions.AcceptAsync(link.CaseId, link.Who, ct),
            LinkAction.HandOver when to is not null && view.Owners!.Contains(to, StringComparer.Ordinal) && why is not null
                => await actions.HandOverAsync(link.CaseId, to, link.Who, why, ct),
            LinkAction.Done when cause is not null => await actions.CloseAsync(link.CaseId, cause, ct),
            _ => (CaseActions.Result?)null,
        };
        if (result is null) return view with { State = LinkState.Incomplete };
        await UseUpAsync(token, ct);
        var state = result is CaseActions.Result.Done or CaseActions.Result.Already ? LinkState.Done : LinkState.Over;
        return view with { State = state, Case = (await cases.HeadAsync(link.CaseId, ct))?.Head };
    }

    private async Task UseUpAsync(string token, CancellationToken ct) =>
        await tables.InsertAsync(Table, new TableRow(KeyOf(token), "used") { ["At"] = time.GetUtcNow() }, ct);

    private static string? Field(IReadOnlyDictionary<string, string> fields, string name, int longest) =>
        fields.TryGetValue(name, out var value) && value.ReplaceLineEndings(" ").Trim() is { Length: > 0 } text && text.Length <= longest
        ? text : null;

    private List<string> OwnersBut(string? present) => [.. owners.CurrentValue.Known.Where(o => o != present)];

    private static string KeyOf(string token) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
