using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Two instances take two contacts of one conversation at the same instant, before there is a case (P3).</summary>
public sealed class When_two_contacts_race_to_open_one_case(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int Rounds = 15;

    [Fact]
    public async Task One_case_with_one_number_has_both()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await using var twin = await world.TwinAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var customer = $"4930231252{round:d2}";
            var left = await world.AcceptAsync(
                MetaCall.Messages(new MetaSaid($"wamid.left-{round}", customer, "Guten Tag!", world.Time.GetUtcNow())));
            var right = await world.AcceptAsync(
                MetaCall.Messages(new MetaSaid($"wamid.right-{round}", customer, "Noch etwas:", world.Time.GetUtcNow())));
            Assert.All(await Task.WhenAll(world.WorkAsync(left), twin.WorkAsync(right)), done => Assert.True(done));
            string[] ends = [await world.EndOfAsync(left), await world.EndOfAsync(right)];
            Assert.Equal(["ended: case", "ended: joined"], ends.Order(StringComparer.Ordinal));
        }

        var cases = await world.CasesAsync();
        Assert.Equal(Rounds, cases.Count);
        Assert.Equal(Rounds, cases.Select(c => c.Head("number")).Distinct().Count());
        Assert.All(cases, file => Assert.Equal(2, file.Texts().Count));
        Assert.All(cases, file => Assert.Equal("service-desk", file.Head("owner")));
        foreach (var file in cases) Assert.Equal(file.CaseId(), (await world.CaseAsync(file.Head("number"))).CaseId());

        var told = world.Told();
        Assert.Equal(Rounds, told.Count(t => t.Type == "serverless.case.opened.v1"));
        Assert.Equal(Rounds, told.Count(t => t.Type == "serverless.contact.received.v1"));
        Assert.Equal(Rounds, told.Select(t => t.CaseId).Distinct().Count());
    }
}
