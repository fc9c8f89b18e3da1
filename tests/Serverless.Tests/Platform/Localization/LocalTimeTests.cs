using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Serverless.ActionLinks;
using Serverless.Cases.Rules;
using Serverless.Platform.Localization;
using Serverless.ServiceLevels;
using Xunit;

namespace Serverless.Tests.Platform.Localization;

/// <summary>
/// People read times in their own zone, with the zone. Pages once showed every reader the time of Berlin, without its zone.
/// </summary>
public sealed class LocalTimeTests
{
    [Theory]
    [InlineData("de", "Europe/Berlin", "2026-11-20T13:00:00Z", "20.11.2026, 14:00 Uhr MEZ")]
    [InlineData("en", "Europe/Berlin", "2026-07-01T12:00:00Z", "1 July 2026, 14:00 CEST")]
    [InlineData("en", "Europe/Lisbon", "2026-11-20T13:00:00Z", "20 November 2026, 13:00 UTC")]
    [InlineData("en", "Europe/Lisbon", "2026-07-01T12:00:00Z", "1 July 2026, 13:00 UTC+1")]
    [InlineData("en", "Europe/Dublin", "2026-07-01T12:00:00Z", "1 July 2026, 13:00 UTC+1")]
    [InlineData("de", "Asia/Kolkata", "2026-11-20T13:00:00Z", "20.11.2026, 18:30 Uhr UTC+5:30")]
    [InlineData("en", "America/St_Johns", "2026-11-20T13:00:00Z", "20 November 2026, 09:30 UTC-3:30")]
    [InlineData("de", "UTC", "2026-11-20T13:00:00Z", "20.11.2026, 13:00 Uhr UTC")]
    // Summer time ends on 25 October 2026 at 01:00 UTC: in Berlin 02:30 comes twice, in Lisbon 01:30 does.
    [InlineData("de", "Europe/Berlin", "2026-10-25T00:30:00Z", "25.10.2026, 02:30 Uhr MESZ")]
    [InlineData("de", "Europe/Berlin", "2026-10-25T01:30:00Z", "25.10.2026, 02:30 Uhr MEZ")]
    [InlineData("en", "Europe/Lisbon", "2026-10-25T00:30:00Z", "25 October 2026, 01:30 UTC+1")]
    [InlineData("en", "Europe/Lisbon", "2026-10-25T01:30:00Z", "25 October 2026, 01:30 UTC")]
    // It begins on 29 March 2026 at 01:00 UTC: in Berlin 02:00 to 03:00 is left out.
    [InlineData("en", "Europe/Berlin", "2026-03-29T00:59:00Z", "29 March 2026, 01:59 CET")]
    [InlineData("en", "Europe/Berlin", "2026-03-29T01:00:00Z", "29 March 2026, 03:00 CEST")]
    public void A_time_is_written_in_the_readers_zone(string language, string zone, string at, string expected) =>
        Assert.Equal(expected, Book().Time(
            language, DateTimeOffset.Parse(at, CultureInfo.InvariantCulture), TimeZoneInfo.FindSystemTimeZoneById(zone)));

    [Fact]
    public void A_colleague_in_Lisbon_and_one_in_Berlin_read_the_same_due_time_on_different_clocks()
    {
        var head = new Case
        {
            Id = new string('1', 32), Number = "7KMD4RT3", Owes = "answer", OwesRule = "written in private", Networks = ["email"],
            OpenedAt = DateTimeOffset.UnixEpoch, DueAt = new DateTimeOffset(2026, 11, 20, 13, 0, 0, TimeSpan.Zero),
        };
        string Page(string? zone) => Encoding.UTF8.GetString(new ActionPage(Book(), new Calendars(new CalendarsOptions())).Render(
            new LinkView(LinkState.Open, new ActionLink(head.Id, LinkAction.Accept, "anna", "event"), head)
            {
                Zone = zone is null ? null : TimeZoneInfo.FindSystemTimeZoneById(zone),
            },
            german: false, head.OpenedAt));
        Assert.Contains("<dd>20 November 2026, 13:00 UTC</dd>", Page("Europe/Lisbon"), StringComparison.Ordinal);
        Assert.Contains("<dd>20 November 2026, 14:00 CET</dd>", Page("Europe/Berlin"), StringComparison.Ordinal);
        Assert.Contains("<dd>20 November 2026, 14:00 CET</dd>", Page(null), StringComparison.Ordinal);
    }

    private static TextBook Book()
    {
        var services = new ServiceCollection();
        services.AddOptions<TextsOptions>();
        return new TextBook(services.BuildServiceProvider().GetRequiredService<IOptionsMonitor<TextsOptions>>());
    }
}
