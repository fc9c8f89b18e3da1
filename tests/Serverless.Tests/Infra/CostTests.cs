using Serverless.Local.CommandLine;
using Serverless.Local.Cost;
using Xunit;

namespace Serverless.Tests.Infra;

/// <summary>The calculator adds up what the tests count and what prices.json says.</summary>
public sealed class CostTests
{
    private static readonly Month Million = new(1_000_000, 0.5, Routes: 1, Subscribers: 1, AlwaysReady: 0, Bus: true,
        PrivateNetworking: false, Alerts: true);

    private static IReadOnlyList<Line> Bill(Month month, params string[] prices) =>
        new Bill(PriceList.Read(prices), Calls.Read()).Of(month);

    [Fact]
    public void A_million_contacts_cost_tens_of_dollars()
    {
        var lines = Bill(Million);
        // 1 million rows of raw bodies, 7 or 9 calls of work, and what the tests count for telling one target of one route.
        Assert.Equal((1_000_000 * (1 + 8 + Calls.Read().Notice)) / 10_000.0 * 0.00036,
            lines.Single(l => l.Name == "Tables, transactions").Quiet, 6);
        // Put, take and delete of one message to Normalise and one to the route.
        Assert.Equal(6_000_000 / 10_000.0 * 0.004, lines.Single(l => l.Name == "Queue").Quiet, 6);
        // One send, and receive and complete by the subscriber: inside the 13 million included.
        Assert.Equal(9.81, lines.Single(l => l.Name == "Service Bus Standard").Quiet, 6);
        Assert.InRange(lines.Sum(l => l.Busy), 25, 50);
        Assert.InRange(lines.Sum(l => l.Quiet), 50, 90);
    }

    [Fact]
    public void A_route_costs_storage_and_no_bus()
    {
        var (one, two) = (Bill(Million), Bill(Million with { Routes = 2 }));
        Assert.Equal(one.Single(l => l.Name == "Service Bus Standard"), two.Single(l => l.Name == "Service Bus Standard"));
        Assert.True(two.Single(l => l.Name == "Queue").Quiet > one.Single(l => l.Name == "Queue").Quiet);
        Assert.True(two.Single(l => l.Name == "Tables, transactions").Quiet > one.Single(l => l.Name == "Tables, transactions").Quiet);
    }

    [Fact]
    public void Nothing_happening_costs_the_bus_the_alerts_and_the_test()
    {
        var rest = Million with { Contacts = 0, Subscribers = 0 };
        Assert.InRange(Bill(rest).Sum(l => l.Quiet), 9.81, 20);
        Assert.InRange(Bill(rest with { Bus = false }).Sum(l => l.Quiet), 4, 10);
        Assert.InRange(Bill(rest with { Bus = false, Alerts = false }).Sum(l => l.Quiet), 0, 0.01);
        Assert.DoesNotContain(Bill(rest with { Bus = false }), l => l.Name.StartsWith("Service Bus", StringComparison.Ordinal));
        Assert.Equal("4", Bill(rest with { Bus = false, PrivateNetworking = true }).Single(l => l.Name == "Private endpoints").Amount);
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
    public void Every_price_says_where_and_when_it_was_read() =>
    Assert.DoesNotContain(PriceList.Read([]).All.Values, p => p.Source.Length == 0
        || (p.Date.Length == 0) != p.Source.Contains("not confirmed", StringComparison.Ordinal));

    [Fact]
    public void Operations_above_those_included_are_tiered()
    {
        double Bus(long contacts) => Bill(Million with { Contacts = contacts }).Single(l => l.Name == "Service Bus Standard").Quiet;
        Assert.Equal(9.81 + (17 * 0.80), Bus(10_000_000), 2);
        Assert.Equal(9.81 + (87 * 0.80) + (200 * 0.50), Bus(100_000_000), 2);
    }

    [Fact]
    public async Task Alerts_are_counted_as_they_are_deployed()
    {
        foreach (var (set, bus) in new[] { ("everything", true), ("no-bus", false) })
        {
            var deployed = await Prediction.OfAsync(set);
            // An alert on an availability test watches the test and its component: two series.
            var series = deployed.Of("Microsoft.Insights/metricAlerts").Sum(a => a.Name == "unreachable" ? 2 : 1);
            Assert.Equal($"{deployed.Of("Microsoft.Insights/scheduledQueryRules").Count()} rules, {series} series",
                Bill(Million with { Bus = bus }).Single(l => l.Name == "Alerts").Amount);
        }
    }
}
