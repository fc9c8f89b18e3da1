using FsCheck;
using FsCheck.Fluent;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels;

/// <summary>A customer somebody spoke with is owed no call back, whatever was told in which order.</summary>
public sealed class AnsweredCallTests
{
    private const int Runs = 3000;

    private static readonly DateTimeOffset Rang = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Any_order_and_repetition_of_a_calls_events_that_fold_to_answered_leaves_no_clock() => Holds(answered: true, (call, order) =>
    {
        var folded = Folded.Of(order);
        Assert.Equal(CallOutcome.Answered, folded.Contact.Call!.Outcome);
        Assert.Equal(("call", null, null, null), (folded.Head!.Owes, folded.Head.WaitingSince, folded.Head.WaitingFor, folded.Head.DueAt));
        Assert.Equal(Folded.Of(call).Outcome, folded.Outcome);
    });

    [Fact]
    public void A_call_that_nobody_answered_is_owed_a_call_back_from_its_ring_in_any_order() => Holds(answered: false, (call, order) =>
    {
        var folded = Folded.Of(order);
        Assert.NotEqual(CallOutcome.Answered, folded.Contact.Call!.Outcome);
        Assert.Equal(Rang, folded.Head!.WaitingSince);
        Assert.Equal(Folded.Of(call).Outcome, folded.Outcome);
    });

    [Fact]
    public void A_call_of_ours_that_nobody_took_answers_nothing_and_one_that_was_taken_does()
    {
        var asked = Folded.Of([Event(0, CallOutcome.Missed, ended: true) with { Change = ContactChange.Received }]).Head!;
        Decision Ours(CallOutcome outcome) => CaseRules
            .Decide(asked, Outbound(outcome), pinned: true, Rang.AddHours(1), Folded.Levels, new CasesOptions());
        Assert.IsType<Decision.Append>(Ours(CallOutcome.Ringing));
        Assert.IsType<Decision.Append>(Ours(CallOutcome.Missed));
        Assert.Null(Assert.IsType<Decision.Change>(Ours(CallOutcome.Answered)).Head.WaitingSince);
    }

    [Fact]
    public void An_inbound_leg_of_a_call_of_ours_opens_no_case()
    {
        var ours = Outbound(CallOutcome.Ringing);
        var leg = Event(30, CallOutcome.Ringing)
            with { Contact = Event(30, CallOutcome.Ringing).Contact with { ExternalId = ours.Contact.ExternalId } };
        Assert.Null(Folded.Of([ours, leg]).Head);
        // Faster than the call itself it looks like one of the customer's; once that is known, nothing is owed.
        Assert.Equal("nothing", Folded.Of([leg, ours]).Owed);
    }

    private static void Holds(bool answered, Action<ContactEvent[], ContactEvent[]> check) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new System.Random(seed);
            var call = CallOf(random, answered);
            var order = call.Concat(call.Where(_ => random.Next(2) == 0)).ToArray();
            random.Shuffle(order);
            check(call, order);
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Runs));

    // A ring, and whatever providers tell after it: legs that were rung, missed, taken, ends of legs and of the call, recordings.
    private static ContactEvent[] CallOf(System.Random random, bool answered)
    {
        var outcomes = answered ? Enum.GetValues<CallOutcome>() : [CallOutcome.Ringing, CallOutcome.Missed, CallOutcome.Voicemail];
        List<ContactEvent> events = [Event(0, CallOutcome.Ringing) with { Change = ContactChange.Received }];
        for (var i = random.Next(1, 7); i > 0; i--)
            events.Add(Event(random.Next(1, 300), outcomes[random.Next(outcomes.Length)], random.Next(3) == 0, random.Next(4)));
        if (answered) events.Add(Event(random.Next(1, 300), CallOutcome.Answered, random.Next(3) == 0, random.Next(4)));
        return [.. events.Select((e, n) => e with { EventId = $"e{n}" })];
    }

    private static ContactEvent Event(int second, CallOutcome outcome, bool ended = false, int leg = 0) =>
        new($"{second}:{outcome}", ContactChange.Progressed, new Contact
    {
        Channel = "generic",
        Network = "voice",
        Account = "test",
        ExternalId = "call",
        Kind = ContactKind.Call,
        OccurredAt = Rang.AddSeconds(second),
        ReceivedAt = Rang.AddSeconds(second),
        Call = new CallJourney { Outcome = outcome, Ended = ended, Legs = leg == 0 ? null : [new CallLeg($"leg{leg}", null, outcome)] },
    });

    private static ContactEvent Outbound(CallOutcome outcome)
    {
        var e = Event(60, outcome);
        return e with { Change = ContactChange.Received, Contact = e.Contact with { ExternalId = "ours", Direction = Direction.Outbound } };
    }
}
