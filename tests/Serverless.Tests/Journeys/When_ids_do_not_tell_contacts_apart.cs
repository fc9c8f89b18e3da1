using Microsoft.Extensions.DependencyInjection;
using Serverless.Cases;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>
/// A web form sends each of its mails under one Message-ID; a customer answers a colleague's mail that no pointer knows; the same mail goes
/// to two of our mailboxes. What a channel knows
/// beside the conversation (<see cref="ContactClues"/>) decides.
/// </summary>
public sealed class When_ids_do_not_tell_contacts_apart(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Anna = "anna@example.org";

    private static ContactEvent Mail(TestApp world, string id, string thread, string? digest, string with, string[] answers,
        string account = "service@example.com", string? alsoTo = null) => new(
        $"{id}:received",
        ContactChange.Received,
        new Contact
        {
            Channel = "email",
            Network = "email",
            Account = account,
            ExternalId = id,
            Kind = ContactKind.Message,
            Direction = Direction.Inbound,
            ThreadKey = thread,
            Text = $"mail {digest}",
            OccurredAt = world.Time.GetUtcNow(),
            ReceivedAt = world.Time.GetUtcNow(),
            Extras = alsoTo is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { [Contact.AlsoTo] = alsoTo },
        })
    {
        Clues = new ContactClues(digest, with, answers),
    };

    [Fact]
    public async Task Two_mails_under_one_id_are_two_contacts_and_a_copy_of_either_is_a_duplicate()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var correlator = world.Services.GetRequiredService<Correlator>();
        var (one, other) = (Mail(world, "<form@x>", "t1", "d1", Anna, []), Mail(world, "<form@x>", "t2", "d2", "bert@example.org", []));
        var first = await correlator.TakeAsync(one, "email/1", CancellationToken.None);
        var second = await correlator.TakeAsync(other, "email/2", CancellationToken.None);
        Assert.Equal(("case", "case"), (first.End, second.End));
        Assert.NotEqual(first.CaseId, second.CaseId);
        Assert.Equal("<form@x>#d2", second.FiledAs!.Contact.ExternalId);

        for (var again = 3; again < 6; again++)
        {
            Assert.Equal("duplicate", (await correlator.TakeAsync(one, $"email/{again}", CancellationToken.None)).End);
            Assert.Equal("duplicate", (await correlator.TakeAsync(other, $"email/{again}", CancellationToken.None)).End);
        }

        Assert.Equal("case", (await correlator.TakeAsync(other, "email/2", CancellationToken.None)).End);
        Assert.True(await correlator.IsKnownAsync(other, CancellationToken.None));
    }

    [Fact]
    public async Task Instances_that_race_over_one_id_make_a_contact_of_each_mail()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await using var twin = await world.TwinAsync();
        TestApp[] instances = [world, twin];
        for (var round = 0; round < 10; round++)
        {
            var id = $"<round-{round}@x>";
            var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(n => instances[n % 2].Services.GetRequiredService<Correlator>()
                .TakeAsync(Mail(world, id, $"{id}-{n / 2}", $"d{n / 2}", Anna, []), $"email/{round}-{n}", CancellationToken.None)));
            Assert.Equal(2, taken.Select(t => t.CaseId).Distinct().Count());
            Assert.Equal(2, taken.Count(t => t.End == "case"));
            Assert.Equal(2, taken.Count(t => t.End == "duplicate"));
        }
    }

    [Fact]
    public async Task An_answer_to_a_known_mail_joins_its_case_and_a_strangers_does_not()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var correlator = world.Services.GetRequiredService<Correlator>();
        var first = await correlator.TakeAsync(Mail(world, "<1@x>", "t1", "d1", Anna, []), "email/1", CancellationToken.None);
        // It names the nearest mail, which nobody knows, and one before it.
        var answer = await correlator.TakeAsync(Mail(world, "<2@x>", "t2", "d2", Anna, ["<unknown@x>", "<1@x>"]), "email/2",
            CancellationToken.None);
        Assert.Equal(("joined", first.CaseId), (answer.End, answer.CaseId));
        var stranger = await correlator.TakeAsync(Mail(world, "<3@x>", "t3", "d3", "eve@example.org", ["<1@x>"]), "email/3",
            CancellationToken.None);
        Assert.Equal("case", stranger.End);
        Assert.NotEqual(first.CaseId, stranger.CaseId);
    }

    [Fact]
    public async Task One_mail_to_two_mailboxes_makes_two_cases_that_know_of_each_other()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var correlator = world.Services.GetRequiredService<Correlator>();
        var sales = await correlator.TakeAsync(Mail(world, "<both@x>", "t", "d", Anna, [], "sales@example.com", "service@example.com"),
            "email/1", CancellationToken.None);
        var service = await correlator.TakeAsync(Mail(world, "<both@x>", "t", "d", Anna, [], "service@example.com", "sales@example.com"),
            "email/2", CancellationToken.None);
        Assert.Equal(("case", "case"), (sales.End, service.End));
        Assert.NotEqual(sales.CaseId, service.CaseId);
        foreach (var (one, other) in new[] { (sales.CaseId, service.CaseId), (service.CaseId, sales.CaseId) })
        {
            var reference = Assert.Single((await world.CaseAsync(one)).GetProperty("references").EnumerateArray());
            Assert.Equal((other, "same-message"), (reference.GetProperty("caseId").GetString(), reference.GetProperty("why").GetString()));
        }
    }
}
