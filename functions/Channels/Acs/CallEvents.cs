using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Acs;

/// <summary>
/// Parses the events of an answered call. Each event states only part of it, and the fold keeps the furthest: ringing, missed, voicemail,
/// answered.
/// https://learn.microsoft.com/azure/communication-services/concepts/call-automation/call-automation#call-automation-webhook-events
/// </summary>
internal static class CallEvents
{
    private const string Prefix = "Microsoft.Communication.";

    /// <summary>Id of the event that says that we answered the call.</summary>
    public static string ConnectedId(string call) => $"{call}:connected";

    public static Parsed Read(AcsEvent happened, CallAddress address)
    {
        var type = happened.Type.StartsWith(Prefix, StringComparison.Ordinal) ? happened.Type[Prefix.Length..] : happened.Type;
        return type switch
        {
            // We are on the line, nobody else yet: not answered in the sense of a case.
            "CallConnected" => Found(ConnectedId(address.Call), Journey(CallOutcome.Ringing)) with { Step = happened.Step },
            "AddParticipantSucceeded" => Found(happened.Id, Rung(happened, CallOutcome.Answered)) with { Step = happened.Step },
            "AddParticipantFailed" => Found(happened.Id, Rung(happened, CallOutcome.Missed)) with { Step = happened.Step },
            // With one left, or none, the conversation may be over; more say nothing new.
            "ParticipantsUpdated" when Phones(happened.Data.Get("participants"u8)) <= 1 =>
                Found(happened.Id, Journey(CallOutcome.Ringing)) with { Step = happened.Step },
            // What ended may have been answered or recorded; other events say so and outrank this one.
            "CallDisconnected" or "AnswerFailed" => Found(happened.Id, Journey(CallOutcome.Missed) with { Ended = true }),
            "PlayCompleted" or "PlayFailed" or "RecognizeCompleted" or "RecognizeFailed" =>
                new Parsed.Ignored("call-step") { Step = happened.Step },
            _ => new Parsed.Ignored("call-state"),
        };

        Parsed.Found Found(string id, CallJourney journey) => new(new ContactEvent(
            id, ContactChange.Progressed, happened.Contact("voice", address.Call, ContactKind.Call)
            with { Kind = journey.Kind, Call = journey }));
    }

    /// <summary>Number of telephones in a list of participants, which may include this app.</summary>
    public static int Phones(JsonElement participants) =>
        participants.Items()
        .Count(p => p.Get("identifier"u8).Has("phoneNumber"u8)
            || (p.Get("identifier"u8).Get("rawId"u8).AsText() ?? "").StartsWith("4:", StringComparison.Ordinal));

    private static CallJourney Journey(CallOutcome outcome) => new() { Outcome = outcome };

    private static CallJourney Rung(AcsEvent happened, CallOutcome outcome)
    {
        var person = happened.Data.Get("participant"u8);
        var target = AcsMessages.Number(person.Get("phoneNumber"u8).Get("value"u8).AsText()) ?? person.Get("rawId"u8).AsText();
        var leg = CallPlace.Parse(happened.Data.Get("operationContext"u8).AsText())?.Leg ?? happened.Id;
        var answered = outcome == CallOutcome.Answered;
        return new CallJourney
        {
            // One who is not reached does not make the call a missed one: others may follow, or a message.
            Outcome = answered ? CallOutcome.Answered : CallOutcome.Ringing,
            Answerer = answered ? target : null,
            AnsweredAt = answered ? happened.At : null,
            Legs = [new CallLeg(leg, target, outcome)],
        };
    }
}
