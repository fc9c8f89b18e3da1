namespace Serverless.ActionLinks;

/// <summary>
/// What the feature that sends notifications knows of those who follow links. It hands this in, since links know nothing of it.
/// </summary>
/// <param name="FindAsync">A person or team by name; null when the settings do not name them any more: then their links show
/// nothing.</param>
/// <param name="AlikeAsync">Cases that were told as one incident, by its key, oldest first, at most as many as asked for.</param>
public sealed record LinkAudience(
    Func<string, CancellationToken, Task<Viewer?>> FindAsync,
    Func<string, int, CancellationToken, Task<IReadOnlyList<AlikeCase>>> AlikeAsync);

/// <summary>Somebody who looks at the page of a link.</summary>
/// <param name="Shows">Whether a kind of <see cref="ContactFacts"/> is included for them now, whatever it was when the link was
/// sent.</param>
/// <param name="TimeZone">IANA name of the zone in which they read times.</param>
public sealed record Viewer(Func<string, bool> Shows, string TimeZone);

/// <summary>One of several cases that were told together.</summary>
/// <param name="CaseId">Which.</param>
/// <param name="Number">Its number.</param>
public sealed record AlikeCase(string CaseId, string Number);
