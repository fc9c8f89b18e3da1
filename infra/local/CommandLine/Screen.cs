using System.Diagnostics;
using Spectre.Console;

namespace Serverless.Local.CommandLine;

/// <summary>What a person sees. With <c>--json</c> all of it goes to stderr, so that stdout holds one JSON object and nothing
/// else.</summary>
internal sealed class Screen(IAnsiConsole console)
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(10);

    public IAnsiConsole Console => console;

    /// <summary>Colours and moving lines on a terminal only; no colours where <c>NO_COLOR</c> is set (https://no-color.org).</summary>
    public static Screen On(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected || IsColourless ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        // A file or a pipe has no width: do not break sentences at column 80.
        if (redirected) console.Profile.Width = 200;
        return new Screen(console);
    }

    private static bool IsColourless => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>One line, as it is: no markup.</summary>
    public void Say(string line) => console.WriteLine(line);

    /// <summary>Shows that long work goes on: a moving line with the seconds on a terminal, else a line every ten seconds.</summary>
    /// <param name="what">E.g. <c>Publishing functions</c>.</param>
    /// <param name="work">Calls its argument with each step that it reaches.</param>
    public async Task<T> WhileAsync<T>(string what, Func<Action<string>, Task<T>> work)
    {
        var watch = Stopwatch.StartNew();
        var step = "";
        var task = work(text => Volatile.Write(ref step, text));
        if (console.Profile.Capabilities.Interactive)
            await console.Status()
            .StartAsync(Markup.Escape(what), status =>
            WatchAsync(task, TimeSpan.FromSeconds(1), () => status.Status = Markup.Escape(Line())));
        else await WatchAsync(task, Beat, () => Say(Line()));
        var result = await task;
        Say($"{what}: done after {watch.Elapsed.TotalSeconds:F0} s.");
        return result;

        string Line() => $"{what}: {watch.Elapsed.TotalSeconds:F0} s {Volatile.Read(ref step)}".TrimEnd();
    }

    private static async Task WatchAsync(Task work, TimeSpan pause, Action show)
    {
        while (await Task.WhenAny(work, Task.Delay(pause, TimeProvider.System)) != work) show();
    }
}
