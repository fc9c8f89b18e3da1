namespace Serverless.Local.Cost;

/// <summary>What a month holds.</summary>
/// <param name="Contacts">Contacts of customers.</param>
/// <param name="NewShare">How many of them open a conversation, 0 to 1.</param>
/// <param name="Routes">Routes that are on; each gets every event by a storage queue.</param>
/// <param name="Subscribers">Other systems that receive every event by Service Bus.</param>
/// <param name="AlwaysReady">Instances that are always there.</param>
/// <param name="Bus">Whether events are published to Service Bus.</param>
/// <param name="PrivateNetworking">Private endpoints, and the Premium bus if there is one.</param>
/// <param name="Alerts">Alert rules and the availability test.</param>
internal sealed record Month(long Contacts, double NewShare, int Routes, int Subscribers, int AlwaysReady, bool Bus, bool PrivateNetworking,
    bool Alerts);

/// <summary>One line of the bill.</summary>
/// <param name="Name">What for.</param>
/// <param name="Amount">How much of it, in words.</param>
/// <param name="Quiet">Dollars when every execution stands alone and is billed for a whole second.</param>
/// <param name="Busy">Dollars when executions overlap as far as host.json lets them.</param>
internal sealed record Line(string Name, string Amount, double Quiet, double Busy);

/// <summary>Calls that the app makes, as the test suite counts them: calls.json.</summary>
/// <param name="Accept">Storage calls until a delivery is accepted.</param>
/// <param name="Known">Storage calls of a contact in a known thread.</param>
/// <param name="First">Storage calls of the first contact of a conversation.</param>
/// <param name="Notice">Storage calls of a notification to one target of a route.</param>
/// <param name="Events">Events of one contact: each is one send to the bus, and one queue message for each route.</param>
internal sealed record Calls(int Accept, int Known, int First, int Notice, int Events)
{
    public static Calls Read()
    {
        var json = PriceList.Json("calls.json");
        int Of(string name, string kind) => json.GetProperty(name).GetProperty(kind).GetInt32();
        return new Calls(Of("accept", "storage"), Of("contactOfAKnownThread", "storage"), Of("firstContactOfAConversation", "storage"),
            Of("noticeToOneSubscriber", "storage"), Of("contactOfAKnownThread", "bus"));
    }
}

/// <summary>Adds up a month. Everything that is neither counted nor priced stands here as a constant with its reason.</summary>
internal sealed class Bill(PriceList prices, Calls calls)
{
    // Smallest instance, billed for at least a second when it wakes:
    // https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#billing
    private const double InstanceGb = 0.5;
    private const double SecondsOfAMonth = 730 * 3600;

    // batchSize and maxConcurrentCalls of host.json.
    private const double Overlap = 16;

    // A row of raw body, a contact event, and its share of head, thread, seen and views; raw bodies for three months.
    private const double KilobytesStored = 8;

    // Requests, the wide lines of Receive and Normalise, the host's own line; sampled when many.
    private const double KilobytesLogged = 5;

    // Tick every five minutes and Daily.
    private const double Timers = (730 * 12) + 30;

    // Put, take and delete of one queue message; the host does the last two. What it asks of empty queues is not in it: no page says how
    // often.
    private const double QueueCalls = 3;

    // Receive and complete of a subscriber; the send is counted by the tests.
    private const double BusCallsOfASubscriber = 2;
    private const int LogAlerts = 9;

    // Each one metric of one topic.
    private const int BusAlerts = 2;

    // Three places every 15 minutes, and the alert on the test and its component.
    private const double AvailabilityTests = 3 * 4 * 730;
    private const int AvailabilitySeries = 2;
    private const int EndpointsWithoutBus = 4;

    public IReadOnlyList<Line> Of(Month month)
    {
        double contacts = month.Contacts;
        var tests = month.Alerts ? AvailabilityTests : 0;
        // Receive, Normalise, one execution for each route and event.
        var executions = (contacts * (2 + (calls.Events * month.Routes))) + Timers + tests;
        var quiet = executions * InstanceGb;
        var queue = contacts * (1 + (calls.Events * month.Routes)) * QueueCalls;
        var table = contacts * (calls.Accept - 1 + (calls.Known * (1 - month.NewShare)) + (calls.First * month.NewShare)
            + (calls.Notice * calls.Events * month.Routes));
        var bus = month.Bus ? contacts * calls.Events * (1 + (BusCallsOfASubscriber * month.Subscribers)) : 0;
        var stored = contacts * KilobytesStored / 1e6;
        var logged = contacts * KilobytesLogged / 1e6;
        List<Line> lines =
        [
            Both("Functions, executions", $"{executions:N0}",
                prices["flex-million-executions"].For(Above(executions, "flex-free-executions"))),
            new("Functions, memory and time", $"{quiet / Overlap:N0} to {quiet:N0} GB-s",
                prices["flex-gb-second"].For(Above(quiet, "flex-free-gb-seconds")),
                prices["flex-gb-second"].For(Above(quiet / Overlap, "flex-free-gb-seconds"))),
            Both("Tables, transactions", $"{table:N0}", prices["table-transactions"].For(table)),
            Both("Tables, data", $"{stored:N1} GB", prices["table-gb-month"].For(stored)),
            Both("Queue", $"{queue:N0}", prices["queue-transactions"].For(queue)),
            Both("Logs", $"{logged:N1} GB", prices["log-gb"].For(logged)),
        ];
        if (month.Alerts)
        {
            var series = AvailabilitySeries + (month.Bus ? BusAlerts : 0);
            lines.Add(Both("Alerts", $"{LogAlerts} rules, {series} series", prices["log-alert"].For(LogAlerts)
                + prices["metric-alert-series"].For(series)));
            lines.Add(Both("Availability test", $"{tests:N0} calls", prices["web-test"].For(tests)));
        }

        if (month.Bus)
        {
            lines.Add(month.PrivateNetworking
                ? Both("Service Bus Premium", "one unit", prices["bus-premium-unit"].For(1))
                : Both("Service Bus Standard", $"{bus:N0} operations", prices["bus-base"].For(1) + Operations(bus)));
        }

        var endpoints = EndpointsWithoutBus + (month.Bus ? 1 : 0);
        if (month.PrivateNetworking) lines.Add(Both("Private endpoints", $"{endpoints}", prices["private-endpoint"].For(endpoints)));
        if (month.AlwaysReady > 0)
            lines.Add(Both("Always ready", $"{month.AlwaysReady} x {InstanceGb} GB",
                prices["flex-ready-gb-second"].For(month.AlwaysReady * InstanceGb * SecondsOfAMonth)));
        return lines;
    }

    private double Operations(double bus)
    {
        var included = prices["bus-included-operations"].Usd;
        double Between(double from, double to) => Math.Max(0, Math.Min(bus, to) - from);
        return prices["bus-operations-to-100m"].For(Between(included, 100e6))
            + prices["bus-operations-to-2500m"].For(Between(Math.Max(included, 100e6), 2500e6))
            + prices["bus-operations-above"].For(Between(2500e6, double.MaxValue));
    }

    private double Above(double amount, string free) => Math.Max(0, amount - prices[free].Usd);

    private static Line Both(string name, string amount, double usd) => new(name, amount, usd, usd);
}
