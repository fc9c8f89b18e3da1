using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Serverless.Cases;
using Serverless.Platform.Storage;

namespace Serverless.Links;

/// <summary>How it stands with a link.</summary>
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

    /// <summary>A field is missing.</summary>
    Incomplete,
}

/// <summary>What the page of a link shows.</summary>
/// <param name="State">How it stands.</param>
/// <param name="Link">What it is for; null when it is none of ours.</param>
/// <param name="Case">The case as it is now; null when it is gone.</param>
/// <param name="UsedAt">When it was followed before.</param>
/// <param name="Owners">Owners a case can be handed over to.</param>
public sealed record LinkView(LinkState State, ActionLink? Link = null, Case? Case = null, DateTimeOffset? UsedAt = null, IReadOnlyList<string>? Owners = null);

/// <summary>Shows what a link would do, and does it when asked to: looking changes nothing, so that programs that look at every link of a mail change nothing.</summary>
public sealed class LinkDesk(ActionLinks links, CaseStore cases, CaseActions actions, TableStore tables, TimeProvider time, IOptionsMonitor<OwnersOptions> owners)
{
    private const string Table = "links";

    /// <summary>How it stands with a link; changes nothing.</summary>
    public async Task<LinkView> LookAsync(string token, CancellationToken ct)
    {
        if (links.Open(token) is not { } opened) return new LinkView(LinkState.Strange);
        var head = (await cases.HeadAsync(opened.Link.CaseId, ct))?.Head;
        var used = await tables.GetAsync(Table, KeyOf(token), "used", ct);
        var state = used is not null ? LinkState.Used : opened.Expired ? LinkState.Expired : head is null or { State: CaseState.Closed } ? LinkState.Over : LinkState.Open;
        return new LinkView(state, opened.Link, head, used?.Time("At"), OwnersBut(head?.Owner));
    }

    /// <summary>Does what the link is for. A case that changed meanwhile decides; a crash before the link is marked lets it be followed once more, to no further effect.</summary>
    /// <param name="token">The link.</param>
    /// <param name="fields">What the page's form sent: <c>to</c> and <c>why</c>, or <c>cause</c>.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<LinkView> FollowAsync(string token, IReadOnlyDictionary<string, string> fields, CancellationToken ct)
    {
        var view = await LookAsync(token, ct);
        if (view is not { State: LinkState.Open, Link: { } link }) return view;
        var result = link.Action switch
        {
            LinkAction.Accept => await actions.AcceptAsync(link.CaseId, link.Who, ct),
            LinkAction.HandOver when Field(fields, "to", CaseActions.LongestName) is { } to && view.Owners!.Contains(to, StringComparer.Ordinal) && Field(fields, "why", CaseActions.LongestReason) is { } why
                => await actions.HandOverAsync(link.CaseId, to, link.Who, why, ct),
            LinkAction.Done when Field(fields, "cause", CaseActions.LongestReason) is { } cause => await actions.CloseAsync(link.CaseId, cause, ct),
            _ => (CaseActions.Result?)null,
        };
        if (result is null) return view with { State = LinkState.Incomplete };
        await tables.InsertAsync(Table, new TableRow(KeyOf(token), "used") { ["At"] = time.GetUtcNow() }, ct);
        return view with { State = result is CaseActions.Result.Done or CaseActions.Result.Already ? LinkState.Done : LinkState.Over, Case = (await cases.HeadAsync(link.CaseId, ct))?.Head };
    }

    private static string? Field(IReadOnlyDictionary<string, string> fields, string name, int longest) =>
        fields.TryGetValue(name, out var value) && value.ReplaceLineEndings(" ").Trim() is { Length: > 0 } text && text.Length <= longest ? text : null;

    private List<string> OwnersBut(string? present) => [.. owners.CurrentValue.Known.Where(o => o != present)];

    private static string KeyOf(string token) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
