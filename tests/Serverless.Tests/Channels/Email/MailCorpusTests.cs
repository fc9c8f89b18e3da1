using System.Text.Json;
using Serverless.Channels.Email;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Email;

/// <summary>184 mails of many programs in nine languages: no word of the customer is hidden, and what is quoted is set apart.</summary>
public sealed class MailCorpusTests
{
    public static TheoryData<string> Ids => [.. Corpus().Select(m => m.GetProperty("id").GetString()!)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void The_customers_words_are_the_text(string id)
    {
        var mail = Corpus().Single(m => m.GetProperty("id").GetString() == id);
        var text = mail.TryGetProperty("html", out var html)
            ? MailText.OfHtml(html.GetString()!) : MailText.OfPlain(mail.GetProperty("plain").GetString()!);
        foreach (var own in mail.GetProperty("own").EnumerateArray()) Assert.Contains(own.GetString()!, text.Own, StringComparison.Ordinal);
        foreach (var quoted in mail.GetProperty("quoted").EnumerateArray())
            Assert.DoesNotContain(quoted.GetString()!, text.Own, StringComparison.Ordinal);
        if (mail.TryGetProperty("text", out var exact)) Assert.Equal(exact.GetString(), text.Own);
    }

    [Fact]
    public void The_corpus_is_large() => Assert.True(Corpus().Count >= 150);

    private static List<JsonElement> Corpus()
    {
        using var json =
            JsonDocument.Parse(
                File.ReadAllBytes(Path.Combine(Seed.RepositoryRoot, "tests", "Serverless.Tests", "Channels", "Mail", "corpus.json")));
        return [.. json.RootElement.EnumerateArray().Select(m => m.Clone())];
    }
}
