using System.ComponentModel;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Cli;

namespace Serverless.Local.CommandLine;

/// <summary>Options of a command that reports: to a person, or as one JSON object.</summary>
internal class ReportSettings : CommandSettings
{
    [CommandOption("--json")]
    [Description("Print one JSON object on stdout and everything else on stderr")]
    public bool Json { get; init; }

    /// <summary>Where a person reads.</summary>
    public Screen Screen() => Json
        ? CommandLine.Screen.On(Console.Error, Console.IsErrorRedirected)
        : CommandLine.Screen.On(Console.Out, Console.IsOutputRedirected);
}

/// <summary>Bounds of a whole number, both allowed.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class WithinAttribute(int min, int max) : ParameterValidationAttribute("")
{
    public int Min => min;

    public int Max => max;

    public override ValidationResult Validate(CommandParameterContext context) => context.Value is not int number
        || (number >= min && number <= max)
        ? ValidationResult.Success()
        : ValidationResult.Error(string.Create(
            CultureInfo.InvariantCulture,
            $"--{Option(context.Parameter.PropertyName)} must be a whole number from {min} to {max}, not '{number}'"));

    // NewPercent is --new-percent.
    private static string Option(string property) =>
        string.Concat(property.Select((c, at) => char.IsUpper(c) ? $"{(at > 0 ? "-" : "")}{char.ToLowerInvariant(c)}" : $"{c}"));
}
