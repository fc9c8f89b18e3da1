using System.Globalization;
using System.Text.RegularExpressions;

namespace Serverless.ServiceLevels;

/// <summary>
/// A time by which, or at which, a customer asks for a call or an answer, in German or English: "Rückruf Freitag 10 Uhr", "call me
/// tomorrow at 3 pm". Pure, by words
/// alone. Only what has one meaning is taken: one time with its day in a sentence that asks; a range, "next Friday", 3 Uhr, a day without
/// a time, a denial are left
/// to people.
/// </summary>
/// <param name="At">The instant.</param>
/// <param name="IsCall">They ask for a call.</param>
/// <param name="IsDeadline">They ask until then, not at that time.</param>
public sealed partial record NamedTime(DateTimeOffset At, bool IsCall, bool IsDeadline)
{
    // Work on a stranger's text is bounded.
    private const int MostCharacters = 2_000;
    private const int MostDays = 60;
    private const int Patience = 100;

    private static readonly string[] German = ["sonntag", "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag"];
    private static readonly string[] English = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

    /// <summary>The one time that a text names; null when it names none, or more than one, or one that can be meant in two ways.</summary>
    /// <param name="text">The customer's words.</param>
    /// <param name="said">When they were said.</param>
    /// <param name="zone">The zone in which people here read a clock.</param>
    public static NamedTime? Find(string? text, DateTimeOffset said, TimeZoneInfo zone)
    {
        if (string.IsNullOrEmpty(text) || !text.AsSpan().ContainsAnyInRange('0', '9')) return null;
        try
        {
            return FindIn((text.Length > MostCharacters ? text[..MostCharacters] : text).ToLowerInvariant(), said, zone);
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    private static NamedTime? FindIn(string text, DateTimeOffset said, TimeZoneInfo zone)
    {
        NamedTime? found = null;
        foreach (var sentence in Sentences().Split(text))
        {
            if (!sentence.AsSpan().ContainsAnyInRange('0', '9') || !Asks().IsMatch(sentence) || !Times().IsMatch(sentence)) continue;
            // Two of them, or one that can be meant in two ways: a person reads which one is meant.
            if (found is not null || Denies().IsMatch(sentence) || InstantOf(sentence, said, zone) is not { } at) return null;
            found = new NamedTime(at, AsksForCall().IsMatch(sentence), Deadline().IsMatch(sentence));
        }

        return found;
    }

    private static DateTimeOffset? InstantOf(string sentence, DateTimeOffset said, TimeZoneInfo zone)
    {
        if (Times().Matches(sentence) is not [var time] || Range().IsMatch(sentence) || ClockOf(time) is not { } clock) return null;
        var now = TimeZoneInfo.ConvertTime(said, zone);
        if (DayOf(sentence, DateOnly.FromDateTime(now.DateTime)) is not { } day) return null;
        var local = day.ToDateTime(clock);
        // An hour that is skipped or comes twice has no one meaning.
        if (zone.IsInvalidTime(local) || zone.IsAmbiguousTime(local)) return null;
        var at = new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
        return at > said && at <= said.AddDays(MostDays) ? at : null;
    }

    private static TimeOnly? ClockOf(Match time)
    {
        var hour = Number(time.Groups["hour"]);
        var minute = time.Groups["minute"].Success ? Number(time.Groups["minute"]) : 0;
        if (time.Groups["half"].Success)
        {
            if (hour is < 1 or > 12) return null;
            hour = (hour % 12) + (time.Groups["half"].ValueSpan[0] == 'p' ? 12 : 0);
        }
        else if (hour < 7)
        {
            // "um 3 Uhr" is 15:00 to most people.
            return null;
        }

        return hour <= 23 && minute <= 59 ? new TimeOnly(hour, minute) : null;
    }

    // One day, said in one way; null for none or several.
    private static DateOnly? DayOf(string sentence, DateOnly today)
    {
        List<DateOnly?> days = [.. Dates().Matches(sentence).Select(d => DateOf(d, today)), .. Words().Matches(sentence)
            .Select(w => WordOf(w.Value, today))];
        return days.Distinct().ToList() is [{ } day] ? day : null;
    }

    private static DateOnly? DateOf(Match date, DateOnly today)
    {
        var year = date.Groups["year"].Success ? Number(date.Groups["year"]) : today.Year;
        if (year < 100) year += 2000;
        var written = string.Create(CultureInfo.InvariantCulture,
            $"{year:0000}-{Number(date.Groups["month"]):00}-{Number(date.Groups["day"]):00}");
        if (!DateOnly.TryParseExact(written, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return null;
        // "am 5.1." in December.
        return !date.Groups["year"].Success && day < today ? day.AddYears(1) : day;
    }

    private static DateOnly? WordOf(string word, DateOnly today)
    {
        switch (word)
        {
            case "heute" or "today": return today;
            case "morgen" or "tomorrow": return today.AddDays(1);
            case "übermorgen": return today.AddDays(2);
            case "sonnabend": word = "samstag"; break;
        }

        var weekday = Math.Max(Array.IndexOf(German, word), Array.IndexOf(English, word));
        var ahead = (weekday - (int)today.DayOfWeek + 7) % 7;
        // On a Friday "Freitag" is today or in a week.
        return weekday < 0 || ahead == 0 ? null : today.AddDays(ahead);
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    // A point between digits belongs to a date or a time, one before "m" to "p.m.".
    [GeneratedRegex(@"[!?\n;]|(?<![\dap])\.(?!\d)|(?<=\d)\.(?=\s+[a-zäöü]{4,}\s+[a-zäöü])", RegexOptions.CultureInvariant, Patience)]
    private static partial Regex Sentences();

    [GeneratedRegex(
        @"rückruf|rueckruf|zurückruf|zurueckruf|\brufen sie\b|\bruft? mich\b|\banrufen\b|\bmelden sie sich\b|\bantwort|\bbescheid\b"
        + @"|\berreichen sie mich\b|\berreichbar\b"
        + @"|\bcall me\b|\bcall(ing)? (us )?back\b|\bcallback\b|\bring me\b|\bgive me a (call|ring)\b|\breach me\b|\bget back to me\b"
        + @"|\bphone me\b|\b(reply|answer)\b",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Asks();

    [GeneratedRegex(
        @"ruf|anruf|erreich|\bcall|\bring\b|\breach\b|\bphone\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex AsksForCall();

    // What was, what is not, what others said.
    [GeneratedRegex(
        @"\b(nicht|kein\w*|nie|gestern|wollten?|sollten?|hatten?|haben|habe|hat|wurden?|versprochen|zugesagt|angerufen|rief\w*)\b"
        + @"|\b(nächste\w*|kommende\w*)\b"
        + @"|\b(not|don't|no|never|yesterday|promised|said|called|was|were|had|have|has|next)\b",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Denies();

    [GeneratedRegex(@"\b(bis|spätestens|vor|by|before|until)\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Deadline();

    [GeneratedRegex(
        @"(?<![\d.:])(?<hour>\d{1,2})([:.](?<minute>\d{2}))?\s*(uhr\b|(?<half>[ap])\.?m\b)"
        + @"|(?<![\d.:])(?<hour>\d{1,2}):(?<minute>\d{2})(?![\d:]|\s*(uhr|[ap]\.?m\b))",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Times();

    [GeneratedRegex(
        @"\b(zwischen|between|ab|nach|after|from|oder|or)\b|\d\s*(-|–|bis|und|and|to)\s*\d{1,2}([:.]\d{2})?\s*(uhr|[ap]\.?m)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Range();

    [GeneratedRegex(
        @"(?<![\d.])(?<day>\d{1,2})\.\s?(?<month>\d{1,2})\.(?<year>\d{4}|\d{2}(?![\d:.]|\s*uhr))?(?!\d)"
        + @"|(?<![\d-])(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?!\d)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Dates();

    // "am Morgen" and "Montagmorgen" are times of a day.
    [GeneratedRegex(
        @"\b(heute|übermorgen|today|tomorrow|(sonn|mon|diens|donners|frei|sams)tag|mittwoch|sonnabend)\b"
        + @"|\b(sun|mon|tues|wednes|thurs|fri|satur)day\b"
        + @"|(?<!\b(am|jeden|guten|tag|woch|abend)\s)\bmorgen\b",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex Words();
}
