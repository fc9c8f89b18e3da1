using Serverless.Contacts;
using Serverless.ServiceLevels;
using Xunit;

namespace Serverless.Tests.ServiceLevels;

/// <summary>Which level holds for a contact, and by when it is due.</summary>
public sealed class LevelsTests
{
    // Friday 20 November 2026, 16:30 in Berlin.
    private static readonly DateTimeOffset Friday = new(2026, 11, 20, 15, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, "whatsapp", Place.Private, 480, "default")]
    [InlineData(null, "voice", Place.Private, 120, "network voice")]
    [InlineData(null, "facebook", Place.Public, 240, "network facebook")]
    [InlineData("callback", "whatsapp", Place.Private, 120, "need callback")]
    [InlineData("complaint", "x", Place.Public, 240, "need complaint")]
    [InlineData("complaint", "x", Place.Private, 480, "need complaint")]
    [InlineData("praise", "x", Place.Private, 0, "need praise")]
    [InlineData("misdirected", "x", Place.Private, 480, "default")]
    [InlineData("can-wait", "facebook", Place.Public, 240, "network facebook")]
    public void The_levels_that_come_with_the_app(string? need, string network, Place place, int minutes, string rule)
    {
        var level = Levels().Of(Contact(network, place), need);
        Assert.Equal((minutes, rule), (level.Minutes, level.Rule));
    }

    [Fact]
    public void A_setting_of_the_need_comes_before_one_of_the_network_and_both_before_what_comes_with_the_app()
    {
        var options = new ServiceLevelsOptions
        {
            Networks = { ["x"] = 60 },
            Needs = { ["complaint"] = new() { Places = { ["public"] = 30 } }, ["fault"] = new() { First = 90, Calendar = "always" } },
        };
        Assert.Equal(30, Levels(options).Of(Contact("x", Place.Public), "complaint").Minutes);
        Assert.Equal(60, Levels(options).Of(Contact("x", Place.Private), "complaint").Minutes);
        Assert.Equal(60, Levels(options).Of(Contact("x", Place.Private), "callback").Minutes);
        // A network's own level neither delays a danger nor promises an answer to praise.
        Assert.Equal(30, Levels(options).Of(Contact("x", Place.Private), "safety").Minutes);
        Assert.Equal(0, Levels(options).Of(Contact("x", Place.Private), "praise").Minutes);
        Assert.Equal((90, "always"), Levels(options).Of(Contact("x", Place.Private), "fault") is var fault
            ? (fault.Minutes, fault.Calendar.Name) : default);
    }

    /// <summary>Every contact has a need: a level of its own for each would leave the setting without effect.</summary>
    [Theory]
    [InlineData("known-question")]
    [InlineData("fault")]
    [InlineData("can-wait")]
    public void The_setting_for_everything_holds_for_what_is_ordinary(string need) =>
        Assert.Equal(90, Levels(new ServiceLevelsOptions { DefaultMinutes = 90 }).Of(Contact("x", Place.Private), need).Minutes);

    [Fact]
    public void A_promise_of_a_Friday_evening_is_of_Monday_and_what_is_dangerous_does_not_wait()
    {
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 15, 30, 0, TimeSpan.Zero), Levels().DueAt(Contact("whatsapp", Place.Private)));
        Assert.Equal(Friday.AddMinutes(30), Levels().DueAt(Contact("whatsapp", Place.Private), "safety"));
        Assert.Null(Levels().DueAt(Contact("whatsapp", Place.Private), "praise"));
    }

    [Fact]
    public void What_comes_late_counts_from_its_arrival_unless_we_recovered_it()
    {
        var late = Contact("whatsapp", Place.Private) with { OccurredAt = Friday.AddDays(-5) };
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 15, 30, 0, TimeSpan.Zero), Levels().DueAt(late));
        Assert.Equal(new DateTimeOffset(2026, 11, 16, 15, 30, 0, TimeSpan.Zero), Levels()
            .DueAt(late with { OccurredAt = Friday.AddDays(-7), Recovery = new Recovery(604_800) }));
    }

    [Theory]
    [InlineData("ServiceLevels__DefaultMinutes", 0, 60, "default", null, 60)]
    [InlineData("ServiceLevels__Networks__x", 480, -1, "default", null, 60)]
    [InlineData("ServiceLevels__Calendar", 480, 60, "gone", null, 60)]
    [InlineData("ServiceLevels__Needs__fault__Calendar", 480, 60, "default", "gone", 60)]
    [InlineData("ServiceLevels__Needs__fault__First", 480, 60, "default", "always", 50_000)]
    public void A_mistake_is_refused_by_the_name_of_its_setting(string setting, int standing, int network, string calendar, string? ofNeed,
        int first)
    {
        var options = new ServiceLevelsOptions { DefaultMinutes = standing, Calendar = calendar, Networks = { ["x"] = network },
            Needs = { ["fault"] = new() { First = first, Calendar = ofNeed } } };
        var refused = new ServiceLevelsOptionsValidator(new Calendars(new CalendarsOptions())).Validate(null, options);
        Assert.StartsWith(setting, Assert.Single(refused.Failures!), StringComparison.Ordinal);
    }

    private static Levels Levels(ServiceLevelsOptions? options = null) =>
        new(options ?? new ServiceLevelsOptions(), new Calendars(new CalendarsOptions()));

    private static Contact Contact(string network, Place place) => new()
    {
        Channel = "meta",
        Network = network,
        Account = "1",
        ExternalId = "1",
        Kind = ContactKind.Message,
        Place = place,
        OccurredAt = Friday,
        ReceivedAt = Friday,
    };
}
