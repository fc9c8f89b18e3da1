using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>A proof too heavy for each run: a command that sets an environment variable. Without it the test says that it was
/// skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CommandFactAttribute : FactAttribute
{
    /// <summary>Names the variable that starts it.</summary>
    public CommandFactAttribute(string variable)
    {
        Variable = variable;
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable))) Skip = $"A command: set {variable}.";
    }

    public string Variable { get; }
}
