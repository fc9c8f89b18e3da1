using System.Text;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Privacy;
using Xunit;

namespace Serverless.Tests.Privacy;

/// <summary>One person, however people and providers write the address; and nobody else.</summary>
public sealed class PersonAddressTests
{
    private static PersonAddress Of(string text) => PersonAddress.Parse(text, out _) ?? throw new ArgumentException(text, nameof(text));

    private static Contact Said(string? text, params Identity[] parties) => new()
    {
        Channel = "email", Network = "email", Account = "desk", ExternalId = "1", Kind = ContactKind.Message, OccurredAt = default,
        ReceivedAt = default, Text = text, Parties = parties,
        ThreadKey = "bert@example.com anna@example.com", Reply = new ReplyPath("bert@example.com"),
        Extras = new Dictionary<string, string>(StringComparer.Ordinal) { ["cc"] = "Bert <bert@example.com>, anna@example.com" },
    };

    [Theory]
    [InlineData("+49 30 23125-017", "+493023125017", true)]
    [InlineData("0049 (30) 23125017", "493023125017", true)]
    [InlineData("+493023125017", "+493023125018", false)]
    [InlineData("+493023125017", "+4930231250170", false)]
    [InlineData("+493023125017", "03023125017", false)]
    [InlineData("Anna@Example.com", "anna@example.COM", true)]
    [InlineData("anna@example.com", "joanna@example.com", false)]
    [InlineData("@anna_b", "Anna_B", true)]
    [InlineData("anna_b", null, false)]
    [InlineData("DE.1491801100", "DE.1491801100", true)]
    public void Two_are_the_same_or_not(string asked, string? stored, bool same) => Assert.Equal(same, Of(asked).Is(stored));

    [Theory]
    [InlineData("+493023125017", "from=%2B493023125017&x", true)]
    [InlineData("anna@example.com", "{\"from\":\"anna\\u0040example.com\"}", true)]
    [InlineData("anna@example.com", "From=Anna%40example.com", true)]
    [InlineData("anna@example.com", "bert@example.com", false)]
    public void A_raw_call_names_it_in_any_spelling(string asked, string body, bool named) =>
    Assert.Equal(named, Of(asked).IsNamedIn("/api/hooks/x", Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void Its_name_in_the_trail_needs_the_key()
    {
        Assert.Null(Of("anna@example.com").NameUnder(null));
        Assert.Equal(Of("+49 30 23125017").NameUnder("key"), Of("004930 23125017").NameUnder("key"));
        Assert.NotEqual(Of("+49 30 23125017").NameUnder("key"), Of("+49 30 23125017").NameUnder("other"));
    }

    [Fact]
    public void What_is_somebody_elses_is_left_out_or_masked()
    {
        var (anna, bert) = (new Identity("email", "anna@example.com", Evidence.Claimed, Name: "Anna"),
            new Identity("email", "bert@example.com", Evidence.Claimed, Name: "Bert"));
        var head = new Case { Id = "c", Number = "n", Owes = "answer", OwesRule = "r", Networks = ["email"], OpenedAt = default };
        var file = new CaseFile(head,
            [new FiledContact("1", 1, [], Said("Anna's words", anna, bert), []),
                new FiledContact("2", 1, [], Said("Bert's words", bert), [])], [], []);
        var theirs = Assert.Single(PersonExport.Theirs(file, Of("anna@example.com")).Contacts).Contact;
        Assert.Equal("Anna's words", theirs.Text);
        Assert.Equal([("anna@example.com", "Anna"), (PersonExport.Masked, null)], theirs.Parties.Select(p => (p.Value, p.Name)));
        Assert.Equal((PersonExport.Masked, (string?)null), (theirs.Reply!.Address, theirs.ThreadKey));
        Assert.Equal($"Bert <{PersonExport.Masked}>, anna@example.com", theirs.Extras!["cc"]);
    }
}
