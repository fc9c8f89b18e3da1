using System.Globalization;
using System.Text.Json;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>People are told what concerns them, when they may be told, together if they like, and of many alike as one incident.</summary>
public sealed class When_people_are_told(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Each_hears_of_their_own_cases_and_the_next_one_when_it_is_overdue_for_long()
    {
        await using var service = await Subscriber.StartAsync();
        await using var workshop = await Subscriber.StartAsync();
        await using var boss = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(
            azurite, ("Owners__Default", "service"), ("ServiceLevels__DefaultMinutes", "120"), ("Cases__EscalateMinutes", "60"),
            ("Owners__Others", "workshop"), Teams("service", service), Teams("workshop", workshop), Teams("boss", boss),
            ("Recipients__Entries__boss__Escalation", "2"), ("Recipients__Entries__boss__Events", "serverless.case.overdue.v1"));
        await ArriveAsync(world, "1");
        Assert.Equal((1, 0, 0), (service.Told.Count, workshop.Told.Count, boss.Told.Count));

        await ActAsync(world, "hand-over", """{"to":"workshop","why":"needs a technician"}""");
        Assert.Equal((2, 1, 0), (service.Told.Count, workshop.Told.Count, boss.Told.Count));
        await OverdueAsync(world, 121);
        Assert.Equal((3, 2, 0), (service.Told.Count, workshop.Told.Count, boss.Told.Count));
        await OverdueAsync(world, 61);
        Assert.Equal((4, 3, 1), (service.Told.Count, workshop.Told.Count, boss.Told.Count));
    }

    [Fact]
    public async Task What_comes_at_night_waits_for_the_morning_unless_it_is_urgent()
    {
        await using var anna = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(
            azurite, ("Owners__Default", "anna"), ("ServiceLevels__DefaultMinutes", "30"), Teams("anna", anna),
            ("Recipients__Entries__anna__Hours", "Mon-Fri 08:00-17:00"));
        // A Friday, 21:00 in Berlin.
        world.Time.Set(new DateTimeOffset(2026, 11, 20, 20, 0, 0, TimeSpan.Zero));
        await ArriveAsync(world, "1");
        Assert.Empty(anna.Told);
        await OverdueAsync(world, 31);
        Assert.Single(anna.Told);
        while (world.MoveToNext(DateTimeOffset.MaxValue)) Assert.Equal(0, await world.DrainAsync());

        Assert.Equal(2, anna.Told.Count);
        Assert.InRange(world.Time.GetUtcNow(), new DateTimeOffset(2026, 11, 23, 7, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2026, 11, 23, 7, 5, 0, TimeSpan.Zero));
    }

    [Fact]
    public async Task Who_wants_them_together_gets_them_together_by_number_or_by_time()
    {
        await using var anna = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(
            azurite, ("Owners__Default", "anna"), Teams("anna", anna), ("Recipients__Entries__anna__DigestCount", "3"),
            ("Recipients__Entries__anna__DigestMinutes", "60"), ("Notification__BurstCount", "0"));
        await ArriveAsync(world, "1", "2");
        Assert.Empty(anna.Told);
        await ArriveAsync(world, "3");
        Assert.Equal("3 Meldungen", Title(Assert.Single(anna.Told)));

        await ArriveAsync(world, "4");
        Assert.Single(anna.Told);
        world.Time.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("1 Meldung", Title(anna.Told[1]));
        var states = (await world.GetAsync("/api/operations/notices?day=2026-11-20")).EnumerateArray()
            .Where(n => n.GetProperty("route").GetString() == "teams").Select(n => n.GetProperty("state").GetString());
        Assert.Equal(["delivered", "delivered", "delivered", "delivered"], states);
    }

    [Fact]
    public async Task A_digest_that_cannot_be_told_is_tried_again_and_nothing_of_it_is_lost()
    {
        await using var anna = await Subscriber.StartAsync(Subscriber.Status(503));
        await using var world = await TestApp.StartAsync(
            azurite, ("Owners__Default", "anna"), Teams("anna", anna), ("Recipients__Entries__anna__DigestCount", "2"),
            ("Notification__BurstCount", "0"));
        await ArriveAsync(world, "1", "2");
        Assert.Single(anna.Told);
        anna.Answer = Subscriber.Status(202);
        world.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(["2 Meldungen", "2 Meldungen"], anna.Told.Select(Title));
    }

    [Fact]
    public async Task What_is_told_together_is_named_and_linked_one_by_one()
    {
        await using var anna = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite,
        [
            ("Owners__Default", "anna"), Teams("anna", anna), ("Recipients__Entries__anna__DigestCount", "2"),
            ("Notification__BurstCount", "0"),
                .. Links,
        ]);
        await ArriveAsync(world, "1", "2");
        var card = System.Text.Encoding.UTF8.GetString(Assert.Single(anna.Told).Body);
        foreach (var number in (await world.CasesAsync()).Select(c => c.Head("number")))
            Assert.Contains($"[Neuer Vorgang {number}](https://contact.example.com/api/links/", card, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_alike_are_one_incident_whose_number_grows_and_each_is_a_case()
    {
        await using var anna = await Subscriber.StartAsync();
        await using var all = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite,
        [
            ("Owners__Default", "anna"), Teams("anna", anna), ("Notification__BurstCount", "3"), ("Notification__BurstMinutes", "60"),
            .. Links,
            ("Webhook__Subscribers__all__Url", all.Address.ToString()),
                ("Webhook__Subscribers__all__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24="),
        ]);
        foreach (var customer in Enumerable.Range(100, 16)) await ArriveAsync(world, customer.ToString());
        Assert.Equal(16, (await world.CasesAsync()).Count);
        Assert.Equal(16, all.Told.Count);
        var titles = anna.Told.Select(Title).ToList();
        Assert.All(titles[..3], t => Assert.StartsWith("Neuer Vorgang", t, StringComparison.Ordinal));
        Assert.Equal(["4 ähnliche Vorgänge in 60 Minuten", "6 ähnliche Vorgänge in 60 Minuten", "15 ähnliche Vorgänge in 60 Minuten"],
            titles[3..].Select(t => t[..t.IndexOf(':', StringComparison.Ordinal)]));
        Assert.Equal(10, (await world.GetAsync("/api/operations/notices?day=2026-11-20")).EnumerateArray()
            .Count(n => n.GetProperty("reason").GetString() == "incident"));
    }

    [Fact]
    public async Task Two_colleagues_read_the_same_due_time_each_on_the_clock_of_their_own_zone()
    {
        await using var anna = await Subscriber.StartAsync();
        await using var luis = await Subscriber.StartAsync();
        (string, string?)[] Of(string name, Subscriber subscriber) =>
        [
            Teams(name, subscriber), ($"Recipients__Entries__{name}__Owners", "*"), ($"Recipients__Entries__{name}__Language", "en"),
            ($"Recipients__Entries__{name}__Events", "serverless.case.overdue.v1"),
        ];
        await using var world = await TestApp.StartAsync(azurite,
        [
            ("Owners__Default", "service"), ("ServiceLevels__DefaultMinutes", "120"), .. Of("anna", anna), .. Of("luis", luis),
            ("Recipients__Entries__luis__TimeZone", "Europe/Lisbon"),
        ]);
        await ArriveAsync(world, "1");
        var due = DateTimeOffset.Parse((await world.OnlyCaseAsync()).Head("dueAt"), CultureInfo.InvariantCulture);
        await OverdueAsync(world, 121);
        string Expected(int hours, string zone) =>
            string.Create(CultureInfo.InvariantCulture,
                $"is overdue (due {due.ToOffset(TimeSpan.FromHours(hours)):d MMMM yyyy, HH:mm} {zone})");
        Assert.EndsWith(Expected(1, "CET"), Title(Assert.Single(anna.Told)), StringComparison.Ordinal);
        Assert.EndsWith(Expected(0, "UTC"), Title(Assert.Single(luis.Told)), StringComparison.Ordinal);
    }

    private static (string, string?)[] Links =>
        [("Hooks__PublicBaseUrl", "https://contact.example.com"), ("Links__Secret", "links-are-signed-with-these-forty-chars!")];

    private static (string, string?) Teams(string name, Subscriber subscriber) =>
        ($"Recipients__Entries__{name}__TeamsUrl", subscriber.Address.ToString());

    private static async Task ArriveAsync(TestApp world, params string[] customers)
    {
        foreach (var customer in customers)
            await world.WorkAsync(
                await world.AcceptAsync(
                    MetaCall.Messages(new MetaSaid($"m-{customer}", $"4915112345{customer.PadLeft(3, '0')}", "Die Heizung ist aus.",
                        world.Time.GetUtcNow()))));
        Assert.Equal(0, await world.DrainAsync());
    }

    private static async Task OverdueAsync(TestApp world, int minutes)
    {
        world.Time.Advance(TimeSpan.FromMinutes(minutes));
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync());
    }

    private static async Task ActAsync(TestApp world, string action, string body)
    {
        using var answer = await world.RawAsync(HttpMethod.Post, $"/api/cases/{(await world.OnlyCaseAsync()).CaseId()}/{action}", body);
        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal(0, await world.DrainAsync());
    }

    private static string Title(RecordedRequest request)
    {
        using var json = JsonDocument.Parse(request.Body);
        return json.RootElement.GetProperty("attachments")[0].GetProperty("content").GetProperty("body")[0].GetProperty("text")
            .GetString()!;
    }
}
