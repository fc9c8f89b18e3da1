using System.Collections.Concurrent;
using System.Diagnostics;

namespace Serverless.Local.ServiceBus;

/// <summary>The subscriber of <see cref="SubscribeCommand"/> as a process of its own; it ends with its parent.</summary>
public sealed class SubscriberProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Process _process;

    private SubscriberProcess(Process process) => _process = process;

    public int ProcessId => _process.Id;

    /// <summary>What it received: one JSON object a line, with id, subject and properties.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <param name="keep">Folder that takes each event as a file; null for none.</param>
    public static SubscriberProcess Start(string connectionString, string topic, string subscription, string? keep)
    {
        var program = typeof(SubscriberProcess).Assembly.Location;
        string[] arguments = [program, "subscribe", "--topic", topic, "--subscription", subscription];
        if (keep is not null) arguments = [.. arguments, "--keep", keep];
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Not as an argument: every user of the machine sees those.
        start.Environment["ServiceBusConnection"] = connectionString;
        var subscriber = new SubscriberProcess(Process.Start(start)!);
        subscriber._process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } text) subscriber._lines.Enqueue(text);
        };
        subscriber._process.ErrorDataReceived += (_, _) => { };
        subscriber._process.BeginOutputReadLine();
        subscriber._process.BeginErrorReadLine();
        return subscriber;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
