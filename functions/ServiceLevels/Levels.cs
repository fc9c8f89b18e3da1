using Serverless.Contacts;

namespace Serverless.ServiceLevels;

/// <summary>What is promised for a contact.</summary>
/// <param name="Minutes">Working minutes; 0: nothing is promised.</param>
/// <param name="Calendar">In which they count.</param>
/// <param name="Rule">Which rule says so, e.g. <c>network voice</c>.</param>
public sealed record Level(int Minutes, WorkingTime Calendar, string Rule);

/// <summary>By when the customer of a contact hears from us.</summary>
/// <param name="At">The instant.</param>
/// <param name="ByCustomer">They named it, and it lies in working time.</param>
/// <param name="IsCall">They asked for a call.</param>
/// <param name="Level">The level that holds otherwise.</param>
public sealed record Due(DateTimeOffset At, bool ByCustomer, bool IsCall, Level Level);

/// <summary>Says by when a contact is owed an answer. Pure.</summary>
/// <param name="options">Settings.</param>
/// <param name="calendars">The calendars they name.</param>
public sealed class Levels(ServiceLevelsOptions options, Calendars calendars)
{
    /// <summary>Longest level in minutes: 30 days of 24 hours.</summary>
    public const int LongestMinutes = 60 * 24 * 30;

    private const string AnyPlace = "";

    // Working minutes that come with the app. What is dangerous does not wait for the morning.
    private static readonly Dictionary<(string Need, string Place), int> BuiltIn = new()
    {
        [("safety", AnyPlace)] = 30,
        [("callback", AnyPlace)] = 120,
        [("complaint", "public")] = 240,
        [("press", AnyPlace)] = 240,
        [("praise", AnyPlace)] = 0,
        [("idea", AnyPlace)] = 0,
        [("none", AnyPlace)] = 0,
    };

    // The setting for everything holds for these, whatever the network; for what no rule knows (can-wait) the network comes first.
    private static readonly HashSet<string> AtDefault = new(StringComparer.Ordinal)
    {
        "complaint", "cancellation", "withdrawal", "fault", "known-question", "complex", "confidential",
    };

    // The level of a network is for what customers ask there: it neither delays a danger nor promises an answer to praise.
    private static readonly HashSet<string> WhateverNetwork = new(StringComparer.Ordinal) { "safety", "praise", "idea", "none" };

    private static readonly Dictionary<string, int> BuiltInNetworks = new(StringComparer.OrdinalIgnoreCase) { ["voice"] = 120,
        ["facebook"] = 240, ["device"] = 480 };

    /// <summary>The calendars that levels and promises count in.</summary>
    public Calendars Calendars => calendars;

    /// <summary>
    /// The level of a contact: the setting of its need, that of its network, what comes with the app for the need, for the network, the
    /// default.
    /// </summary>
    /// <param name="contact">The contact as all its events leave it.</param>
    /// <param name="need">Why the customer came; null where no rule said.</param>
    public Level Of(Contact contact, string? need = null)
    {
        var place = contact.Place == Place.Public ? "public" : "private";
        var own = need is null ? null : options.Needs.GetValueOrDefault(need);
        // What is dangerous is told whatever the hours.
        var calendar = calendars.Counting(own?.Calendar ?? (need == "safety" ? Calendars.AlwaysName : options.Calendar),
            contact.ReceivedAt);
        if (own is not null && own.Places.TryGetValue(place, out var placed)) return new Level(placed, calendar, $"need {need}, {place}");
        if (own?.First is { } first) return new Level(first, calendar, $"need {need}");
        if (need is not null && WhateverNetwork.Contains(need)) return new Level(BuiltIn[(need, AnyPlace)], calendar, $"need {need}");
        if (options.Networks.TryGetValue(contact.Network, out var network))
            return new Level(network, calendar, $"network {contact.Network}");
        if (need is not null && (BuiltIn.TryGetValue((need, place), out var known) || BuiltIn.TryGetValue((need, AnyPlace), out known)))
            return new Level(known, calendar, $"need {need}");
        if (need is not null && AtDefault.Contains(need)) return new Level(options.DefaultMinutes, calendar, $"need {need}");
        if (BuiltInNetworks.TryGetValue(contact.Network, out network)) return new Level(network, calendar, $"network {contact.Network}");
        return new Level(options.DefaultMinutes, calendar, "default");
    }

    /// <summary>
    /// The provider's time of the contact plus its level in working minutes; null where nothing is promised. A contact from the future or
    /// long ago counts from its
    /// arrival: what comes late restarts no clock of the past. One that we recovered ourselves counts from its own time (P9): its
    /// customer has waited since.
    /// A time that the customer named for a call takes its place where people work then; otherwise it is never later than that time.
    /// </summary>
    /// <param name="contact">The contact as all its events leave it.</param>
    /// <param name="need">Why the customer came; null where no rule said.</param>
    public Due? DueOf(Contact contact, string? need = null)
    {
        var level = Of(contact, need);
        if (level.Minutes == 0) return null;
        var due = level.Calendar.Add(From(contact), level.Minutes);
        if (NamedIn(contact) is not { } named) return new Due(due, ByCustomer: false, IsCall: false, level);
        var works = level.Calendar.IsOpenUntil(named.At);
        if (works && (named.At < due || !named.IsDeadline)) return new Due(named.At, ByCustomer: true, named.IsCall, level);
        return new Due(named.At < due ? named.At : due, ByCustomer: false, IsCall: false, level);
    }

    /// <summary>By when; null where nothing is promised.</summary>
    public DateTimeOffset? DueAt(Contact contact, string? need = null) => DueOf(contact, need)?.At;

    /// <summary>The time that the customer names in a contact; null for none. What comes late, or in public, names none.</summary>
    public NamedTime? NamedIn(Contact contact) =>
        contact is { Direction: Direction.Inbound, Recovery: null, Place: Place.Private } ? NamedTime
            .Find(contact.Text, contact.OccurredAt, calendars.Of(options.Calendar).Zone) : null;

    private static DateTimeOffset From(Contact contact) =>
        contact.OccurredAt > contact.ReceivedAt || (contact.Recovery is null && contact.ReceivedAt - contact.OccurredAt > TimeSpan
            .FromDays(1)) ? contact.ReceivedAt : contact.OccurredAt;
}
