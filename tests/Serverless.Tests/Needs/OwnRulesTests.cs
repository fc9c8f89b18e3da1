using System.Text;
using Serverless.Needs;
using Xunit;

namespace Serverless.Tests.Needs;

/// <summary>Rules of an admin: they come before ours, may not lower danger, and what does not fit is said with its path.</summary>
public sealed class OwnRulesTests
{
    private const string Warranty =
        """{"id":"own-1","when":{"all":[{"words":["garantie"]}],"none":[{"words":["nicht"]}]},"then":{"need":"complex","team":"technik","topic":"warranty","way":"Mehr unter https://example.com/garantie"}}""";

    [Fact]
    public void An_own_rule_comes_before_ours_and_may_raise_urgency()
    {
        var rules = Rules(Warranty, """{"id":"own-2","when":{"all":[{"inside":["staudamm"]}]},"then":{"urgency":"high"}}""");
        Assert.Equal(2, rules.OwnCount);
        var reading =
            NeedReader.Read(ReadingTests.Contact("Der Kühlschrank ist kaputt, die Garantie läuft noch, ist das vom Weststaudammprojekt?"),
                rules);
        Assert.Equal(("complex", "own-1", "high", "own-2", "technik", "warranty"),
            (reading.Need, reading.NeedRule, reading.Urgency, reading.UrgencyRule, reading.Team, reading.Topic));
        Assert.Equal("Mehr unter https://example.com/garantie", reading.Way);
        Assert.Equal("fault", NeedReader.Read(ReadingTests.Contact("kaputt, Garantie nicht"), rules).Need);
    }

    [Fact]
    public void An_own_rule_never_lowers_danger()
    {
        var rules = Rules("""{"id":"own-1","when":{"all":[{"words":["trockner"]}]},"then":{"need":"can-wait","urgency":"low"}}""");
        var reading = NeedReader.Read(ReadingTests.Contact("Unser Trockner brennt!"), rules);
        Assert.Equal(("safety", "at-once"), (reading.Need, reading.Urgency));
        Assert.Equal(("can-wait", "low"), NeedReader.Read(ReadingTests.Contact("Der Trockner ist kaputt"), rules) is var kept
            ? (kept.Need, kept.Urgency) : default);
    }

    [Theory]
    [InlineData("rules: is missing", "{}")]
    [InlineData("line 1: this is no JSON", "{")]
    [InlineData("rules[0].id: is missing", """{"rules":[{"when":{"all":[{"words":["ab"]}]},"then":{"need":"complex"}}]}""")]
    [InlineData("rules[0].id: begins with own-", """{"rules":[{"id":"x","when":{"all":[{"words":["ab"]}]},"then":{"need":"complex"}}]}""")]
    [InlineData("rules[0].then.need: anwser is not known: there are safety, withdrawal",
        """{"rules":[{"id":"own-1","when":{"all":[{"words":["ab"]}]},"then":{"need":"anwser"}}]}""")]
    [InlineData("rules[0].when.all[0].wrods: is no condition: known are words, inside",
        """{"rules":[{"id":"own-1","when":{"all":[{"wrods":["ab"]}]},"then":{"need":"complex"}}]}""")]
    [InlineData("rules[0].when.all[0].words[1]: is a text of 1 to 80",
        """{"rules":[{"id":"own-1","when":{"all":[{"words":["ab",7]}]},"then":{"need":"complex"}}]}""")]
    [InlineData("rules[0].when.all[0].words[0]: is one word",
        """{"rules":[{"id":"own-1","when":{"all":[{"words":["zwei worte"]}]},"then":{"need":"complex"}}]}""")]
    [InlineData("rules[0].when.all[0].near[0]: has two to five words",
        """{"rules":[{"id":"own-1","when":{"all":[{"near":["eins"]}]},"then":{"need":"complex"}}]}""")]
    [InlineData("rules[0].when.all[0].words[0]: has at least two letters",
        """{"rules":[{"id":"own-1","when":{"all":[{"words":["!"]}]},"then":{"need":"complex"}}]}""")]
    [InlineData("rules[0].when.all[0].kind[0]: letter is not known",
        """{"rules":[{"id":"own-1","when":{"all":[{"kind":["letter"]}]},"then":{"need":"complex"}}]}""")]
    [InlineData("rules[0].when.all: names no condition", """{"rules":[{"id":"own-1","when":{"all":[]},"then":{"need":"complex"}}]}""")]
    [InlineData("rules[0].then: says nothing", """{"rules":[{"id":"own-1","when":{"all":[{"words":["ab"]}]},"then":{}}]}""")]
    [InlineData("rules[1].id: own-1 is there twice",
        """{"rules":[{"id":"own-1","when":{"all":[{"words":["ab"]}]},"then":{"need":"complex"}},{"id":"own-1","when":{"all":[{"words":["ab"]}]},"then":{"need":"complex"}}]}""")]
    public void What_does_not_fit_is_said_with_its_path(string says, string json) =>
        Assert.StartsWith(says, Assert.Throws<FormatException>(() => RuleSet.WithOwn(Encoding.UTF8.GetBytes(json))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_file_has_200_KB_500_rules_and_a_bounded_number_of_letters()
    {
        Assert.StartsWith("The file has", Assert.Throws<FormatException>(() => RuleSet.WithOwn(new byte[(200 * 1024) + 1])).Message,
            StringComparison.Ordinal);
        static string Rule(int i, string word) =>
            $$$"""{"id":"own-{{{i}}}","when":{"all":[{"words":["{{{word}}}"]}]},"then":{"need":"complex"}}""";
        var most = Enumerable.Range(0, 500).Select(i => Rule(i, $"wort{i}")).ToArray();
        Assert.Equal(500, Rules(most).OwnCount);
        Assert.Equal("complex", NeedReader.Read(ReadingTests.Contact("das ist wort499 hier"), Rules(most)).Need);
        Assert.StartsWith("rules: has 501 entries", Assert.Throws<FormatException>(() => Rules([.. most, Rule(500, "x0")])).Message,
            StringComparison.Ordinal);
        var long_ = Enumerable.Range(0, 4).Select(r => "{\"id\":\"own-" + r + "\",\"when\":{\"all\":[{\"words\":[" + string.Join(',',
            Enumerable.Range(0, 490).Select(i => $"\"{r}{i}{new string('x', 30)}\"")) + "]}]},\"then\":{\"need\":\"complex\"}}");
        Assert.Contains("letters", Assert.Throws<FormatException>(() => Rules([.. long_])).Message, StringComparison.Ordinal);
    }

    internal static RuleSet Rules(params string[] rules) => RuleSet.WithOwn(Encoding.UTF8.GetBytes("{\"rules\":[" + string.Join(',',
        rules) + "]}"));
}
