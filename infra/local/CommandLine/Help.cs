using System.Text;

namespace Serverless.Local.CommandLine;

/// <summary>The text of <c>--help</c>, made from the verbs.</summary>
internal static class Help
{
    public static string Text()
    {
        var text = new StringBuilder();
        text.Append("dotnet run --project infra/local [-- VERB OPTIONS]\n");
        foreach (var verb in Verb.All)
        {
            text.Append($"\n  {verb.Name,-12}{verb.About}{(verb == Verb.All[0] ? " (when no verb is named)" : "")}\n");
            foreach (var option in verb.Options)
            {
                var typed = option.Value is null ? $"--{option.Name}" : $"--{option.Name} {option.Value}";
                text.Append($"      {typed,-20}{option.About}\n");
            }
        }
        text.Append("\nNeeds the .NET SDK and Node 20 or newer; binds to 127.0.0.1 only; keeps everything under .local/.\n");
        text.Append("Exit code 0: all went well. 1: one sentence says what went wrong and what to do. 2: the arguments are wrong.\n");
        return text.ToString();
    }
}
