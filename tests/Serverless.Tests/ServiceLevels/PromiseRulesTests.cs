using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.ServiceLevels;
using Xunit;

namespace Serverless.Tests.ServiceLevels;

/// <summary>Promises of a case from their making to their end, and what its clock says of them; an office in Germany, no storage.</summary>
public sealed partial class PromiseRulesTests
{
    // Wednesday 18 November 2026, 10:00 in Berlin.
    private static readonly DateTimeOffset Wednesday = Utc(18, 9);

    private static readonly Levels Levels = new(new ServiceLevelsOptions(), new Calendars(new CalendarsOptions()));
    private static readonly CasesOptions Options = new();

    private readonly PromiseRules _rules = new(Levels, Options);
    private readonly List<Promise> _rows = [];
    private Case? _head;
    private int _contacts;

    [Fact]
    public void A_message_is_promised_an_answer_by_its_level_and_the_answer_keeps_it()
    {
        Take(Message("Wo bleibt mein Paket?"));
        var promise = Assert.Single(_head!.Promises);
        Assert.Equal((PromiseKind.Answer, PromiseMaker.Level, "need known-question", Utc(19, 9)),
            (promise.Kind, promise.MadeBy, promise.By, promise.Due));
        Assert.Equal((promise.Due, Utc(18, 15)), (_head.DueAt, _head.LookAt!.Value));

        Take(Message("Hallo?", hours: 2));
        Assert.Equal(promise, Assert.Single(_head.Promises));

        Take(Answer(hours: 3));
        Assert.Empty(_head.Promises);
        Assert.Null(_head.DueAt);
        Assert.Equal((promise.Id, PromiseState.Kept), (_rows[^1].Id, _rows[^1].State));
    }

    [Fact]
    public void A_missed_call_is_owed_a_talk_and_a_text_does_not_keep_that()
    {
        Take(Call(CallOutcome.Missed, 0));
        Assert.Equal((PromiseKind.CallBack, Utc(18, 11)), (_head!.Promises[0].Kind, _head.DueAt!.Value));
        Take(Answer(hours: 1));
        Assert.Null(_head.WaitingSince);
        Assert.Equal(Utc(18, 11), _head.DueAt);
        Take(Call(CallOutcome.Answered, 1, Direction.Outbound, seconds: 5));
        Assert.Single(_head.Promises);
        Take(Call(CallOutcome.Answered, 1.5, Direction.Outbound, seconds: 60));
        Assert.Empty(_head.Promises);
        Assert.Equal(PromiseState.Kept, _rows[^1].State);
    }

    [Fact]
    public void What_was_asked_in_public_is_owed_an_answer_in_public()
    {
        Take(Message("Frechheit!") with { Place = Place.Public, Network = "facebook", Kind = ContactKind.Comment });
        Assert.Equal((PromiseKind.PublicAnswer, Utc(18, 13)), (_head!.Promises[0].Kind, _head.DueAt!.Value));
        Take(Answer(hours: 1));
        Assert.Equal(Utc(18, 13), _head.DueAt);
        Take(Answer(hours: 2) with { Place = Place.Public });
        Assert.Null(_head.DueAt);
    }

    [Fact]
    public void A_time_that_the_customer_names_takes_the_place_of_the_level()
    {
        Take(Message("Bitte Rückruf Freitag 10 Uhr"));
        Assert.Equal((PromiseKind.CallBack, PromiseMaker.Customer, Utc(20, 9)), _head!.Promises[0] is var made
            ? (made.Kind, made.MadeBy, made.Due) : default);

        Take(Message("Doch lieber Rückruf morgen um 15 Uhr", hours: 1));
        var replaced = Assert.Single(_head.Promises);
        Assert.Equal(Utc(19, 14), replaced.Due);
        Assert.Equal([PromiseState.Open, PromiseState.Replaced, PromiseState.Open], _rows.Select(r => r.State));
    }

    [Fact]
    public void Nothing_is_promised_later_than_a_time_the_customer_named_and_no_Sunday_either()
    {
        // The level would be Thursday 10:00.
        Take(Message("Ich brauche bis heute 16 Uhr eine Antwort"));
        Assert.Equal(Utc(18, 15), _head!.DueAt);
        // A last time after the level leaves it.
        Begin();
        Take(Message("Ich brauche bis Freitag 16 Uhr eine Antwort"));
        Assert.Equal(Utc(19, 9), _head!.DueAt);
        // On Saturday nobody works: the level of a call-back holds, and no promise of a Saturday is made.
        Begin();
        Take(Message("Rufen Sie mich Samstag um 10 Uhr an"));
        Assert.Equal((Utc(18, 11), PromiseMaker.Level), (_head!.DueAt!.Value, _head.Promises[0].MadeBy));
    }

    [Fact]
    public void A_person_promises_a_new_time_and_takes_it_back()
    {
        Take(Message("Wo bleibt mein Paket?"));
        var made = Promised(PromiseKind.Answer, Utc(20, 12));
        Apply(PromiseRules.Make(_head!, made, Wednesday.AddHours(1))!);
        Assert.Equal((Utc(20, 12), made), (_head!.DueAt!.Value, Assert.Single(_head.Promises)));
        Assert.Equal(PromiseState.Replaced, _rows[^1].State);

        Apply(PromiseRules.Withdraw(_head, made.Id, "anna: not needed", Wednesday.AddHours(2))!);
        Assert.Null(_head.DueAt);
        Assert.Equal((PromiseState.Withdrawn, "anna: not needed"), (_rows[^1].State, _rows[^1].Why));
        Assert.Null(PromiseRules.Withdraw(_head, made.Id, "again", Wednesday));
    }

    [Fact]
    public void What_is_named_stands_beside_the_answer_and_closing_keeps_a_solution_and_withdraws_the_rest()
    {
        Take(Message("Wo bleibt mein Paket?"));
        Apply(PromiseRules.Make(_head!, Promised(PromiseKind.Solution, Utc(25, 12)), Wednesday)!);
        Apply(PromiseRules.Make(_head!, Promised(PromiseKind.Named, Utc(24, 12)) with { Id = "n", What = "a new lid" }, Wednesday)!);
        Assert.Equal(3, _head!.Promises.Count);
        Apply(new PromiseChange(_head with { State = CaseState.Closed, ClosedAt = Wednesday.AddDays(1), WaitingSince = null,
            DueAt = null }, []));
        Assert.Equal(
            [(PromiseKind.Answer, PromiseState.Withdrawn), (PromiseKind.Solution, PromiseState.Kept),
                (PromiseKind.Named, PromiseState.Withdrawn)],
            _rows.TakeLast(3).Select(r => (r.Kind, r.State)));
        Assert.Null(_head.LookAt);
    }

    [Fact]
    public void Five_promises_are_enough()
    {
        Take(Message("Hallo?"));
        for (var i = 0; i < 4; i++) Apply(PromiseRules
            .Make(_head!, Promised(PromiseKind.Named, Utc(24, 12)) with { Id = $"{i}" }, Wednesday)!);
        Assert.Null(PromiseRules.Make(_head!, Promised(PromiseKind.Named, Utc(24, 12)) with { Id = "6" }, Wednesday));
    }

    [Fact]
    public void The_clock_says_each_thing_once_in_working_time()
    {
        // Thursday 14:00; 480 working minutes end Friday 14:00, three quarters of them Friday 12:00.
        var thursday = Utc(19, 13);
        Take(Message("Wo bleibt mein Paket?") with { OccurredAt = thursday, ReceivedAt = thursday });
        Assert.Equal(Utc(20, 11), _head!.LookAt);
        Assert.Equal([], Ring(Utc(20, 10)));
        Assert.Equal([CaseEvent.PromiseDueSoon], Ring(Utc(20, 11)));
        Assert.Equal([], Ring(Utc(20, 12)));
        Assert.Equal(Utc(20, 13), _head.LookAt);
        Assert.Equal([CaseEvent.Overdue, CaseEvent.PromiseBroken], Ring(Utc(20, 13)));
        Assert.Equal((1, Utc(20, 14)), (_head.Overdue, _head.LookAt!.Value));
        Assert.Equal([CaseEvent.Overdue], Ring(Utc(20, 14)));
        // Four working hours after Friday 15:00 is Monday 11:00.
        Assert.Equal(Utc(23, 10), _head.LookAt);
        Assert.Equal([], Ring(Utc(22, 12)));
        Assert.Equal([CaseEvent.Overdue], Ring(Utc(23, 10)));

        Take(Answer(hours: 0) with { OccurredAt = Utc(23, 11), ReceivedAt = Utc(23, 11) });
        Assert.Equal((0, null), (_head.Overdue, _head.DueAt));
        Assert.Equal((PromiseState.Broken, Utc(23, 11)), (_rows[^1].State, _rows[^1].EndedAt));
    }

    [Fact]
    public void A_case_that_nobody_accepted_is_told_once_and_an_answer_is_as_good()
    {
        var rules = new PromiseRules(Levels, Options);
        Take(Message("Hallo?"));
        Assert.Equal(Utc(19, 9), _head!.AcceptBy);
        Assert.Contains(CaseEvent.Unaccepted, Ring(Utc(19, 9)));
        Assert.Null(_head.AcceptBy);

        Begin();
        Take(Message("Hallo?"));
        Assert.Null(rules.Follow(_head, _head! with { AcceptedBy = "anna" }, null, Wednesday).Head.AcceptBy);
        Take(Answer(hours: 1));
        Assert.Null(_head!.AcceptBy);
    }

    [Fact]
    public void A_short_promise_is_not_announced()
    {
        Apply(new PromiseChange(Opened() with { Promises = [Promised(PromiseKind.Answer, Wednesday.AddMinutes(15))] }, []));
        Assert.Equal(Wednesday.AddMinutes(15), _head!.LookAt);
    }

    [Fact]
    public void The_same_contact_again_changes_no_promise()
    {
        var message = Message("Bitte Rückruf Freitag 10 Uhr");
        Take(message);
        var (head, rows) = (_head, _rows.Count);
        Assert.False(_rules.Concerns(_head!, message));
        Take(message);
        Assert.Equal((head!.Promises[0], rows), (_head!.Promises[0], _rows.Count));
    }

    private static DateTimeOffset Utc(int day, int hour) => new(2026, 11, day, hour, 0, 0, TimeSpan.Zero);

    private static Case Opened() => new()
    {
        Id = new string('1', 32),
        Number = "7KMD4RT3",
        Owes = "answer",
        OwesRule = "written in private",
        Networks = ["whatsapp"],
        OpenedAt = Wednesday,
    };

    private static Promise Promised(PromiseKind kind, DateTimeOffset due) =>
        new() { Id = "p", Kind = kind, MadeBy = PromiseMaker.Person, By = "anna", MadeAt = Wednesday, Due = due, Calendar = "default" };

    private void Begin() => (_head, _) = ((Case?)null, _rows.RemoveAll(_ => true));

    // As the correlator works a contact.
    private void Take(Contact contact) => Take(new ContactEvent(contact.ExternalId, ContactChange.Received, contact));

    private void Take(ContactEvent e)
    {
        var contact = e.Contact;
        var (before, now) = (_head, contact.ReceivedAt);
        switch (CaseRules.Decide(before, e, pinned: true, now, Levels, Options))
        {
            case Decision.Open open:
                Follow(Opened() with
                {
                    Owes = open.Reading.Owes,
                    Need = open.Reading.Need,
                    NeedFrom = CaseKeys.Contact(contact),
                    WaitingSince = open.WaitingSince,
                    WaitingFor = open.WaitingSince is null ? null : CaseKeys.Contact(contact),
                    DueAt = open.DueAt,
                    AnsweredAt = open.AnsweredAt,
                });
                break;
            case Decision.Change change:
                Follow(change.Head);
                break;
            case Decision.Append when _rules.Concerns(before!, contact):
                Follow(before!);
                break;
        }

        void Follow(Case after)
        {
            var change = _rules.Follow(before, after, contact, now);
            _head = change.Head;
            _rows.AddRange(change.Rows);
        }
    }

    // As a person's action is committed.
    private void Apply(PromiseChange change)
    {
        var followed = _rules.Follow(_head, change.Head, null, Wednesday);
        _rows.AddRange([.. change.Rows, .. followed.Rows]);
        _head = followed.Head;
    }

    private string[] Ring(DateTimeOffset now)
    {
        if (PromiseClock.Ring(_head!, Levels.Calendars, Options, now) is not { } ringing) return [];
        _head = _rules.Follow(_head, ringing.Head, null, now).Head;
        return [.. ringing.Tells.Select(t => t.Type).Where(t => t != CaseEvent.Unaccepted || now == Utc(19, 9))];
    }

    private Contact Message(string text, double hours = 0) => new()
    {
        Channel = "meta",
        Network = "whatsapp",
        Account = "1",
        ExternalId = $"m-{++_contacts}",
        Kind = ContactKind.Message,
        OccurredAt = Wednesday.AddHours(hours),
        ReceivedAt = Wednesday.AddHours(hours),
        Text = text,
    };

    private Contact Answer(double hours) => Message("Wir sind dran.", hours) with { Direction = Direction.Outbound };

    private Contact Call(CallOutcome outcome, double hours, Direction direction = Direction.Inbound, int? seconds = null) =>
        Message("", hours) with
    {
        Network = "voice",
        Text = null,
        Direction = direction,
        Kind = direction == Direction.Outbound ? ContactKind.Call : ContactKind.MissedCall,
        Call = new CallJourney { Outcome = outcome, Ended = true, DurationSeconds = seconds, AnsweredAt = outcome == CallOutcome.Answered
            ? Wednesday.AddHours(hours) : null },
    };
}
