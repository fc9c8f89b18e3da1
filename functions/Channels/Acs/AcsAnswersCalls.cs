using System.Text.Json;
using Serverless.Channels.CallFlows;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Acs;

/// <content>
/// Answered calls: the next step of the call flow, one operation per event. People are rung one after another: an invitation can only be
/// cancelled by an id in its response, and no state is kept between two events.
/// https://learn.microsoft.com/azure/communication-services/how-tos/call-automation/actions-for-call-control
/// </content>
public sealed partial class AcsChannel : ICallControl
{
    private static readonly CallControlResult Done = new CallControlResult.Done();

    public async Task<CallControlResult> TakeStepAsync(Delivery delivery, CallControlStep step, IReadOnlyList<ContactEvent> soFar,
        CancellationToken ct)
    {
        var current = options.CurrentValue;
        if (!current.MayAnswer) return new CallControlResult.Lost("not-configured");
        // It ended, and what comes now was on its way for longer.
        if (soFar.Any(e => e.Contact.Call is { Ended: true })) return Done;
        using var json = JsonDocument.Parse(step.Says);
        var happened = json.RootElement;
        var control = new CallControl(calls, current, happened.Get("id"u8).AsText() ?? "", step.At, time.GetUtcNow());
        if (CallAddress.Of(delivery) is null) return await AnswerAsync(control, happened.Get("data"u8), soFar, current, ct);

        var data = happened.Get("data"u8);
        if (data.Get("callConnectionId"u8).AsText() is not { } connection) return Done;
        var type = happened.Get("type"u8).AsText() is { } name ? name[(name.LastIndexOf('.') + 1)..] : "";
        var reached = soFar.Any(e => e.Contact.Call is { Outcome: CallOutcome.Answered });
        if (type == "ParticipantsUpdated") return await LeftAloneAsync(control, connection, reached, ct);
        // An operation that is none of ours, and one that a person on the line has overtaken.
        if (CallPlace.Parse(data.Get("operationContext"u8).AsText()) is not { } place || place.Then == CallThen.Wait) return Done;
        if (reached && type != "AddParticipantSucceeded") return Done;

        var call = new PlannedCall(control, CallFlow.Of(place.Dialled, current.Numbers, current.Default), current, connection,
            data.Get("serverCallId"u8).AsText() ?? "");
        return type switch
        {
            "CallConnected" => await call.BeginAsync(place, step.At, ct),
            "PlayCompleted" => await call.GoOnAsync(place, ct),
            "PlayFailed" => await call.UnheardAsync(place, ct),
            "AddParticipantFailed" => await call.GoOnAsync(place with { Person = place.Person + 1 }, ct),
            "AddParticipantSucceeded" => await call.ConnectAsync(ct),
            "RecognizeCompleted" or "RecognizeFailed" => await call.ThankAsync(place, ct),
            _ => Done,
        };
    }

    private async Task<CallControlResult> AnswerAsync(CallControl control, JsonElement data, IReadOnlyList<ContactEvent> soFar,
        AcsOptions current, CancellationToken ct)
    {
        if (data.Get("incomingCallContext"u8).AsText() is not { } context
            || soFar.FirstOrDefault(e => e.Change == ContactChange.Received)?.Contact is not { } rang)
                return new CallControlResult.Lost("no-context");
        // A copy of the event, and we are on the line already.
        if (soFar.Any(e => e.EventId == CallEvents.ConnectedId(rang.ExternalId))) return Done;
        if (hooks.CurrentValue.PublicBaseUrl is not { Length: > 0 } address) return new CallControlResult.Lost("no-address");
        var secret = string.IsNullOrEmpty(current.Secret) ? current.PreviousSecret! : current.Secret;
        var callback = $"{address.TrimEnd('/')}/api/hooks/{ChannelName}/{new CallAddress(rang.Account, rang.ExternalId).Path(secret)}";
        return CallOutcomes.Of(await control.AnswerAsync(context, callback,
            CallPlace.Begin(rang.Entry ?? "", AcsCalls.Telephone(data.Get("from"u8)) ?? ""), ct));
    }

    // Two talk, and we are the third: when one has left, nobody else would end the call. What the event says is old, so the call itself is
    // asked.
    private static async Task<CallControlResult> LeftAloneAsync(CallControl control, string connection, bool reached, CancellationToken ct)
    {
        var (answer, count) = await control.PhonesAsync(connection, ct);
        if (count is null) return CallOutcomes.Of(answer);
        return count == 0 || (count == 1 && reached) ? CallOutcomes.Of(await control.EndAsync(connection, ct)) : Done;
    }

    private IEnumerable<string> CallProblems(AcsOptions current)
    {
        if (!current.AnswersCalls) yield break;
        if (!current.HasApi)
            yield return "Channels__Acs__AnswersCalls needs Channels__Acs__ApiUrl and Channels__Acs__AccessKey: without them no call is answered.";
        if (string.IsNullOrEmpty(current.ResourceId))
            yield return "Channels__Acs__ResourceId is missing: without it no event of a call can be verified, so none is answered.";
        if (current.Secrets.IsMissing)
            yield return "Channels__Acs__AnswersCalls needs Channels__Acs__Secret: it proves the address to which events of a call are sent.";
        if (hooks.CurrentValue.PublicBaseUrl is not { } address || !address.StartsWith("https://", StringComparison.Ordinal))
            yield return "Hooks__PublicBaseUrl must be the https address under which Azure reaches us, e.g. https://contact.example.com: the events of a call are sent there.";
        foreach (var problem in CallFlow.Problems(current.Default, current.Numbers, "Channels__Acs", PlanProblems)) yield return problem;
        var plans = current.Numbers.Keys.Prepend("").Select(number => CallFlow.Of(number, current.Numbers, current.Default));
        if (string.IsNullOrEmpty(current.SpeechUrl) && plans.SelectMany(plan => plan.Said).Any(text => !CallControl.IsFile(text)))
            yield return "Channels__Acs__SpeechUrl is missing: without an Azure AI services resource only texts that are https addresses of WAV files are heard.";
    }

    private static IEnumerable<string> PlanProblems(CallFlowOptions plan, string setting)
    {
        if (plan.MessageSeconds > CallControl.MaxWait)
            yield return $"{setting}__MessageSeconds: a message ends after {CallControl.MaxWait} seconds here.";
        if (plan.Transcribe is true) yield return $"{setting}__Transcribe: messages are not written down here; set it to false.";
        for (var i = 0; i < plan.Rings.Count; i++)
        {
            if (plan.Rings[i].Numbers.Contains("sip:", StringComparison.Ordinal))
                yield return $"{setting}__Rings__{i}__Numbers holds a sip: address: only numbers are rung here.";
        }
    }
}

/// <summary>What the answer to an operation says of its step.</summary>
internal static class CallOutcomes
{
    /// <summary>A refusal counts for good: most often the caller has hung up.</summary>
    public static CallControlResult Of(ProviderResponse answer) => answer.Status switch
    {
        >= 200 and < 300 => new CallControlResult.Done(),
        0 or 429 or >= 500 => new CallControlResult.Later(answer.Status == 429 ? "rate-limited" : "unreachable", answer.RetryAfter),
        401 or 403 => new CallControlResult.Lost("refused"),
        _ => new CallControlResult.Lost("gone"),
    };
}
