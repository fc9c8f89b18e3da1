using Spectre.Console;

namespace Serverless.Local.CommandLine;

/// <summary>What a person sees. With <c>--json</c> all of it goes to stderr, so that stdout holds one JSON object and nothing else.</summary>
internal sealed class Screen(IAnsiConsole console)
{
    public IAnsiConsole Console => console;

    public static Screen On(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        // A file or a pipe has no width: do not break sentences at column 80.
        if (redirected) console.Profile.Width = 200;
        return new Screen(console);
    }

    /// <summary>One line, as it is: no markup.</summary>
    public void Say(string line) => console.WriteLine(line);
}
