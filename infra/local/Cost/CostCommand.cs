using System.Globalization;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Spectre.Console;

namespace Serverless.Local.Cost;

/// <summary>What a month costs on Azure, from calls that the test suite counts and prices that anybody can replace.</summary>
internal static class CostCommand
{
    public static int Run(Arguments arguments, Screen screen)
    {
        var prices = PriceList.Read(arguments.All("price"));
        var month = new Month(arguments.Number("contacts", 1_000_000), arguments.Number("new-percent", 50) / 100.0, arguments.Number("routes", 1), arguments.Number("subscribers", 0),
            arguments.Number("always-ready", 0), !arguments.Has("no-bus"), arguments.Has("private"), !arguments.Has("no-alerts"));
        var bill = new Bill(prices, Calls.Read());
        var lines = bill.Of(month);
        var rest = month with { Contacts = 0 };
        var (restWith, restWithout) = (Sum(bill.Of(rest with { Bus = true })), Sum(bill.Of(rest with { Bus = false, Subscribers = 0 })));
        var (quiet, busy) = (lines.Sum(l => l.Quiet), lines.Sum(l => l.Busy));
        if (arguments.Has("json"))
        {
            Console.Out.WriteLine(new JsonObject
            {
                ["contacts"] = month.Contacts,
                ["currency"] = "USD",
                ["busy"] = Math.Round(busy, 2),
                ["quiet"] = Math.Round(quiet, 2),
                ["atRestWithBus"] = Math.Round(restWith, 2),
                ["atRestWithoutBus"] = Math.Round(restWithout, 2),
                ["lines"] = new JsonArray([.. lines.Select(l => new JsonObject { ["name"] = l.Name, ["amount"] = l.Amount, ["busy"] = Math.Round(l.Busy, 2), ["quiet"] = Math.Round(l.Quiet, 2) })]),
            }.ToJsonString());
            return 0;
        }

        var table = new Table().Title($"{month.Contacts:N0} contacts a month, USD").AddColumn("").AddColumn("amount").AddColumn(new TableColumn("busy").RightAligned()).AddColumn(new TableColumn("quiet").RightAligned());
        foreach (var line in lines) table.AddRow(line.Name, line.Amount, Usd(line.Busy), Usd(line.Quiet));
        screen.Console.Write(table.AddRow("together", "", Usd(busy), Usd(quiet)));
        screen.Say("busy: executions overlap 16-fold; quiet: each stands alone and is billed for a whole second. Yours lies between.");
        screen.Say($"A month in which nothing happens: {Usd(restWith)} with the bus, {Usd(restWithout)} without.");
        var sources = new Table().AddColumn("price").AddColumn(new TableColumn("USD").RightAligned()).AddColumn("per").AddColumn("source").AddColumn("date");
        foreach (var (name, price) in prices.All)
            sources.AddRow(name, price.Usd.ToString("0.######", CultureInfo.InvariantCulture), $"{price.Per:N0} {price.Of}", price.Source, price.Date);
        screen.Console.Write(sources);
        screen.Say("List prices before discount and tax; replace any with --price name=value. Not in it: outgoing calls of providers, malware scanning, Communication Services, traffic.");
        return 0;
    }

    private static double Sum(IReadOnlyList<Line> lines) => lines.Sum(l => l.Quiet);

    private static string Usd(double amount) => amount.ToString("N2", CultureInfo.InvariantCulture);
}
