namespace Serverless.Needs;

/// <summary>Why a customer came: the words of <c>need</c>, their rank (1 is looked at first) and how urgent each is by itself.</summary>
public static class NeedKinds
{
    public const string Safety = "safety";
    public const string Withdrawal = "withdrawal";
    public const string Cancellation = "cancellation";
    public const string PrivacyRequest = "privacy-request";
    public const string Press = "press";
    public const string Fault = "fault";
    public const string Complaint = "complaint";
    public const string Callback = "callback";
    public const string Confidential = "confidential";
    public const string Complex = "complex";
    public const string KnownQuestion = "known-question";
    public const string Praise = "praise";
    public const string Idea = "idea";
    public const string Misdirected = "misdirected";
    public const string CanWait = "can-wait";

    private const int LastRank = 7;

    private static readonly Dictionary<string, (int Rank, string Urgency)> Known = new(StringComparer.Ordinal)
    {
        [Safety] = (1, UrgencyKinds.AtOnce),
        [Withdrawal] = (2, UrgencyKinds.High),
        [Cancellation] = (2, UrgencyKinds.High),
        [PrivacyRequest] = (2, UrgencyKinds.Normal),
        [Press] = (2, UrgencyKinds.High),
        [Fault] = (3, UrgencyKinds.Normal),
        [Complaint] = (3, UrgencyKinds.Normal),
        [Callback] = (3, UrgencyKinds.Normal),
        [Confidential] = (4, UrgencyKinds.Normal),
        [Complex] = (5, UrgencyKinds.Normal),
        [KnownQuestion] = (5, UrgencyKinds.Low),
        [Praise] = (6, UrgencyKinds.Low),
        [Idea] = (6, UrgencyKinds.Low),
        [Misdirected] = (6, UrgencyKinds.Low),
        [CanWait] = (LastRank, UrgencyKinds.Normal),
    };

    /// <summary>Every need of a case, by rank.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Known.Keys];

    /// <summary>1 to 7, 1 is the most important; 8 for a word that is none of them.</summary>
    public static int RankOf(string need) => Known.TryGetValue(need, out var known) ? known.Rank : LastRank + 1;

    /// <summary>How urgent a need is where no rule says more.</summary>
    internal static string UrgencyOf(string need) => Known.TryGetValue(need, out var known) ? known.Urgency : UrgencyKinds.Normal;

    /// <summary>Whether a customer expects somebody to act on it. Praise, ideas and what is meant for others are passed on.</summary>
    public static bool IsPassedOn(string need) => need is Praise or Idea or Misdirected;
}

/// <summary>How urgent it is: the words of <c>urgency</c>.</summary>
public static class UrgencyKinds
{
    public const string AtOnce = "at-once";
    public const string High = "high";
    public const string Normal = "normal";
    public const string Low = "low";

    /// <summary>From the least to the most urgent.</summary>
    public static IReadOnlyList<string> All { get; } = [Low, Normal, High, AtOnce];

    /// <summary>The more urgent of two.</summary>
    internal static string More(string one, string other) => Rank(one) >= Rank(other) ? one : other;

    /// <summary>0 for the least urgent; -1 for a word that is none of them.</summary>
    internal static int Rank(string word) => word switch { Low => 0, Normal => 1, High => 2, AtOnce => 3, _ => -1 };
}

/// <summary>What we do next: the words of <c>owes</c>.</summary>
public static class OwesKinds
{
    public const string Answer = "answer";
    public const string PublicAnswer = "public-answer";
    public const string Call = "call";
    public const string CallBack = "call-back";
    public const string Repair = "repair";
    public const string Confirm = "confirm";
    public const string PassOn = "pass-on";

    /// <summary>Something we cannot read yet: a person looks at it.</summary>
    public const string Review = "review";

    public const string None = "none";

    /// <summary>Every word there is.</summary>
    public static IReadOnlyList<string> All { get; } = [Answer, PublicAnswer, Call, CallBack, Repair, Confirm, PassOn, Review, None];
}
