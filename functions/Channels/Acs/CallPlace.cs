using System.Globalization;

namespace Serverless.Channels.Acs;

/// <summary>
/// Position of a call in its call flow. Call Automation carries it: it is sent with each operation as <c>operationContext</c> and
/// returned with its events, so that nothing about a call is held in memory or storage.
/// </summary>
/// <param name="Then">What follows, or what runs.</param>
/// <param name="Group">For people: which group of the plan.</param>
/// <param name="Person">For people: which of its numbers.</param>
/// <param name="Dialled">Our number.</param>
/// <param name="Caller">The caller's number, or <c>anonymous</c>.</param>
internal sealed record CallPlace(CallThen Then, int Group, int Person, string Dialled, string Caller)
{
    public static CallPlace Begin(string dialled, string caller) => new(CallThen.Begin, 0, 0, dialled, caller);

    /// <summary>The place an event comes from; null when the operation was none of ours.</summary>
    public static CallPlace? Parse(string? text) =>
        text?.Split('|') is [var then, var group, var person, var dialled, var caller] && Enum.TryParse<CallThen>(then, out var what)
        && Enum.IsDefined(what)
        && int.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out var g)
        && int.TryParse(person, NumberStyles.None, CultureInfo.InvariantCulture, out var p)
            ? new CallPlace(what, g, p, dialled, caller)
            : null;

    /// <summary>Id of the attempt to reach a person, unique within the call.</summary>
    public string Leg => string.Create(CultureInfo.InvariantCulture, $"{Group}.{Person}");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Then}|{Group}|{Person}|{Dialled}|{Caller}");
}

/// <summary>What a call does, or does next.</summary>
internal enum CallThen
{
    /// <summary>It is being answered.</summary>
    Begin,

    /// <summary>A person is rung.</summary>
    Ring,

    /// <summary>A message is recorded.</summary>
    Message,

    /// <summary>It ends.</summary>
    End,

    /// <summary>Sound while people are rung: nothing follows from it.</summary>
    Wait,
}
