using Spectre.Console;
using Spectre.Console.Cli;
using Spectre.Console.Cli.Help;
using Spectre.Console.Rendering;

namespace Serverless.Local.CommandLine;

/// <summary>Adds to every page of <c>--help</c> what holds for all commands: needs, places and exit codes.</summary>
internal sealed class HelpPages(ICommandAppSettings settings) : HelpProvider(settings)
{
    private const string Footer = """

        Needs the .NET SDK 10 and Node 20 or newer; listens on 127.0.0.1 only; keeps everything under .local/.
        Exit codes: 0 all went well · 1 one sentence says what went wrong and what to do · 2 wrong arguments · 130 interrupted.
        Colours on a terminal only; NO_COLOR=1 switches them off.

        """;

    public override IEnumerable<IRenderable> GetFooter(ICommandModel model, ICommandInfo? command) => [new Text(Footer)];
}
