using Serverless.Local.CommandLine;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>What one may type, and the sentence for what one may not.</summary>
public sealed class ArgumentsTests
{
    [Theory]
    [InlineData("There is no verb 'walk'", "walk")]
    [InlineData("'run' does not know '--fodler'", "--fodler", "x")]
    [InlineData("'run' does not know 'seven'", "--once", "seven")]
    [InlineData("--host takes func", "--host", "docker")]
    [InlineData("--folder needs a value", "--folder")]
    [InlineData("--folder needs a value", "--folder", "--once")]
    [InlineData("--folder must be a plain name", "--folder", "../up")]
    [InlineData("--folder must be a plain name", "--folder", "app")]
    [InlineData("--port must be a whole number from 0 to 65535, not '70710'", "--port", "70710")]
    [InlineData("--port must be a whole number", "--port=-1")]
    [InlineData("--once takes no value", "--once=yes")]
    [InlineData("--once is there twice", "--once", "--once")]
    [InlineData("say --once --json", "--json")]
    [InlineData("'load' does not know '--once'", "load", "--once")]
    [InlineData("--seconds must be a whole number", "load", "--seconds", "ten")]
    public void What_is_not_understood_is_refused_with_a_sentence(string sentence, params string[] args)
    {
        var refusal = Assert.Throws<Refusal>(() => Arguments.Parse(args));

        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith("See --help.", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(2, refusal.ExitCode);
    }

    [Fact]
    public void Without_a_verb_run_is_meant()
    {
        var arguments = Arguments.Parse(["--port", "0", "--folder=second", "--once", "--json"]);

        Assert.Equal("run", arguments.Verb.Name);
        Assert.Equal(0, arguments.Number("port", 7071));
        Assert.Equal("second", arguments.Text("folder", "default"));
        Assert.True(arguments.Has("json"));
    }

    [Fact]
    public void What_is_not_given_has_its_default()
    {
        var arguments = Arguments.Parse(["load"]);

        Assert.Equal(20, arguments.Number("seconds", 20));
        Assert.False(arguments.Has("json"));
    }

    [Fact]
    public void Help_names_every_verb()
    {
        var help = Help.Text();

        foreach (var verb in Verb.All) Assert.Contains($"\n  {verb.Name} ", help, StringComparison.Ordinal);
    }
}
