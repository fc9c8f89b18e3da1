using System.Globalization;
using Serverless.ServiceLevels;

namespace Serverless.Channels.CallFlows;

/// <summary>
/// Call flow of one number, computed from settings and time: within the opening hours groups of people are rung in turn, then a
/// message is taken. There is no menu, and no number to type. Each telephony channel translates it for its provider.
/// </summary>
public sealed class CallFlow
{
    private readonly OpeningHours _hours;
    private readonly TimeZoneInfo _zone;
    private readonly string _holidays;
    private readonly List<RingGroup> _rings;
    private readonly string? _greeting;
    private readonly string _closed;
    private readonly string? _recordingNotice;
    private readonly int _messageSeconds;
    private readonly bool _transcribe;

    private CallFlow(CallFlowOptions number, CallFlowOptions fallback)
    {
        Language = number.Language ?? fallback.Language ?? "de-DE";
        Voice = number.Voice ?? fallback.Voice;
        var german = Language.StartsWith("de", StringComparison.OrdinalIgnoreCase);
        // Defaults stay here and not with the other texts: a channel uses no other feature, and each number sets its own sentences.
        Thanks = number.Thanks ?? fallback.Thanks ?? (german
            ? "Vielen Dank, Ihre Nachricht ist angekommen. Auf Wiederhören."
            : "Thank you, we have your message. Goodbye.");
        _closed = number.Closed ?? fallback.Closed ?? (german
            ? "Wir sind im Augenblick nicht zu erreichen. Ihr Anruf ist notiert."
            : "We cannot take your call right now. We have noted that you called.");
        _greeting = number.Greeting ?? fallback.Greeting;
        _recordingNotice = number.RecordingNotice ?? fallback.RecordingNotice;
        // An error in the hours or the zone must not block callers; Problems() reports it.
        _hours = OpeningHours.TryParse(number.Hours ?? fallback.Hours ?? "always", out var hours) ? hours : OpeningHours.Always;
        _zone = TimeZoneInfo.TryFindSystemTimeZoneById(number.TimeZone ?? fallback.TimeZone ?? "Europe/Berlin", out var zone)
            ? zone : TimeZoneInfo.Utc;
        _holidays = number.Holidays ?? fallback.Holidays ?? "";
        _rings = number.Rings.Count > 0 ? number.Rings : fallback.Rings;
        _messageSeconds = Math.Clamp(number.MessageSeconds ?? fallback.MessageSeconds ?? 120, 10, 600);
        _transcribe = number.Transcribe ?? fallback.Transcribe ?? false;
    }

    /// <summary>BCP 47 tag of every sentence.</summary>
    public string Language { get; }

    /// <summary>The provider's name of a voice; null for its own choice.</summary>
    public string? Voice { get; }

    /// <summary>Said after a message was left.</summary>
    public string Thanks { get; }

    /// <summary>Every text that a caller may hear.</summary>
    public IEnumerable<string> Said => new[] { _greeting, _closed, _recordingNotice, Thanks }.OfType<string>();

    /// <summary>The plan of a dialled number.</summary>
    /// <param name="dialled">As the provider writes it; digits alone count, since an app setting's name cannot hold a <c>+</c>.</param>
    /// <param name="numbers">Plans by the digits of the number with country code, e.g. <c>493023125100</c>.</param>
    /// <param name="fallback">Values that a number's own call flow leaves open, and the call flow of every other number.</param>
    public static CallFlow Of(string? dialled, IReadOnlyDictionary<string, CallFlowOptions> numbers, CallFlowOptions fallback)
    {
        var digits = (dialled ?? "").TrimStart('+');
        return new CallFlow(numbers.GetValueOrDefault(digits) ?? fallback, fallback);
    }

    /// <summary>Whether people are rung at this time.</summary>
    public bool IsOpen(DateTimeOffset now)
    {
        var local = TimeZoneInfo.ConvertTime(now, _zone).DateTime;
        return !IsHoliday(local) && _hours.Contains(local);
    }

    /// <summary>First step of an incoming call.</summary>
    public CallFlowStep Begin(DateTimeOffset now) => IsOpen(now) ? Ring(0, _greeting is null ? [] : [_greeting]) : TakeMessage([_closed]);

    /// <summary>Next step when a group did not answer.</summary>
    /// <param name="index">Index of the next group; beyond the last one, a message is taken.</param>
    public CallFlowStep Next(int index) => Ring(index, []);

    /// <summary>Call flow of an unverified caller: a message is taken and none of our numbers is revealed.</summary>
    public CallFlowStep WithoutRinging() => TakeMessage([]);

    private CallFlowStep Ring(int index, string[] sentences)
    {
        if (index < 0 || index >= _rings.Count) return TakeMessage(sentences);
        var numbers = Addresses(_rings[index]);
        if (numbers.Length == 0) return Ring(index + 1, sentences);
        return new CallFlowStep.Ring(sentences, numbers, Math.Clamp(_rings[index].Seconds, 5, 120), index + 1 < _rings.Count
            ? index + 1 : null);
    }

    private CallFlowStep TakeMessage(string[] sentences)
    {
        // Nothing is recorded without the sentence that says so.
        if (_recordingNotice is not null)
            return new CallFlowStep.TakeMessage([.. sentences, _recordingNotice], _messageSeconds, _transcribe);
        return new CallFlowStep.Farewell(sentences.Contains(_closed, StringComparer.Ordinal) ? sentences : [.. sentences, _closed]);
    }

    private bool IsHoliday(DateTime local)
    {
        if (_holidays.Length == 0) return false;
        Span<char> day = stackalloc char[10];
        local.TryFormat(day, out _, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        foreach (var range in _holidays.AsSpan().Split(','))
        {
            var holiday = _holidays.AsSpan(range).Trim();
            if (holiday.SequenceEqual(day) || holiday.SequenceEqual(day[5..])) return true;
        }

        return false;
    }

    private static string[] Addresses(RingGroup group) =>
        group.Numbers.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Sentences for errors in the call flows of a channel, each naming the setting to change.</summary>
    /// <param name="fallback">The channel's default plan.</param>
    /// <param name="numbers">Plans by number.</param>
    /// <param name="section">Name of the channel's settings, e.g. <c>Channels__Twilio</c>.</param>
    /// <param name="more">Further limits of the provider; null for none.</param>
    public static IEnumerable<string> Problems(CallFlowOptions fallback, IReadOnlyDictionary<string, CallFlowOptions> numbers,
        string section, Func<CallFlowOptions, string, IEnumerable<string>>? more = null)
    {
        IEnumerable<string> Of(CallFlowOptions plan, string setting) =>
            more is null ? Problems(plan, setting) : Problems(plan, setting).Concat(more(plan, setting));
        foreach (var problem in Of(fallback, $"{section}__Default")) yield return problem;
        foreach (var (number, plan) in numbers)
        {
            if (number.Length == 0 || number.AsSpan().ContainsAnyExceptInRange('0', '9'))
                yield return $"{section}__Numbers__{number}: a number is written with country code and digits alone, e.g. 493023125100.";
            foreach (var problem in Of(plan, $"{section}__Numbers__{number}")) yield return problem;
        }
    }

    /// <summary>Sentences for errors in a call flow, each naming the setting to change.</summary>
    /// <param name="plan">The settings.</param>
    /// <param name="setting">Name of the setting that holds them, e.g. <c>Channels__Twilio__Default</c>.</param>
    public static IEnumerable<string> Problems(CallFlowOptions plan, string setting)
    {
        if (plan.Hours is { } hours && !OpeningHours.TryParse(hours, out _))
            yield return $"{setting}__Hours is not like 'Mon-Fri 08:00-12:00 13:00-17:00; Sat 09:00-12:00', 'always' or 'never'; callers are put through round the clock.";
        if (plan.TimeZone is { } zone && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
            yield return $"{setting}__TimeZone is not the name of a time zone such as Europe/Berlin; UTC is used.";
        foreach (var holiday in (plan.Holidays is null or "none"
            ? "" : plan.Holidays).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            // Any leap year makes 02-29 a day.
            if (!DateOnly.TryParseExact(holiday.Length == 5
                ? $"2024-{holiday}" : holiday, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
                yield return $"{setting}__Holidays holds '{holiday}', which is neither a date like 2026-12-24 nor a day of every year like 12-25.";
        }

        if (plan.MessageSeconds is < 10 or > 600) yield return $"{setting}__MessageSeconds must be 10 to 600 seconds.";
        for (var i = 0; i < plan.Rings.Count; i++)
        {
            var addresses = Addresses(plan.Rings[i]);
            if (addresses.Length is 0 or > 10) yield return $"{setting}__Rings__{i}__Numbers must name one to ten addresses.";
            if (Array.Exists(addresses, a => !IsAddress(a)))
                yield return $"{setting}__Rings__{i}__Numbers must hold numbers with country code such as +493023125111, or sip: addresses.";
            if (plan.Rings[i].Seconds is < 5 or > 120) yield return $"{setting}__Rings__{i}__Seconds must be 5 to 120 seconds.";
        }
    }

    private static bool IsAddress(string address) =>
        address.StartsWith("sip:", StringComparison.Ordinal)
        || (address is ['+', _, ..] && !address.AsSpan(1).ContainsAnyExceptInRange('0', '9'));
}

/// <summary>Next step of a call.</summary>
/// <param name="Sentences">Said first, in order.</param>
public abstract record CallFlowStep(IReadOnlyList<string> Sentences)
{
    /// <summary>People are rung.</summary>
    /// <param name="Sentences">Said first.</param>
    /// <param name="Numbers">Rung at the same time; numbers with country code or <c>sip:</c> addresses.</param>
    /// <param name="Seconds">Seconds of ringing.</param>
    /// <param name="NextIndex">The group that follows when nobody answers; null for a message.</param>
    public sealed record Ring(IReadOnlyList<string> Sentences, IReadOnlyList<string> Numbers, int Seconds, int? NextIndex)
        : CallFlowStep(Sentences);

    /// <summary>The caller leaves a message; the last sentence says that it is recorded.</summary>
    /// <param name="Sentences">Said first.</param>
    /// <param name="MaxSeconds">Longest message.</param>
    /// <param name="Transcribe">Whether the provider may write it down.</param>
    public sealed record TakeMessage(IReadOnlyList<string> Sentences, int MaxSeconds, bool Transcribe) : CallFlowStep(Sentences);

    /// <summary>The call ends.</summary>
    /// <param name="Sentences">Said first.</param>
    public sealed record Farewell(IReadOnlyList<string> Sentences) : CallFlowStep(Sentences);
}
