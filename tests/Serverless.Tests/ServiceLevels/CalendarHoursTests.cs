using System.Globalization;
using Microsoft.Extensions.Configuration;
using Serverless.Channels.CallFlows;
using Serverless.ServiceLevels;
using Xunit;

namespace Serverless.Tests.ServiceLevels;

/// <summary>An answer plan that names a calendar rings people when the calendar is open.</summary>
public sealed class CalendarHoursTests
{
    [Theory]
    [InlineData("2026-11-23T08:00:00Z", true)]
    [InlineData("2026-11-23T07:59:59Z", false)]
    [InlineData("2026-01-06T09:00:00Z", false)]
    [InlineData("2027-12-24T10:00:00Z", false)]
    [InlineData("2026-11-25T10:00:00Z", false)]
    public void Its_hours_zone_and_closed_days_hold(string at, bool open)
    {
        var plan = Plan(("Calendars:muc:State", "BY"), ("Calendars:muc:More", "12-24"), ("Channels:Twilio:Default:Hours", "calendar:muc"),
            ("Channels:Twilio:Default:Holidays", "2026-11-25"));
        Assert.Equal(open, plan.IsOpen(DateTimeOffset.Parse(at, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void What_is_no_calendar_stays_for_the_channel_to_tell()
    {
        using var configuration = new ConfigurationManager();
        configuration["Channels:Twilio:Default:Hours"] = "calendar:gone";
        configuration.UseCalendars();
        Assert.Equal("calendar:gone", configuration["Channels:Twilio:Default:Hours"]);
        Assert.True(Plan(("Channels:Twilio:Default:Hours", "calendar:always"))
            .IsOpen(new DateTimeOffset(2026, 12, 25, 3, 0, 0, TimeSpan.Zero)));
    }

    private static CallFlow Plan(params (string Name, string Value)[] settings)
    {
        using var configuration = new ConfigurationManager();
        foreach (var (name, value) in settings) configuration[name] = value;
        configuration.UseCalendars();
        var options = new CallFlowOptions();
        configuration.GetSection("Channels:Twilio:Default").Bind(options);
        return CallFlow.Of(null, new Dictionary<string, CallFlowOptions>(StringComparer.Ordinal), options);
    }
}
