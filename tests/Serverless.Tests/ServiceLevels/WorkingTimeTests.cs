using System.Globalization;
using System.Text.Json;
using Serverless.ServiceLevels;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.ServiceLevels;

/// <summary>
/// Working minutes over nights, weekends, holidays of a state, two blocks a day and both changes of the clock: the table is
/// working-time.json.
/// </summary>
public sealed class WorkingTimeTests
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    /// <summary>One row of the table; times without an offset are local.</summary>
    public sealed record Row(string Why, CalendarOptions Calendar, string From, int Minutes, string To);

    public static TheoryData<string> Rows => [.. Table.Keys];

    private static Dictionary<string, Row> Table { get; } = JsonSerializer
        .Deserialize<Row[]>(File.ReadAllText(Path.Combine(Seed.RepositoryRoot, "tests/Serverless.Tests/ServiceLevels/working-time.json")),
            Web)!
        .ToDictionary(r => $"{r.Why} ({r.Minutes} from {r.From})", StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Rows))]
    public void Minutes_are_added_in_working_time(string name)
    {
        var row = Table[name];
        var (calendar, zone) = (Calendar(row.Calendar), row.Calendar.TimeZone);
        var (from, to) = (At(row.From, zone), At(row.To, zone));
        Assert.Equal(to, calendar.Add(from, row.Minutes));
        Assert.Equal(TimeSpan.FromMinutes(row.Minutes), calendar.Between(from, to));
        Assert.True(calendar.IsOpenUntil(to));
    }

    /// <summary>Holidays of 2026 on working days that the federal list lacks, by state; 15 August 2026 is a Saturday.</summary>
    [Theory]
    [InlineData("BW", "01-06 06-04")]
    [InlineData("BY", "01-06 06-04")]
    [InlineData("BE", "")]
    [InlineData("BB", "")]
    [InlineData("HB", "")]
    [InlineData("HH", "")]
    [InlineData("HE", "06-04")]
    [InlineData("MV", "")]
    [InlineData("NI", "")]
    [InlineData("NW", "06-04")]
    [InlineData("RP", "06-04")]
    [InlineData("SL", "06-04")]
    [InlineData("SN", "11-18")]
    [InlineData("ST", "01-06")]
    [InlineData("SH", "")]
    [InlineData("TH", "")]
    public void Each_of_the_sixteen_states_has_its_own_days(string state, string own)
    {
        var (ofState, federal) = (Calendar(new() { State = state }), Calendar(new()));
        var days = Enumerable.Range(0, 365).Select(d => new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero).AddDays(d));
        Assert.Equal(own, string.Join(' ', days.Where(d => federal.IsOpen(d) && !ofState.IsOpen(d))
            .Select(d => d.ToString("MM-dd", CultureInfo.InvariantCulture))));
    }

    [Fact]
    public void One_notion_of_hours_agrees_with_that_of_answer_plans_at_every_quarter_of_both_days_of_the_change()
    {
        const string Hours = "Sun 01:30-03:00 02:15-02:45 12:00-13:00";
        var calendar = Calendar(new() { Hours = Hours, State = "none" });
        Assert.True(OpeningHours.TryParse(Hours, out var hours));
        foreach (var day in new[] { new DateTimeOffset(2026, 3, 28, 22, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2026, 10, 24, 21, 0, 0, TimeSpan.Zero) })
            for (var quarter = 0; quarter < 27 * 4; quarter++)
            {
                var at = day.AddMinutes(15 * quarter);
                Assert.Equal(hours.Contains(TimeZoneInfo.ConvertTime(at, calendar.Zone).DateTime), calendar.IsOpen(at));
            }
    }

    [Fact]
    public void Minutes_add_up_and_never_end_in_closed_time()
    {
        var calendar = Calendar(new() { Hours = "Mon-Fri 08:00-12:00 13:00-17:00; Sat 09:00-12:00", State = "BY" });
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
        {
            var from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(random.Next(365 * 24 * 60));
            var (one, other) = (random.Next(1, 3000), random.Next(1, 3000));
            var to = calendar.Add(from, one + other);
            Assert.Equal(to, calendar.Add(calendar.Add(from, one), other));
            Assert.Equal(TimeSpan.FromMinutes(one + other), calendar.Between(from, to));
            Assert.True(calendar.IsOpenUntil(to));
        }
    }

    [Fact]
    public void A_time_that_no_calendar_knows_counts_every_minute()
    {
        var calendar = Calendar(new());
        Assert.Equal(DateTimeOffset.MinValue.AddMinutes(5), calendar.Add(DateTimeOffset.MinValue, 5));
        Assert.True(calendar.IsOpen(DateTimeOffset.MaxValue));
    }

    [Fact]
    public void What_is_not_set_is_an_office_in_Germany_and_always_is_round_the_clock()
    {
        var calendars = new Calendars(new CalendarsOptions());
        Assert.False(calendars.Default.IsOpen(At("2026-11-22T12:00", "Europe/Berlin")));
        Assert.True(calendars.Default.IsOpen(At("2026-11-23T09:00", "Europe/Berlin")));
        Assert.True(calendars.Of("always").IsOpen(At("2026-12-25T03:00", "Europe/Berlin")));
        Assert.Same(calendars.Default, calendars.Of("gone"));
        Assert.Same(calendars.Default, calendars.Read("calendar: default", "Europe/Berlin"));
        Assert.Null(calendars.Read("calendar:gone", "Europe/Berlin"));
        Assert.Null(calendars.Read("Mo 8-12", "Europe/Berlin"));
        Assert.Equal(At("2026-11-23T08:00", "Europe/Lisbon"), calendars.Read("Mon 08:00-09:00", "Europe/Lisbon")!
            .NextOpen(At("2026-11-22T12:00", "Europe/Lisbon")));
    }

    [Fact]
    public void A_calendar_without_an_open_minute_is_named_and_promises_count_round_the_clock()
    {
        var now = At("2026-11-20T10:00", "Europe/Berlin");
        var calendars = new Calendars(Options("default", new() { Hours = "never" }));
        Assert.Contains("Calendars__default holds no open minute", Assert.Single(calendars.Problems(now)), StringComparison.Ordinal);
        Assert.Equal(now.AddMinutes(30), calendars.Counting("default", now).Add(now, 30));
        Assert.Empty(new Calendars(new CalendarsOptions()).Problems(now));
    }

    [Theory]
    [InlineData("office", "Mo 8-12", "Europe/Berlin", "DE", "ALL", "", "", "Calendars__office__Hours")]
    [InlineData("office", "always", "Europe/Nowhere", "DE", "ALL", "", "", "Calendars__office__TimeZone")]
    [InlineData("office", "always", "Europe/Berlin", "XX", "ALL", "", "", "Calendars__office__Country")]
    [InlineData("office", "always", "Europe/Berlin", "DE", "ZZ", "", "", "Calendars__office__State")]
    [InlineData("office", "always", "Europe/Berlin", "DE", "01", "", "", "Calendars__office__State")]
    [InlineData("office", "always", "Europe/Berlin", "FR", "BY", "", "", "Calendars__office__State")]
    [InlineData("office", "always", "Europe/Berlin", "DE", "ALL", "24.12.", "", "Calendars__office__More")]
    [InlineData("office", "always", "Europe/Berlin", "DE", "ALL", "12-24", "2026-02-30", "Calendars__office__Less")]
    [InlineData("of fice", "always", "Europe/Berlin", "DE", "ALL", "", "", "Calendars__of fice")]
    [InlineData("always", "always", "Europe/Berlin", "DE", "ALL", "", "", "Calendars__always")]
    public void A_mistake_is_refused_at_start_by_the_name_of_its_setting(
        string name, string hours, string zone, string country, string state, string more, string less, string setting)
    {
        var options = Options(name, new() { Hours = hours, TimeZone = zone, Country = country, State = state, More = more, Less = less });
        var refused = new CalendarsOptionsValidator().Validate(null, options);
        Assert.StartsWith(setting, Assert.Single(refused.Failures!), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DE", "sh")]
    [InlineData("CH", "ZH")]
    [InlineData("AT", "all")]
    [InlineData("NL", "none")]
    public void What_can_be_read_is_taken(string country, string state) =>
        Assert.True(new CalendarsOptionsValidator().Validate(null,
            Options("office", new() { Country = country, State = state, More = "02-29, 2026-12-24" })).Succeeded);

    private static CalendarsOptions Options(string name, CalendarOptions calendar) => new() { Calendars = { [name] = calendar } };

    private static WorkingTime Calendar(CalendarOptions options) => new Calendars(Options("tested", options)).Of("tested");

    // A time with an offset is meant as it stands; one that comes twice without is the first.
    private static DateTimeOffset At(string text, string zone)
    {
        if (text.Length > 16) return DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
        var local = DateTime.ParseExact(text, "yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture);
        return new DateTimeOffset(local, TimeZoneInfo.FindSystemTimeZoneById(zone).GetUtcOffset(local));
    }
}
