using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Serverless.Platform.Localization;
using Xunit;

namespace Serverless.Tests.Platform.Localization;

/// <summary>The texts for people are complete in both languages, safe, and replaced by those of the settings.</summary>
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

    /// <summary>A digest of one once said "1 Meldungen".</summary>
    [Theory]
    [InlineData("de", 0, "0 Meldungen")]
    [InlineData("de", 1, "1 Meldung")]
    [InlineData("de", 2, "2 Meldungen")]
    [InlineData("en", 0, "0 notifications")]
    [InlineData("en", 1, "1 notification")]
    [InlineData("en", 21, "21 notifications")]
    public void A_count_has_its_singular_and_plural(string language, int count, string expected) =>
        Assert.Equal(expected, Book(new TextsOptions()).Count(language, "card_digest", count));

    [Fact]
    public void Every_text_with_a_count_has_both_forms_and_settings_replace_each_alone()
    {
        var book = Book(new TextsOptions());
        foreach (var key in TextBook.Keys)
        {
            var isForm = key.EndsWith("_one", StringComparison.Ordinal) || key.EndsWith("_other", StringComparison.Ordinal);
            if (key != "card_other" && key != "check_other" && isForm)
                Assert.True(TextBook.Has(Stem(key) + "_one") && TextBook.Has(Stem(key) + "_other"), key);
            if (book.Say("de", key, All).Contains("<count>", StringComparison.Ordinal)) Assert.True(isForm, key);
        }

        var own = new TextsOptions();
        own.De["card_digest_one"] = "Eine Meldung";
        Assert.Empty(Book(own).Problems());
        Assert.Equal(["Eine Meldung", "3 Meldungen"], new[] { 1, 3 }.Select(n => Book(own).Count("de", "card_digest", n)));
    }

    [Theory]
    [InlineData("de", "de")]
    [InlineData("de-AT", "de")]
    [InlineData("EN-gb", "en")]
    [InlineData("fr", "en")]
    [InlineData("den", "en")]
    [InlineData("", "de")]
    [InlineData(null, "de")]
    public void Every_language_has_one_of_the_two(string? tag, string expected)
    {
        Assert.Equal(expected, TextBook.LanguageOf(tag));
        Assert.Equal(expected == "de" ? "Kanal" : "Channel", Book(new TextsOptions()).Say(tag, "page_channel"));
    }

    private static readonly Dictionary<string, string> All = new[]
    {
        "number", "owner", "by", "to", "due", "type", "count", "minutes", "title", "recipient", "contact", "promise", "received", "content",
        "limit", "channel", "source", "at",
    }.ToDictionary(n => n, n => $"<{n}>");

    private static string Stem(string key) => key[..key.LastIndexOf('_')];

    private static List<string> Marked(string text) =>
        [.. text.Split('<').Skip(1).Select(p => p.Split('>')[0]).Order(StringComparer.Ordinal)];

    private static Dictionary<string, string> Values(string name, string value) => new(StringComparer.Ordinal) { [name] = value };

    private static TextBook Book(TextsOptions options)
    {
        var services = new ServiceCollection();
        services.AddOptions<TextsOptions>().Configure(o => (o.De, o.En) = (options.De, options.En));
        return new TextBook(services.BuildServiceProvider().GetRequiredService<IOptionsMonitor<TextsOptions>>());
    }
}
