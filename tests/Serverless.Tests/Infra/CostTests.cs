using Serverless.Local.CommandLine;
using Serverless.Local.Cost;
using Xunit;

namespace Serverless.Tests.Infra;

/// <summary>The calculator adds up what the tests count and what prices.json says.</summary>
public sealed class CostTests
{
    private static readonly Month Million = new(1_000_000, 0.5, 1, 0, PrivateNetworking: false);

    private static IReadOnlyList<Line> Bill(Month month, params string[] prices) => new Bill(PriceList.Read(prices), Calls.Read()).Of(month);

    [Fact]
    public void A_million_contacts_cost_tens_of_dollars()
    {
        var lines = Bill(Million);
        // 1 million rows of raw bodies, 7 or 9 calls of work, 4 for what one subscriber is told of it: 13 million transactions.
        Assert.Equal(13_000_000 / 10_000.0 * 0.00036, lines.Single(l => l.Name == "Tables, transactions").Quiet, 6);
        // A pointer and a message of one route, each put, taken and deleted.
        Assert.Equal(PriceList.Read([])["queue-transactions"].For(6_000_000), lines.Single(l => l.Name == "Queue").Quiet, 6);
        // One send each: inside the 13 million included.
        Assert.Equal(9.81, lines.Single(l => l.Name == "Service Bus Standard").Quiet, 6);
        Assert.InRange(lines.Sum(l => l.Busy), 25, 50);
        Assert.InRange(lines.Sum(l => l.Quiet), 50, 90);
    }

    [Fact]
    public void Nothing_happening_costs_the_bus_and_the_alerts_and_without_a_bus_the_alerts_alone()
    {
        var idle = Million with { Contacts = 0 };
        Assert.InRange(Bill(idle).Sum(l => l.Quiet), 9.81, 15);
        Assert.Equal(9.81, Bill(idle).Sum(l => l.Quiet) - Bill(idle with { Subscribers = -1 }).Sum(l => l.Quiet), 6);
        Assert.DoesNotContain(Bill(idle with { Subscribers = -1 }), l => l.Name.StartsWith("Service Bus", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_price_can_be_replaced()
    {
        foreach (var name in PriceList.Read([]).All.Keys) Assert.Equal(1234, PriceList.Read([$"{name}=1234"])[name].Usd);
        Assert.Equal(20, Bill(Million with { Contacts = 0 }, "bus-base=20").Single(l => l.Name == "Service Bus Standard").Quiet, 6);
        Assert.Throws<Refusal>(() => PriceList.Read(["bus=1"]));
        Assert.Throws<Refusal>(() => PriceList.Read(["bus-base=cheap"]));
    }

    [Fact]
    public void Every_price_says_where_and_when_it_was_read() => Assert.DoesNotContain(PriceList.Read([]).All.Values, p => p.Source.Length == 0 || (p.Date.Length == 0) != p.Source.Contains("not confirmed", StringComparison.Ordinal));

    [Fact]
    public void Operations_above_those_included_are_tiered()
    {
        double Bus(long contacts) => Bill(Million with { Contacts = contacts, Subscribers = 1 }).Single(l => l.Name == "Service Bus Standard").Quiet;
        Assert.Equal(9.81 + (17 * 0.80), Bus(10_000_000), 2);
        Assert.Equal(9.81 + (87 * 0.80) + (200 * 0.50), Bus(100_000_000), 2);
    }

    [Fact]
    public void Alerts_are_counted_as_they_are_deployed()
    {
        var alerts = InfraFiles.Load()["infra/modules/alerts.bicep"];
        var rules = System.Text.RegularExpressions.Regex.Count(alerts, "^    query: |^          query: 'App", System.Text.RegularExpressions.RegexOptions.Multiline, TimeSpan.FromSeconds(5));
        Assert.Equal($"{rules} rules, 2 series", Bill(Million).Single(l => l.Name == "Alerts").Amount);
    }
}
