using Serverless.ServiceLevels;

namespace Serverless.Channels.CallFlows;

/// <summary>
/// Call flow of a number: whom to ring, when, and the texts. Every member is optional: a number takes it from the
/// channel's default plan, and that one from <see cref="CallFlow"/>'s own defaults.
/// </summary>
public sealed class CallFlowOptions
{
    /// <summary>BCP 47 tag of everything that is said; <c>de-DE</c> unless set.</summary>
    public string? Language { get; set; }

    /// <summary>The provider's name of a speaking voice, e.g. <c>Polly.Vicki</c>; the provider's own choice unless set.</summary>
    public string? Voice { get; set; }

    /// <summary>IANA name of the zone of the opening hours and holidays; <c>Europe/Berlin</c> unless set.</summary>
    public string? TimeZone { get; set; }

    /// <summary>When people are rung, e.g. <c>Mon-Fri 08:00-12:00 13:00-17:00; Sat 09:00-12:00</c>, <c>always</c> (unless set),
    /// <c>never</c>, or <c>calendar:name</c>; see <see cref="OpeningHours"/>.</summary>
    public string? Hours { get; set; }

    /// <summary>Days on which nobody is rung, separated by commas: <c>2026-12-24</c>, or <c>12-25</c> for every year; <c>none</c> undoes
    /// those of the default plan.</summary>
    public string? Holidays { get; set; }

    /// <summary>Whom to ring, group after group. Without any, a message is taken at once.</summary>
    public List<RingGroup> Rings { get; set; } = [];

    /// <summary>Said before the first group is rung. Not set: the caller hears ringing at once and pays nothing until a person
    /// answers.</summary>
    public string? Greeting { get; set; }

    /// <summary>Said outside the opening hours, and when nobody answers and no message may be taken. A short sentence in German or English
    /// unless set.</summary>
    public string? Closed { get; set; }

    /// <summary>
    /// Announcement that asks for a message and states that it is recorded: the caller's consent. Not set: nothing is ever recorded.
    /// </summary>
    public string? RecordingNotice { get; set; }

    /// <summary>Said after a message was left. A short sentence in German or English unless set.</summary>
    public string? Thanks { get; set; }

    /// <summary>Longest message in seconds, 10 to 600; 120 unless set.</summary>
    public int? MessageSeconds { get; set; }

    /// <summary>Whether the provider writes the message down, where it can in this language; off unless set.</summary>
    public bool? Transcribe { get; set; }
}

/// <summary>People rung at the same time; the first to answer gets the call.</summary>
public sealed class RingGroup
{
    /// <summary>Up to ten addresses separated by commas: numbers with country code (<c>+493023125111</c>) or <c>sip:</c>
    /// addresses.</summary>
    public string Numbers { get; set; } = "";

    /// <summary>Seconds of ringing before the next group, 5 to 120.</summary>
    public int Seconds { get; set; } = 20;
}
