using Microsoft.Extensions.Options;
using Serverless.ActionLinks;
using Serverless.Notifications.Subscriptions;
using Serverless.Platform.Storage;
using Serverless.ServiceLevels;

namespace Serverless.Notifications;

/// <summary>Recipients from settings, overridden by each person's preferences.</summary>
public sealed class Recipients(IOptionsMonitor<RecipientsOptions> options, TableStore tables, Calendars calendars, TimeProvider time)
{
    private const string Table = "recipients";
    private const string Choices = "choices";

    /// <summary>The targets of a route that want a notice.</summary>
    /// <param name="notice">The notification.</param>
    /// <param name="addressOf">The route's address of a recipient; null when they have none on it.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<NotificationTarget>> TargetsAsync(Notification notice, Func<Recipient, string?> addressOf,
        CancellationToken ct)
    {
        List<NotificationTarget> targets = [];
        foreach (var (name, recipient) in await AllAsync(ct))
            if (NotificationTarget.IsName(name) && addressOf(recipient) is { Length: > 0 } address && recipient.Wants(name, notice))
                targets.Add(TargetOf(name, address, recipient, notice.Type));
        return targets;
    }

    /// <summary>A target by name; null when the recipient is gone or has no address on the route.</summary>
    public async Task<NotificationTarget?> FindAsync(string name, Func<Recipient, string?> addressOf, string? type, CancellationToken ct) =>
        await FindAsync(name, ct) is { } recipient && addressOf(recipient) is { Length: > 0 } address
        ? TargetOf(name, address, recipient, type ?? "") : null;

    /// <summary>A recipient with their preferences; null when the settings do not name them.</summary>
    public async Task<Recipient?> FindAsync(string name, CancellationToken ct) =>
        options.CurrentValue.Entries.GetValueOrDefault(name) is { } entry
        ? Chosen(entry, await tables.GetAsync(Table, Choices, KeyOf(name), ct)) : null;

    /// <summary>Saves a person's preferences: events, hours, digest, language. An address cannot be changed here.</summary>
    public Task ChooseAsync(string name, RecipientChoice choice, CancellationToken ct) =>
        tables.UpsertAsync(Table, new TableRow(Choices, KeyOf(name))
    {
        ["Events"] = choice.Events,
        ["Hours"] = choice.Hours,
        ["Language"] = choice.Language,
        ["DigestCount"] = choice.DigestCount,
        ["DigestMinutes"] = choice.DigestMinutes,
        ["At"] = time.GetUtcNow(),
    }, ct);

    /// <summary>Forgets what a person chose: the settings hold again.</summary>
    public Task ForgetAsync(string name, CancellationToken ct) => tables.DeleteAsync(Table, Choices, KeyOf(name), Azure.ETag.All, ct);

    /// <summary>Sentences for recipients with invalid settings, each naming the setting to change.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (name, recipient) in options.CurrentValue.Entries)
        {
            var section = $"Recipients__Entries__{name}";
            if (!NotificationTarget.IsName(name))
                yield return $"{section}: a recipient's name has letters, digits, - and _, at most 50; {name} receives no notifications.";
            if (string.IsNullOrEmpty(recipient.Email) && string.IsNullOrEmpty(recipient.TeamsUrl))
                yield return $"{section} has neither Email nor TeamsUrl: {name} receives no notifications.";
            if (calendars.Read(recipient.Hours, recipient.ZoneIn(calendars)) is null)
                yield return $"{section}__Hours is not like 'Mon-Fri 08:00-17:00', 'always', 'never' or 'calendar:default'; "
                    + $"{name} is notified at any time.";
            foreach (var kind in Subscription.Parts(recipient.Include))
            {
                if (kind.EndsWith('*') || ContactFacts.Kinds.Contains(kind, StringComparer.OrdinalIgnoreCase)) continue;
                yield return $"{section}__Include names {kind}; known: {string.Join(", ", ContactFacts.Kinds)}.";
            }

            if (recipient.TimeZone is { } zone && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
                yield return $"{section}__TimeZone is not an IANA zone such as Europe/Berlin; UTC is used.";
        }
    }

    /// <summary>Sentences for addresses of one route that cannot be used.</summary>
    /// <param name="setting">Name of the setting.</param>
    /// <param name="addressOf">The address.</param>
    /// <param name="problem">The requirement it violates; null for none.</param>
    public IEnumerable<string> AddressProblems(string setting, Func<Recipient, string?> addressOf, Func<string, string?> problem)
    {
        foreach (var (name, recipient) in options.CurrentValue.Entries)
            if (addressOf(recipient) is { Length: > 0 } address && problem(address) is { } must)
                yield return $"Recipients__Entries__{name}__{setting} {must}: notifications to {name} wait.";
    }

    private async Task<IEnumerable<(string Name, Recipient Recipient)>> AllAsync(CancellationToken ct)
    {
        var entries = options.CurrentValue.Entries;
        if (entries.Count == 0) return [];
        Dictionary<string, TableRow> chosen = new(StringComparer.Ordinal);
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition(Choices), ct)) chosen[row.RowKey] = row;
        return entries.Select(e => (e.Key, Chosen(e.Value, chosen.GetValueOrDefault(KeyOf(e.Key)))));
    }

    private NotificationTarget TargetOf(string name, string address, Recipient recipient, string type) =>
        new(name, address)
        {
            NotBefore = recipient.NotBefore(type, calendars, time.GetUtcNow()),
            Digest = recipient.DigestFor(type),
            IsPerson = true,
        };

    private static Recipient Chosen(Recipient entry, TableRow? choice) => choice is null ? entry : new Recipient
    {
        Email = entry.Email,
        TeamsUrl = entry.TeamsUrl,
        Owners = entry.Owners,
        Channels = entry.Channels,
        Needs = entry.Needs,
        Owes = entry.Owes,
        TimeZone = entry.TimeZone,
        Urgent = entry.Urgent,
        Escalation = entry.Escalation,
        Include = entry.Include,
        Events = choice.Text("Events") ?? entry.Events,
        Hours = choice.Text("Hours") ?? entry.Hours,
        Language = choice.Text("Language") ?? entry.Language,
        DigestCount = choice.Int("DigestCount") ?? entry.DigestCount,
        DigestMinutes = choice.Int("DigestMinutes") ?? entry.DigestMinutes,
    };

    private static string KeyOf(string name) => name.ToLowerInvariant();
}

/// <summary>Preferences of a person; null for the value of the settings.</summary>
public sealed record RecipientChoice(string? Events, string? Hours, string? Language, int? DigestCount, int? DigestMinutes);
