namespace Serverless.ActionLinks;

/// <summary>
/// Recipients of links, as provided by the notifications feature, since action links do not depend on it.
/// </summary>
/// <param name="FindAsync">A person or team by name; null when the settings do not name them any more: then their links show
/// nothing.</param>
/// <param name="AlikeAsync">Cases of an incident by its key, oldest first, at most as many as requested.</param>
public sealed record LinkAudience(
    Func<string, CancellationToken, Task<Viewer?>> FindAsync,
    Func<string, int, CancellationToken, Task<IReadOnlyList<AlikeCase>>> AlikeAsync);

/// <summary>The reader of a link's page.</summary>
/// <param name="Shows">Whether a kind of <see cref="ContactFacts"/> is included for them now, regardless of the time the link was
/// sent.</param>
/// <param name="Zone">The zone in which they read times.</param>
public sealed record Viewer(Func<string, bool> Shows, TimeZoneInfo Zone);

/// <summary>One case of an incident.</summary>
/// <param name="CaseId">Which.</param>
/// <param name="Number">Its number.</param>
public sealed record AlikeCase(string CaseId, string Number);
