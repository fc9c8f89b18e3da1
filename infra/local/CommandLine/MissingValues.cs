using Spectre.Console.Cli;

namespace Serverless.Local.CommandLine;

/// <summary>
/// Refuses an option at the end of the line that lacks its value: the parser tries such a line once more with the name of its default
/// command behind it, and takes that for the value.
/// </summary>
internal sealed class MissingValues : ICommandInterceptor
{
    /// <summary>The name that the parser gives a default command.</summary>
    public const string Name = "__default_command";

    /// <summary>What is said then.</summary>
    public const string Sentence = "The last option needs a value";

    public void Intercept(CommandContext context, CommandSettings settings)
    {
        if (settings.GetType().GetProperties().Any(p => p.GetValue(settings) is Name))
            throw new Refusal(Sentence + ". See --help.", Refusal.BadArguments);
    }
}
