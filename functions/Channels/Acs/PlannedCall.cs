using Serverless.Channels.CallFlows;

namespace Serverless.Channels.Acs;

/// <summary>Takes a call that we answered through its plan. Each method is one step: it asks for one operation, whose event brings the
/// next.</summary>
/// <param name="control">Calls the API.</param>
/// <param name="plan">Of the dialled number.</param>
/// <param name="options">Settings in force.</param>
/// <param name="connection">The call.</param>
/// <param name="serverCall">Its id for recordings.</param>
internal sealed class PlannedCall(CallControl control, CallFlow plan, AcsOptions options, string connection, string serverCall)
{
    /// <summary>We are on the line.</summary>
    public Task<CallControlResult> BeginAsync(CallPlace place, DateTimeOffset at, CancellationToken ct) =>
        SayAsync(plan.Begin(at), place with { Group = 0, Person = 0 }, ct);

    /// <summary>An announcement has ended, or a person was not reached.</summary>
    public Task<CallControlResult> GoOnAsync(CallPlace place, CancellationToken ct) => place.Then switch
    {
        CallThen.Ring => RingAsync(place, ct),
        CallThen.Message => RecordAsync(place, ct),
        _ => EndAsync(ct),
    };

    /// <summary>A sentence could not be heard. Without the one that says so nothing is recorded.</summary>
    public Task<CallControlResult> UnheardAsync(CallPlace place, CancellationToken ct) =>
        place.Then == CallThen.Ring ? RingAsync(place, ct) : EndAsync(ct);

    /// <summary>A person has answered: the waiting sound can stop.</summary>
    public async Task<CallControlResult> ConnectAsync(CancellationToken ct) =>
        string.IsNullOrEmpty(options.WaitingSound)
        ? new CallControlResult.Done() : CallOutcomes.Of(await control.HushAsync(connection, ct));

    /// <summary>A message was left, or its time is over.</summary>
    public Task<CallControlResult> ThankAsync(CallPlace place, CancellationToken ct) =>
        SayAsync([plan.Thanks], place with { Then = CallThen.End }, ct);

    private Task<CallControlResult> SayAsync(CallFlowStep step, CallPlace place, CancellationToken ct) =>
        SayAsync(step.Sentences, place with
    {
        Then = step switch { CallFlowStep.Ring => CallThen.Ring, CallFlowStep.TakeMessage => CallThen.Message, _ => CallThen.End },
    }, ct);

    private async Task<CallControlResult> SayAsync(IReadOnlyList<string> sentences, CallPlace place, CancellationToken ct)
    {
        if (sentences.Count == 0) return await GoOnAsync(place, ct);
        var said = CallOutcomes.Of(await control.SayAsync(connection, plan, sentences, place, ct));
        return said is CallControlResult.Lost ? await UnheardAsync(place, ct) : said;
    }

    // A number that cannot be rung is as one who does not answer.
    private async Task<CallControlResult> RingAsync(CallPlace place, CancellationToken ct)
    {
        while (plan.Next(place.Group) is CallFlowStep.Ring ring)
        {
            if (ring.Numbers.Where(n => n.StartsWith('+')).ElementAtOrDefault(place.Person) is not { } number)
            {
                place = place with { Group = ring.NextIndex ?? int.MaxValue, Person = 0 };
                continue;
            }

            if (place is { Group: 0, Person: 0 } && options.WaitingSound is { Length: > 0 } sound)
                await control.LoopAsync(connection, sound, place with { Then = CallThen.Wait }, ct);
            var rung = CallOutcomes.Of(await control.RingAsync(connection, number, ring.Seconds, place with { Then = CallThen.Ring }, ct));
            if (rung is not CallControlResult.Lost) return rung;
            place = place with { Person = place.Person + 1 };
        }

        return await SayAsync(plan.Next(int.MaxValue), place, ct);
    }

    private async Task<CallControlResult> RecordAsync(CallPlace place, CancellationToken ct)
    {
        if (plan.WithoutRinging() is not CallFlowStep.TakeMessage message) return await EndAsync(ct);
        var recorded = CallOutcomes.Of(await control.RecordAsync(serverCall, ct));
        if (recorded is CallControlResult.Lost) return await EndAsync(ct);
        return recorded is CallControlResult.Later
            ? recorded : CallOutcomes.Of(await control.WaitForKeyAsync(connection, message.MaxSeconds, place, ct));
    }

    private async Task<CallControlResult> EndAsync(CancellationToken ct) => CallOutcomes.Of(await control.EndAsync(connection, ct));
}
