using System.Text.Json;
using Serverless.Contacts;
using Serverless.Notifications;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>Alike are the same words, post, product or cause. The same network, owner, need or greeting is ordinary traffic.</summary>
public sealed class CaseSimilarityTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Die Heizung ist aus.", "die  heizung\nist AUS!!")]
    [InlineData("Das Internet ist seit 8 Uhr weg", "das internet, ist seit 8 uhr weg…")]
    [InlineData("Η σύνδεση δεν λειτουργεί", "η σύνδεση δεν λειτουργεί")]
    public void The_same_words_are_alike_however_they_are_set(string one, string other) =>
        Assert.Equal(Assert.Single(Of(Contact(one))), Assert.Single(Of(Contact(other))));

    [Theory]
    [InlineData("Die Heizung ist aus.", "Die Heizung ist an.")]
    [InlineData("Wann kommt der Techniker am Montag?", "Wann kommt der Techniker am Dienstag?")]
    [InlineData("Meine Bestellung 4711 fehlt", "Meine Bestellung 4712 fehlt")]
    public void Other_words_are_not(string one, string other) =>
        Assert.NotEqual(Assert.Single(Of(Contact(one))), Assert.Single(Of(Contact(other))));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Hallo zusammen")]
    [InlineData("Guten Tag")]
    [InlineData("ok")]
    [InlineData("👍👍👍")]
    [InlineData("a b c d")]
    public void A_greeting_or_a_word_says_nothing(string? text) => Assert.Empty(Of(Contact(text)));

    [Fact]
    public void Ordinary_traffic_has_nothing_in_common()
    {
        // Messages and missed calls of one network, one owner and one need.
        string[] texts = ["Wann kommt der Techniker?", "Ich möchte einen Termin am Freitag", "Bitte rufen Sie mich zurück",
            "Die Rechnung 12 ist falsch"];
        var keys = texts.Select(Contact).Append(Contact(null) with { Kind = ContactKind.MissedCall }).SelectMany(Of).ToList();
        Assert.Equal(texts.Length, keys.Distinct().Count());
    }

    [Fact]
    public void Comments_under_one_post_are_alike_and_messages_to_one_page_are_not()
    {
        var comment = Contact("Frechheit") with { Kind = ContactKind.Comment, Place = Place.Public, Entry = "page_post1" };
        Assert.Equal(Of(comment), Of(comment with { Text = "Nie wieder" }));
        Assert.Equal("post", Assert.Single(Of(comment)).Kind);
        Assert.NotEqual(Of(comment), Of(comment with { Entry = "page_post2" }));
        Assert.Empty(Of(comment with { Entry = comment.Account }));
        Assert.Empty(Of(comment with { Kind = ContactKind.Message, Place = Place.Private }));
        // The category of a forum is no post.
        Assert.Empty(Of(comment with { Channel = "discourse" }));
    }

    [Fact]
    public void A_product_and_a_cause_count_where_the_sender_names_them()
    {
        Assert.Equal("product", Assert.Single(Of(Contact(null, ("product", "WM-7")))).Kind);
        Assert.NotEqual(Of(Contact(null, ("product", "WM-7"))), Of(Contact(null, ("product", "WM-8"))));
        Assert.Equal(Of(Contact(null, ("device.fault", "E17"), ("device.model", "W1"), ("device.serial", "1"))),
            Of(Contact(null, ("device.fault", "E17"), ("device.model", "W1"))));
        Assert.NotEqual(Of(Contact(null, ("device.fault", "E17"), ("device.model", "W1"))),
            Of(Contact(null, ("device.fault", "E17"), ("device.model", "W2"))));
        // Of a call, it is a code of the telephone network: "busy" is no incident.
        var call = Contact(null, ("cause", "busy")) with { Kind = ContactKind.MissedCall,
            Call = new CallJourney { Outcome = CallOutcome.Missed } };
        Assert.Empty(Of(call));
    }

    [Fact]
    public void What_cannot_be_read_for_one_reason_is_one_cause()
    {
        var unread = Contact(null, ("type", "new.kind")) with { Kind = ContactKind.Placeholder };
        Assert.Equal("cause", Assert.Single(Of(unread)).Kind);
        Assert.NotEqual(Of(unread), Of(Contact(null, ("type", "other.kind")) with { Kind = ContactKind.Placeholder }));
    }

    [Fact]
    public void Replies_that_fail_for_one_reason_are_alike_and_what_we_wrote_is_not()
    {
        Assert.Equal("cause", Assert.Single(CaseSimilarity.Of(Failed("not-permitted"), null)).Kind);
        Assert.NotEqual(CaseSimilarity.Of(Failed("not-permitted"), null), CaseSimilarity.Of(Failed("too-long"), null));
        Assert.Empty(Of(Contact("Die Heizung ist wieder an.") with { Direction = Direction.Outbound }));
        Assert.Empty(CaseSimilarity.Of(Opened, null));
    }

    [Fact]
    public void A_text_of_a_megabyte_is_looked_at_in_part() =>
        Assert.InRange(Assert.Single(Of(Contact(string.Concat(Enumerable.Repeat("wort ", 200_000))))).Key.Length, 1, 4_000);

    private static Notification Opened => Notification.Parse(Event("serverless.case.opened.v1", new { caseId = "c", channel = "meta" }));

    private static Notification Failed(string reason) =>
        Notification.Parse(Event("serverless.reply.failed.v1",
            new { caseId = "c", channel = "meta", reply = new { id = "r", state = "failed", reason } }));

    private static string Event(string type, object data) => JsonSerializer.Serialize(new { id = "e", type, time = At, data });

    private static IReadOnlyList<CaseSimilarity> Of(Contact contact) => CaseSimilarity.Of(Opened, contact);

    private static Contact Contact(string? text) => Contact(text, []);

    private static Contact Contact(string? text, params (string Name, string Value)[] extras) => new()
    {
        Channel = "meta",
        Network = "whatsapp",
        Account = "page",
        ExternalId = "1",
        Kind = ContactKind.Message,
        OccurredAt = At,
        ReceivedAt = At,
        Text = text,
        Extras = extras.ToDictionary(e => e.Name, e => e.Value),
    };
}
