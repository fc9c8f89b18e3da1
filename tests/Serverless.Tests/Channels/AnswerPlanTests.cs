using System.Globalization;
using Serverless.Channels.CallFlows;
using Serverless.ServiceLevels;
using Xunit;

namespace Serverless.Tests.Channels;

/// <summary>Who is rung when, and what a caller hears.</summary>
public sealed class AnswerPlanTests
{
    private const string Office = "Mon-Fri 08:00-12:00 13:00-17:00; Sat 09:00-12:00";

    /// <summary>Friday is 20 November 2026; Berlin is one hour ahead of UTC in winter, two in summer.</summary>
    [Theory]
    [InlineData("2026-11-20T06:59:59Z", false)]
    [InlineData("2026-11-20T07:00:00Z", true)]
    [InlineData("2026-11-20T10:59:59Z", true)]
    [InlineData("2026-11-20T11:00:00Z", false)]
    [InlineData("2026-11-20T12:00:00Z", true)]
    [InlineData("2026-11-20T16:00:00Z", false)]
    [InlineData("2026-11-21T08:00:00Z", true)]
    [InlineData("2026-11-21T12:30:00Z", false)]
    [InlineData("2026-11-22T09:00:00Z", false)]
    [InlineData("2026-07-17T06:00:00Z", true)]
    [InlineData("2026-07-17T05:59:59Z", false)]
    public void People_are_rung_in_the_hours_of_their_own_zone(string at, bool open) =>
    Assert.Equal(open, Plan(new() { Hours = Office }).IsOpen(Utc(at)));

    /// <summary>Clocks go forward on 29 March 2026 at 01:00 UTC (02:00 becomes 03:00) and back on 25 October at 01:00 UTC (03:00 becomes
    /// 02:00).</summary>
    [Theory]
    [InlineData("2026-03-29T00:59:59Z", true)]
    [InlineData("2026-03-29T01:00:00Z", false)]
    [InlineData("2026-10-25T00:00:00Z", true)]
    [InlineData("2026-10-25T00:59:59Z", true)]
    [InlineData("2026-10-25T01:00:00Z", true)]
    [InlineData("2026-10-25T02:00:00Z", false)]
    public void The_skipped_hour_rings_nobody_and_the_repeated_one_rings_twice(string at, bool open) =>
    Assert.Equal(open, Plan(new() { Hours = "Sun 01:30-03:00" }).IsOpen(Utc(at)));

    [Theory]
    [InlineData("2026-12-24T22:59:59Z", true)]
    [InlineData("2026-12-24T23:00:00Z", false)]
    [InlineData("2026-12-25T22:59:59Z", false)]
    [InlineData("2027-12-25T10:00:00Z", false)]
    [InlineData("2026-10-02T10:00:00Z", false)]
    [InlineData("2027-10-02T10:00:00Z", true)]
    public void A_holiday_begins_and_ends_at_local_midnight(string at, bool open) =>
    Assert.Equal(open, Plan(new() { Holidays = "12-25, 2026-10-02" }).IsOpen(Utc(at)));

    [Theory]
    [InlineData("always", true)]
    [InlineData("never", false)]
    [InlineData("Fri-Mon 00:00-24:00", true)]
    [InlineData("mon,fri 09:00-11:00", true)]
    [InlineData("Mon-Thu 00:00-24:00; Sat 00:00-24:00", false)]
    [InlineData("Tue-Tue 00:00-24:00", false)]
    public void Hours_are_read_in_all_their_forms(string hours, bool openOnFridayAtTen) =>
    Assert.Equal(openOnFridayAtTen, Plan(new() { Hours = hours }).IsOpen(Utc("2026-11-20T09:00:00Z")));

    [Theory]
    [InlineData("")]
    [InlineData("Mon")]
    [InlineData("08:00-12:00")]
    [InlineData("Mo 08:00-12:00")]
    [InlineData("Mon 8-12")]
    [InlineData("Mon 12:00-08:00")]
    [InlineData("Mon 08:00-08:00")]
    [InlineData("Mon 08:00-25:00")]
    [InlineData("Mon-Wed-Fri 08:00-12:00")]
    public void Hours_that_cannot_be_read_are_told_and_nobody_is_locked_out(string hours)
    {
        Assert.False(OpeningHours.TryParse(hours, out _));
        Assert.Contains(CallFlow.Problems(new() { Hours = hours }, "X__Default"), p =>
            p.StartsWith("X__Default__Hours ", StringComparison.Ordinal));
        Assert.True(Plan(new() { Hours = hours }).IsOpen(Utc("2026-11-22T03:00:00Z")));
    }

    [Fact]
    public void Every_slip_is_told_by_the_name_of_its_setting()
    {
        var plan = new CallFlowOptions
        {
            TimeZone = "Europe/Nowhere",
            Holidays = "12-25, 25.12., 2026-02-30, 02-29",
            MessageSeconds = 5,
            Rings = [new() { Numbers = "" }, new() { Numbers = "030 23125111" }, new() { Numbers = "+493023125111", Seconds = 1 },
                new() { Numbers = "+493023125111, sip:desk@pbx.example.com" }],
        };
        Assert.Equal(
            ["P__TimeZone", "P__Holidays", "P__Holidays", "P__MessageSeconds", "P__Rings__0__Numbers", "P__Rings__1__Numbers",
                "P__Rings__2__Seconds"],
            CallFlow.Problems(plan, "P").Select(p => p.Split(' ')[0]),
            StringComparer.Ordinal);
        Assert.Empty(CallFlow.Problems(new() { Holidays = "none", Hours = Office, TimeZone = "Europe/London" }, "P"));
    }

    [Fact]
    public void Groups_are_rung_in_order_then_a_message_is_taken()
    {
        var plan = Plan(new()
        {
            Greeting = "Guten Tag.",
            RecordingNotice = "Nach dem Ton wird aufgezeichnet.",
            MessageSeconds = 60,
            Rings = [new() { Numbers = "+491, +492", Seconds = 10 }, new() { Numbers = " " }, new() { Numbers = "+493" }],
        });

        var first = Assert.IsType<CallFlowStep.Ring>(plan.Begin(Utc("2026-11-20T09:00:00Z")));
        Assert.Equal(["Guten Tag."], first.Sentences);
        Assert.Equal(["+491", "+492"], first.Numbers);
        Assert.Equal((10, 1), (first.Seconds, first.NextIndex));

        var second = Assert.IsType<CallFlowStep.Ring>(plan.Next(1));
        Assert.Empty(second.Sentences);
        Assert.Equal((20, null), (second.Seconds, second.NextIndex));

        foreach (var index in new[] { 3, int.MaxValue, -1 })
        {
            var message = Assert.IsType<CallFlowStep.TakeMessage>(plan.Next(index));
            Assert.Equal(["Nach dem Ton wird aufgezeichnet."], message.Sentences);
            Assert.Equal((60, false), (message.MaxSeconds, message.Transcribe));
        }
    }

    [Fact]
    public void Nothing_is_recorded_without_the_sentence_that_says_so()
    {
        var plan = Plan(new() { Hours = "never", Closed = "Zu.", Rings = [new() { Numbers = "+491" }] });
        foreach (var step in new[] { plan.Begin(Utc("2026-11-20T09:00:00Z")), plan.Next(1), plan.WithoutRinging() })
            Assert.Equal(["Zu."], Assert.IsType<CallFlowStep.Farewell>(step).Sentences);
    }

    [Fact]
    public void Outside_the_hours_nobody_is_rung_and_a_message_may_be_left()
    {
        var plan = Plan(new() { Hours = "never", Closed = "Zu.", RecordingNotice = "Ton.", Rings = [new() { Numbers = "+491" }] });
        Assert.Equal(["Zu.", "Ton."], Assert.IsType<CallFlowStep.TakeMessage>(plan.Begin(Utc("2026-11-20T09:00:00Z"))).Sentences);
    }

    [Fact]
    public void A_caller_who_is_not_proven_genuine_learns_no_number()
    {
        var plan = Plan(new() { RecordingNotice = "Ton.", Rings = [new() { Numbers = "+491" }] });
        Assert.IsType<CallFlowStep.TakeMessage>(plan.WithoutRinging());
    }

    [Theory]
    [InlineData("de-AT", "Wir sind im Augenblick nicht zu erreichen. Ihr Anruf ist notiert.")]
    [InlineData("en-GB", "We cannot take your call right now. We have noted that you called.")]
    [InlineData(null, "Wir sind im Augenblick nicht zu erreichen. Ihr Anruf ist notiert.")]
    public void What_is_not_set_is_said_in_the_language_of_the_number(string? language, string closed) =>
        Assert.Equal([closed], Plan(new() { Language = language }).Begin(Utc("2026-11-20T09:00:00Z")).Sentences);

    [Fact]
    public void A_number_takes_from_the_default_plan_what_its_own_leaves_open()
    {
        var numbers =
            new Dictionary<string, CallFlowOptions>(StringComparer.Ordinal) { ["442079460100"] = new() { Language = "en-GB",
                Hours = "never" } };
        var fallback = new CallFlowOptions { Voice = "Polly.Vicki", Closed = "Zu.", Rings = [new() { Numbers = "+491" }] };

        var own = CallFlow.Of("+442079460100", numbers, fallback);
        Assert.Equal(("en-GB", "Polly.Vicki"), (own.Language, own.Voice));
        Assert.Equal(["Zu."], own.Begin(Utc("2026-11-20T09:00:00Z")).Sentences);

        foreach (var other in new[] { "+493023125100", "anonymous", "", null })
            Assert.IsType<CallFlowStep.Ring>(CallFlow.Of(other, numbers, fallback).Begin(Utc("2026-11-20T09:00:00Z")));
    }

    private static CallFlow Plan(CallFlowOptions options) =>
        CallFlow.Of(null, new Dictionary<string, CallFlowOptions>(StringComparer.Ordinal), options);

    private static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
