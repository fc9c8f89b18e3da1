using System.Globalization;
using Serverless.Local.Hosting;
using Xunit;

namespace Serverless.Tests.Hosting;

/// <summary>Schedules of six and five fields.</summary>
public sealed class NcrontabTests
{
    [Theory]
    [InlineData("0 */5 * * * *", "2026-11-20T09:15:00Z", "2026-11-20T09:20:00Z")]
    [InlineData("0 */5 * * * *", "2026-11-20T09:14:59.9Z", "2026-11-20T09:15:00Z")]
    [InlineData("0 */5 * * * *", "2026-12-31T23:57:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("*/15 * * * * *", "2026-11-20T09:15:16Z", "2026-11-20T09:15:30Z")]
    [InlineData("30 4 * * *", "2026-11-20T04:30:00Z", "2026-11-21T04:30:00Z")]
    [InlineData("0 0 9-17 * * *", "2026-11-20T17:00:00Z", "2026-11-21T09:00:00Z")]
    [InlineData("0 0 8-18/4 * * *", "2026-11-20T12:30:00Z", "2026-11-20T16:00:00Z")]
    [InlineData("0 30 9 * Jan-Mar Mon", "2026-11-20T00:00:00Z", "2027-01-04T09:30:00Z")]
    [InlineData("0 0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z")]
    [InlineData("0 0 0 * * 1,3,5", "2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z")]
    [InlineData("59 59 23 31 12 *", "2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z")]
    [InlineData("0 10/20 * * * *", "2026-11-20T09:31:00Z", "2026-11-20T09:50:00Z")]
    public void The_next_run_is_the_first_moment_after(string text, string after, string next)
    {
        Assert.True(Ncrontab.TryParse(text, out var schedule));
        Assert.Equal(Time(next), schedule.Next(Time(after)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("* * * *")]
    [InlineData("* * * * * * *")]
    [InlineData("60 * * * * *")]
    [InlineData("0 0 24 * * *")]
    [InlineData("0 0 0 0 * *")]
    [InlineData("0 0 0 * 13 *")]
    [InlineData("0 0 0 * * 7")]
    [InlineData("0 0 0 30 2 *")]
    [InlineData("0 */0 * * * *")]
    [InlineData("0 5-1 * * * *")]
    [InlineData("0 -1 * * * *")]
    [InlineData("0 x * * * *")]
    [InlineData("0 1,,2 * * * *")]
    public void What_is_no_schedule_is_refused(string text) => Assert.False(Ncrontab.TryParse(text, out _));

    [Fact]
    public void Every_second_of_a_week_agrees_with_a_plain_walk()
    {
        Assert.True(Ncrontab.TryParse("5,35 2-58/7 */3 * * MON-FRI", out var schedule));
        var time = Time("2026-11-16T00:00:00Z");
        var end = time.AddDays(7);
        for (var found = schedule.Next(time); found < end; found = schedule.Next(time))
        {
            for (time = time.AddSeconds(1); time < found; time = time.AddSeconds(1)) Assert.False(IsDue(time), time.ToString("O"));
            Assert.True(IsDue(time), time.ToString("O"));
        }
    }

    private static bool IsDue(DateTimeOffset time) =>
        time.Second is 5 or 35 && time.Minute is >= 2 and <= 58 && (time.Minute - 2) % 7 == 0 && time.Hour % 3 == 0 && time.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
