using System.Net;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Somebody accepts a case, offers it to another owner, who accepts: exactly one is accountable at every moment.</summary>
public sealed class When_a_case_is_handed_over(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task The_owner_stays_accountable_until_the_other_accepts()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Owners__Default", "service"), ("Owners__Others", "field, workshop"));
        var id = await OpenAsync(world);
        Assert.Equal("{\"state\":\"accepted\",\"changed\":true}", await ActAsync(world, id, "accept", """{"by":"service"}"""));
        Assert.Equal("{\"state\":\"accepted\",\"changed\":false}", await ActAsync(world, id, "accept", """{"by":"service"}"""));
        Assert.Equal("{\"state\":\"offered\",\"changed\":true}",
            await ActAsync(world, id, "hand-over", """{"to":"workshop","by":"service","why":"needs a technician"}"""));
        Assert.Equal("service", (await world.CaseAsync(id)).Head("owner"));
        Assert.Equal("workshop", (await world.CaseAsync(id)).GetProperty("case").GetProperty("handOver").GetProperty("to").GetString());

        await ActAsync(world, id, "accept", """{"by":"workshop"}""");
        var after = await world.CaseAsync(id);
        Assert.Equal(("workshop", "workshop", "1", ""),
            (after.Head("owner"), after.Head("acceptedBy"), after.Head("handOvers"), after.Head("handOver")));
        Assert.Single(await world.CasesAsync("&owner=workshop"));
        Assert.Empty(await world.CasesAsync("&owner=service"));
        Assert.Equal(
            ["serverless.case.opened.v1", "serverless.case.accepted.v1", "serverless.case.hand-over-offered.v1",
                "serverless.case.handed-over.v1"],
            world.Told().Select(t => t.Type));
    }

    [Fact]
    public async Task The_owner_can_take_an_offer_back()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Owners__Default", "service"), ("Owners__Others", "field, workshop"));
        var id = await OpenAsync(world);
        await ActAsync(world, id, "hand-over", """{"to":"workshop","why":"a mistake"}""");
        await ActAsync(world, id, "accept", """{"by":"service"}""");
        var after = await world.CaseAsync(id);
        Assert.Equal(("service", "", "0"), (after.Head("owner"), after.Head("handOver"), after.Head("handOvers")));
    }

    [Fact]
    public async Task Two_who_accept_at_once_hand_it_over_once()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Owners__Default", "service"), ("Owners__Others", "field, workshop"));
        var id = await OpenAsync(world);
        await ActAsync(world, id, "hand-over", """{"to":"workshop","why":"needs a technician"}""");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ActAsync(world, id, "accept", """{"by":"workshop"}""")));
        Assert.Equal("1", (await world.CaseAsync(id)).Head("handOvers"));
        Assert.Single(world.Told(), t => t.Type == "serverless.case.handed-over.v1");
    }

    [Theory]
    [InlineData("accept", "{}", HttpStatusCode.BadRequest)]
    [InlineData("accept", """{"by":"a\nb"}""", HttpStatusCode.BadRequest)]
    [InlineData("hand-over", """{"to":"workshop"}""", HttpStatusCode.BadRequest)]
    [InlineData("sell", "{}", HttpStatusCode.NotFound)]
    public async Task What_cannot_be_done_says_how(string action, string body, HttpStatusCode status)
    {
        await using var world = await TestApp.StartAsync(azurite);
        var id = await OpenAsync(world);
        using var answer = await world.RawAsync(HttpMethod.Post, $"/api/cases/{id}/{action}", body);
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(status == HttpStatusCode.NotFound ? "Known:" : "Send", await answer.TextAsync(), StringComparison.Ordinal);
    }

    /// <summary>Who is told of a case hears its number, not its id: number and id are taken alike.</summary>
    [Fact]
    public async Task A_number_names_a_case_as_its_id_does()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Owners__Default", "service"), ("Owners__Others", "workshop"));
        var number = (await world.CaseAsync(await OpenAsync(world))).Head("number");
        Assert.Equal("{\"state\":\"accepted\",\"changed\":true}", await ActAsync(world, number, "accept", """{"by":"service"}"""));
        Assert.Equal("{\"state\":\"offered\",\"changed\":true}", await ActAsync(world, number.ToLowerInvariant(), "hand-over",
            """{"to":"workshop","why":"needs a technician"}"""));
        Assert.Equal("{\"state\":\"closed\",\"changed\":true}", await ActAsync(world, number, "close", """{"cause":"unknown"}"""));
        using var none = await world.RawAsync(HttpMethod.Post, "/api/cases/no-such-number/accept", """{"by":"service"}""");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    /// <summary>A case was once offered to a name with a slip in it: nobody could accept it, and nobody was told.</summary>
    [Fact]
    public async Task It_is_offered_to_owners_there_are()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Owners__Default", "service"), ("Owners__Networks__voice", "hotline"));
        var id = await OpenAsync(world);
        using var slip = await world.RawAsync(HttpMethod.Post, $"/api/cases/{id}/hand-over", """{"to":"hot-line","why":"a slip"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, slip.StatusCode);
        var says = await slip.TextAsync();
        Assert.Contains("Owners__Others", says, StringComparison.Ordinal);
        Assert.Contains("hotline, service", says, StringComparison.Ordinal);
        Assert.Equal("{\"state\":\"offered\",\"changed\":true}", await ActAsync(world, id, "hand-over",
            """{"to":"hotline","why":"rings"}"""));
    }

    [Fact]
    public async Task A_closed_case_is_taken_by_nobody()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var id = await OpenAsync(world);
        await world.CloseAsync(id);
        using var answer = await world.RawAsync(HttpMethod.Post, $"/api/cases/{id}/accept", """{"by":"service"}""");
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
    }

    private static async Task<string> OpenAsync(TestApp world)
    {
        await world.WorkAsync(
            await world.AcceptAsync(
                MetaCall.Messages(new MetaSaid("m-1", "4915112345678", "Die Heizung ist aus.", world.Time.GetUtcNow()))));
        return (await world.OnlyCaseAsync()).CaseId();
    }

    private static async Task<string> ActAsync(TestApp world, string id, string action, string body)
    {
        using var answer = await world.RawAsync(HttpMethod.Post, $"/api/cases/{id}/{action}", body);
        return await answer.TextAsync();
    }
}
