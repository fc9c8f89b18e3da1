using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Serverless.Platform.Localization;
using Xunit;

namespace Serverless.Tests.Platform.Localization;

/// <summary>What we say to people is complete in both languages, safe, and an admin's own words come first.</summary>
public sealed class TextBookTests
{
    [Fact]
    public void Both_languages_have_the_same_texts_with_the_same_placeholders()
    {
        var book = Book(new TextsOptions());
        Assert.NotEmpty(TextBook.Keys);
        foreach (var key in TextBook.Keys)
        {
            var filled = TextBook.Placeholders(book.Say("de", key, All)).Concat(TextBook.Placeholders(book.Say("en", key, All)));
            Assert.Empty(filled);
            Assert.Equal(Marked(book.Say("de", key, All)), Marked(book.Say("en", key, All)));
        }
    }

    [Fact]
    public void A_value_is_escaped_and_never_taken_for_a_placeholder()
    {
        var book = Book(new TextsOptions());
        Assert.Equal("Neuer Vorgang <{owner}>", book.Say("de", "card_case_opened", Values("number", "{owner}"), v => $"<{v}>"));
        Assert.Equal("New case ", book.Say("en-GB", "card_case_opened"));
    }

    [Fact]
    public void An_admins_words_come_first_and_their_slips_are_named()
    {
        var own = new TextsOptions();
        own.De["card_case_opened"] = "Hallo {number}";
        own.De["card_case_closed"] = "{nummer} zu";
        own.En["no_such"] = "x";
        var book = Book(own);
        Assert.Equal("Hallo K7", book.Say("de", "card_case_opened", Values("number", "K7")));
        Assert.Equal(["Texts__De__card_case_closed", "Texts__En__no_such"], book.Problems().Select(p => p.Split(' ')[0]));
    }

    private static readonly Dictionary<string, string> All = new[] { "number", "owner", "by", "to", "due", "type", "count", "minutes", "title", "recipient", "contact", "promise", "received", "content" }.ToDictionary(n => n, n => $"<{n}>");

    private static List<string> Marked(string text) => [.. text.Split('<').Skip(1).Select(p => p.Split('>')[0]).Order(StringComparer.Ordinal)];

    private static Dictionary<string, string> Values(string name, string value) => new(StringComparer.Ordinal) { [name] = value };

    private static TextBook Book(TextsOptions options)
    {
        var services = new ServiceCollection();
        services.AddOptions<TextsOptions>().Configure(o => (o.De, o.En) = (options.De, options.En));
        return new TextBook(services.BuildServiceProvider().GetRequiredService<IOptionsMonitor<TextsOptions>>());
    }
}
