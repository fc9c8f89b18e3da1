using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;
using Spectre.Console;
using Spectre.Console.Cli;

namespace Serverless.Local.Cost;

/// <summary>Options of <c>cost</c>.</summary>
internal sealed class CostSettings : ReportSettings
{
    [CommandOption("--contacts <N>")]
    [Description("Contacts a month")]
    [DefaultValue(1_000_000)]
    [Within(0, int.MaxValue)]
    public int Contacts { get; init; } = 1_000_000;

    [CommandOption("--new-percent <N>")]
    [Description("How many of 100 open a conversation")]
    [DefaultValue(50)]
    [Within(0, 100)]
    public int NewPercent { get; init; } = 50;

    [CommandOption("--routes <N>")]
    [Description("Notification routes that are on")]
    [DefaultValue(1)]
    [Within(0, 10)]
    public int Routes { get; init; } = 1;

    [CommandOption("--always-ready <N>")]
    [Description("Instances that are always there")]
    [DefaultValue(0)]
    [Within(0, 20)]
    public int AlwaysReady { get; init; }

    [CommandOption("--subscribers <N>")]
    [Description("Other systems with a subscription")]
    [DefaultValue(0)]
    [Within(0, 100)]
    public int Subscribers { get; init; }

    [CommandOption("--no-bus")]
    [Description("Without Service Bus: events go to people and webhooks only")]
    public bool NoBus { get; init; }

    [CommandOption("--private")]
    [Description("Private networking")]
    public bool Private { get; init; }

    [CommandOption("--no-alerts")]
    [Description("Without alerts and availability test")]
    public bool NoAlerts { get; init; }

    [CommandOption("--price <NAME=USD>")]
    [Description("Replace a price; may be repeated")]
    public string[] Prices { get; init; } = [];
}

/// <summary>What a month costs on Azure, from calls that the test suite counts and prices that anybody can replace.</summary>
internal static class CostCommand
{
    public static Task<int> RunAsync(Repository repository, CostSettings options, Screen screen, CancellationToken ct) =>
        Task.FromResult(Run(options, screen));

    private static int Run(CostSettings options, Screen screen)
    {
        var prices = PriceList.Read(options.Prices);
        var month = new Month(
            options.Contacts, options.NewPercent / 100.0, options.Routes, options.Subscribers, options.AlwaysReady, !options.NoBus,
            options.Private, !options.NoAlerts);
        var bill = new Bill(prices, Calls.Read());
        var lines = bill.Of(month);
        var rest = month with { Contacts = 0 };
        var (restWith, restWithout) = (Sum(bill.Of(rest with { Bus = true })), Sum(bill.Of(rest with { Bus = false, Subscribers = 0 })));
        var (quiet, busy) = (lines.Sum(l => l.Quiet), lines.Sum(l => l.Busy));
        if (options.Json)
        {
            Console.Out.WriteLine(new JsonObject
            {
                ["contacts"] = month.Contacts,
                ["currency"] = "USD",
                ["busy"] = Math.Round(busy, 2),
                ["quiet"] = Math.Round(quiet, 2),
                ["atRestWithBus"] = Math.Round(restWith, 2),
                ["atRestWithoutBus"] = Math.Round(restWithout, 2),
                ["lines"] = new JsonArray(
                    [.. lines.Select(l =>
                        new JsonObject { ["name"] = l.Name, ["amount"] = l.Amount, ["busy"] = Math.Round(l.Busy, 2),
                            ["quiet"] = Math.Round(l.Quiet, 2) })]),
            }.ToJsonString());
            return 0;
        }

        var table = new Table().Title($"{month.Contacts:N0} contacts a month, USD").AddColumn("").AddColumn("amount")
            .AddColumn(new TableColumn("busy").RightAligned()).AddColumn(new TableColumn("quiet").RightAligned());
        foreach (var line in lines) table.AddRow(line.Name, line.Amount, Usd(line.Busy), Usd(line.Quiet));
        screen.Console.Write(table.AddRow("together", "", Usd(busy), Usd(quiet)));
        screen.Say("busy: 16 executions overlap; quiet: executions do not overlap, and each is billed for a full second. Your cost lies between.");
        screen.Say($"A month without contacts: {Usd(restWith)} with Service Bus, {Usd(restWithout)} without.");
        var sources = new Table().AddColumn("price").AddColumn(new TableColumn("USD").RightAligned()).AddColumn("per").AddColumn("source")
            .AddColumn("date");
        foreach (var (name, price) in prices.All)
            sources.AddRow(name, price.Usd.ToString("0.######", CultureInfo.InvariantCulture), $"{price.Per:N0} {price.Of}", price.Source,
                price.Date);
        screen.Console.Write(sources);
        screen.Say("List prices before discounts and tax; replace any with --price name=value. Not included: outgoing calls of providers, malware scanning, "
            + "Communication Services, traffic.");
        return 0;
    }

    private static double Sum(IReadOnlyList<Line> lines) => lines.Sum(l => l.Quiet);

    private static string Usd(double amount) => amount.ToString("N2", CultureInfo.InvariantCulture);
}
