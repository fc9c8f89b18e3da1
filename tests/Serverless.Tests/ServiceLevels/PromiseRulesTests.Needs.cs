using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Needs;
using Xunit;

namespace Serverless.Tests.ServiceLevels;

/// <summary>What a further contact does to a promise when it says something graver, and what is owed for praise.</summary>
public sealed partial class PromiseRulesTests
{
    [Fact]
    public void A_graver_need_of_a_further_contact_shortens_what_the_level_promised()
    {
        var first = Message("Wo bleibt mein Paket?");
        Take(first);
        Assert.Equal(Utc(19, 9), _head!.DueAt);
        var danger = Message("Das Gerät brennt!", hours: 3);
        Take(danger);
        var sooner = Assert.Single(_head.Promises);
        Assert.Equal((NeedKinds.Safety, Wednesday.AddHours(3.5), "need safety"), (_head.Need, sooner.Due, sooner.By));
        Assert.Equal((sooner.Due, CaseKeys.Contact(danger)), (_head.DueAt!.Value, sooner.Contact));
        Assert.Equal([PromiseState.Open, PromiseState.Replaced, PromiseState.Open], _rows.Select(r => r.State));

        // The first contact again, or a lesser one, brings the former promise not back.
        var rows = _rows.Count;
        Take(Message("Hallo?", hours: 3.1));
        Edit(first with { Text = "Wo bleibt mein Paket 4711?" });
        Assert.Equal((sooner, rows), (Assert.Single(_head.Promises), _rows.Count));

        Take(Answer(hours: 3.2));
        Assert.Empty(_head.Promises);
        Assert.Equal((sooner.Id, PromiseState.Kept), (_rows[^1].Id, _rows[^1].State));
    }

    [Fact]
    public void What_a_person_promised_stands_beside_a_graver_need()
    {
        Take(Message("Wo bleibt mein Paket?"));
        Apply(PromiseRules.Make(_head!, Promised(PromiseKind.Answer, Utc(20, 12)), Wednesday.AddHours(1))!);
        Take(Message("Das Gerät brennt!", hours: 3));
        Assert.Equal([PromiseMaker.Person, PromiseMaker.Level], _head!.Promises.Select(p => p.MadeBy));
        Assert.Equal(Wednesday.AddHours(3.5), _head.DueAt);
    }

    [Fact]
    public void A_promise_that_was_taken_back_does_not_return_with_the_next_event_of_its_contact()
    {
        var first = Message("Wo bleibt mein Paket?");
        Take(first);
        Apply(PromiseRules.Withdraw(_head!, _head!.Promises[0].Id, "anna: told them", Wednesday.AddHours(1))!);
        Edit(first with { Text = "Wo bleibt mein Paket denn?" });
        Assert.Empty(_head!.Promises);
    }

    [Fact]
    public void An_edit_may_say_something_graver_too()
    {
        Take(Message("Wo bleibt mein Paket?"));
        var second = Message("Hallo?", hours: 1);
        Take(second);
        Edit(second with { Text = "Hallo? Das Gerät brennt!" });
        Assert.Equal((NeedKinds.Safety, Wednesday.AddHours(1.5)), (_head!.Need, _head.DueAt!.Value));
    }

    [Fact]
    public void Whoever_praises_does_not_wait_until_they_ask()
    {
        var praise = Message("Ihre Kollegin am Schalter war großartig, danke");
        Take(praise);
        Assert.Equal((NeedKinds.Praise, OwesKinds.PassOn), (_head!.Need, _head.Owes));
        Assert.Equal((null, null, 0), (_head.WaitingSince, _head.DueAt, _head.Promises.Count));
        Take(Message("Ihre Kollegin war wirklich großartig, danke", hours: 1));
        Assert.Null(_head.WaitingSince);

        Edit(praise with { Text = "Wo bleibt mein Paket?" });
        Assert.Equal((praise.OccurredAt, Utc(19, 9)), (_head.WaitingSince!.Value, _head.DueAt!.Value));
    }

    [Fact]
    public void Praise_in_an_open_case_starts_no_clock()
    {
        Take(Message("Die Heizung heizt nicht"));
        Take(Answer(hours: 1));
        Take(Message("Ihre Kollegin am Schalter war großartig, danke", hours: 2));
        Assert.Equal((null, null), (_head!.WaitingSince, _head.DueAt));
        Take(Message("Wann kommt der Techniker?", hours: 3));
        Assert.Equal(Wednesday.AddHours(3), _head.WaitingSince);
    }

    private void Edit(Contact contact) => Take(new ContactEvent($"{contact.ExternalId}-edit", ContactChange.Edited, contact));
}
