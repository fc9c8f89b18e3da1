using Serverless.Needs;
using Xunit;

namespace Serverless.Tests.Needs;

/// <summary>What strangers send: any characters, any length. Reading never throws and its work grows with the text, not faster.</summary>
public sealed class ReadingBoundsTests
{
    [Fact]
    public void Any_characters_are_read()
    {
        var random = new Random(20261201);
        string[] pieces = ["ä", "a\u0308", "\ud800", "\udc00", "👍🏽", "?", "...", "\u0000", "DE89", "4111 1111 1111 1111", "03.02.2026",
            "Bestellung", "'", "’s", "\n\n", "nicht", "brennt", "İ", "ẞ", "ﬁ", "\u200b", "kündig", "-", "/"];
        for (var i = 0; i < 2_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(0, 30)).Select(_ => random.Next(2) == 0
                ? pieces[random.Next(pieces.Length)] : ((char)random.Next(0, 0xFFFF)).ToString()));
            var reading = NeedReader.Read(ReadingTests.Contact(text), RuleSet.BuiltIn);
            Assert.Contains(reading.Need, NeedKinds.All);
            Assert.InRange(reading.Facts.Count, 0, TextReading.MostFacts);
            Assert.InRange(reading.Matches.Count, 0, TextReading.MostMatches);
        }
    }

    [Fact]
    public void A_very_long_text_is_read_at_both_ends()
    {
        var middle = string.Concat(Enumerable.Repeat("Lorem ipsum dolor. ", 30_000));
        Assert.Equal("safety", NeedReader.Read(ReadingTests.Contact("Es brennt! " + middle), RuleSet.BuiltIn).Need);
        Assert.Equal("safety", NeedReader.Read(ReadingTests.Contact(middle + " Es brennt!"), RuleSet.BuiltIn).Need);
        Assert.NotEqual("safety", NeedReader.Read(ReadingTests.Contact(middle + " Es brennt! " + middle), RuleSet.BuiltIn).Need);
    }

    [Theory]
    [InlineData("nicht ")]
    [InlineData("? ")]
    [InlineData("Bestellung ")]
    [InlineData("DE89 ")]
    [InlineData("4")]
    [InlineData("Passwort ")]
    [InlineData("geboren ")]
    [InlineData("\n\n")]
    [InlineData("1.1.")]
    public void Hostile_repetition_costs_no_more_than_its_length(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, 30_000 / piece.Length));
        var before = GC.GetAllocatedBytesForCurrentThread();
        NeedReader.Read(ReadingTests.Contact(text), RuleSet.BuiltIn);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
    }
}
