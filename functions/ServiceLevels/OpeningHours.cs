using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Serverless.ServiceLevels;

/// <summary>
/// The hours of a week in which people are rung, in local time: <c>Mon-Fri 08:00-12:00 13:00-17:00; Sat 09:00-12:00</c>. Days are English,
/// three
/// letters, single (<c>Sat</c>), as a range (<c>Fri-Mon</c>) or listed (<c>Mon,Wed</c>). A block ends before its second time and on the
/// same day;
/// <c>24:00</c> is the end of the day. A night shift is two blocks. <c>always</c> and <c>never</c> stand alone.
/// </summary>
public sealed class OpeningHours
{
    private static readonly string[] Days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

    private readonly List<(int From, int To)>[] _blocks = [[], [], [], [], [], [], []];

    /// <summary>Round the clock.</summary>
    public static OpeningHours Always { get; } = TryParse("Sun-Sat 00:00-24:00", out var always)
        ? always : throw new InvalidOperationException("The format of opening hours has changed.");

    /// <summary>The blocks of a day in seconds from midnight, the end not included; as they were written, so they may overlap.</summary>
    public IReadOnlyList<(int From, int To)> Of(DayOfWeek day) => _blocks[(int)day];

    /// <summary>Whether people are rung at this local time.</summary>
    public bool Contains(DateTime local)
    {
        var second = (int)local.TimeOfDay.TotalSeconds;
        foreach (var (from, to) in _blocks[(int)local.DayOfWeek])
        {
            if (second >= from && second < to) return true;
        }

        return false;
    }

    /// <summary>False when the text is not of the form above.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out OpeningHours? hours)
    {
        hours = null;
        text = text.Trim();
        if (text.Equals("always", StringComparison.OrdinalIgnoreCase))
        {
            hours = Always;
            return true;
        }

        var parsed = new OpeningHours();
        if (!text.Equals("never", StringComparison.OrdinalIgnoreCase))
        {
            foreach (var rule in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (!parsed.TryAdd(rule.Split(' ', StringSplitOptions.RemoveEmptyEntries))) return false;
            }

            if (Array.TrueForAll(parsed._blocks, b => b.Count == 0)) return false;
        }

        hours = parsed;
        return true;
    }

    private bool TryAdd(string[] words)
    {
        if (words.Length < 2) return false;
        foreach (var word in words.AsSpan(1))
        {
            var dash = word.IndexOf('-');
            if (dash < 0 || !TryTime(word[..dash], out var from) || !TryTime(word[(dash + 1)..], out var to) || to <= from) return false;
            foreach (var days in words[0].Split(','))
            {
                if (!TryAdd(days, (from, to))) return false;
            }
        }

        return true;
    }

    private bool TryAdd(string days, (int, int) block)
    {
        var ends = days.Split('-');
        var first = DayOf(ends[0]);
        var last = DayOf(ends[^1]);
        if (first < 0 || last < 0 || ends.Length > 2) return false;
        for (var day = first; ; day = (day + 1) % 7)
        {
            _blocks[day].Add(block);
            if (day == last) return true;
        }
    }

    private static int DayOf(string word) => Array.FindIndex(Days, d => d.Equals(word, StringComparison.OrdinalIgnoreCase));

    private static bool TryTime(string word, out int second)
    {
        second = 24 * 60 * 60;
        if (word == "24:00") return true;
        if (!TimeOnly.TryParseExact(word, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)) return false;
        second = (int)time.ToTimeSpan().TotalSeconds;
        return true;
    }
}
