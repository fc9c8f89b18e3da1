using Serverless.Local.CommandLine;
using Spectre.Console.Cli;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>
/// What one may type, and the sentence for what one may not. Nothing is run here: each of these lines is refused, or asks for help.
/// </summary>
public sealed class CommandsTests
{
    private static readonly string[] Commands = ["run", "load", "process", "soak", "start-time", "cost", "export", "restore", "subscribe",
        "host"];

    [Theory]
    [InlineData("walk", "walk")]
    [InlineData("fodler", "--fodler", "x")]
    [InlineData("seven", "--once", "seven")]
    [InlineData("--host takes func", "--host", "docker")]
    [InlineData("--folder must be a plain name", "--folder", "../up")]
    [InlineData("--folder must be a plain name", "--folder", "app")]
    [InlineData("--port must be a whole number from 0 to 65535, not '70710'", "--port", "70710")]
    [InlineData("--port must be a whole number", "--port=-1")]
    [InlineData("say --once --json", "--json")]
    [InlineData("once", "load", "--once")]
    [InlineData("ten", "load", "--seconds", "ten")]
    [InlineData("go with --fan-out", "load", "--kills", "2")]
    [InlineData("--backlog must be a whole number from 16 to 199", "process", "--backlog", "200")]
    [InlineData("--new-percent must be a whole number from 0 to 100", "cost", "--new-percent", "101")]
    [InlineData("--from", "restore")]
    public async Task What_is_not_understood_is_refused_with_a_sentence(string sentence, params string[] args)
    {
        var refusal = await Assert.ThrowsAnyAsync<CommandAppException>(() => AskAsync(TextWriter.Null, args));

        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_option_without_its_value_starts_nothing()
    {
        var refusal = await Assert.ThrowsAsync<Refusal>(() => AskAsync(TextWriter.Null, "--folder"));

        Assert.Equal(("The last option needs a value. See --help.", 2), (refusal.Message, refusal.ExitCode));
    }

    [Fact]
    public void Without_a_command_run_is_meant()
    {
        Assert.Equal(["run"], Dispatch.Named([]));
        Assert.Equal(["run", "--once"], Dispatch.Named(["--once"]));
        Assert.Equal(["load", "--once"], Dispatch.Named(["load", "--once"]));
        Assert.Equal(["--help"], Dispatch.Named(["--help"]));
    }

    [Fact]
    public async Task Help_names_every_command_and_every_exit_code()
    {
        var help = await TextAsync("--help");

        foreach (var command in Commands) Assert.Contains($" {command} ", help, StringComparison.Ordinal);
        foreach (var code in new[] { "0 all", "1 one", "2 wrong", "130 interrupted" })
            Assert.Contains(code, help, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', help);
    }

    [Fact]
    public async Task Each_command_has_a_page_of_its_own()
    {
        foreach (var command in Commands)
        {
            var page = await TextAsync(command, "--help");
            Assert.Contains($"{command} [OPTIONS]", page, StringComparison.Ordinal);
            Assert.Contains("Exit codes", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_version_is_told() => Assert.Matches(@"^\d+\.\d+\.\d+", await TextAsync("--version"));

    private static async Task<string> TextAsync(params string[] args)
    {
        await using var text = new StringWriter();
        Assert.Equal(0, await AskAsync(text, args));
        return text.ToString();
    }

    private static Task<int> AskAsync(TextWriter output, params string[] args) =>
        Dispatch.App(Screen.On(output, redirected: true)).RunAsync(Dispatch.Named(args), CancellationToken.None);
}
