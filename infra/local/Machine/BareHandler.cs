using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Serverless.Local.CommandLine;

namespace Serverless.Local.Machine;

/// <summary>A custom handler on its own, without the host: started as the host starts it, asked until <c>/</c> answers 200, killed as the host kills it.</summary>
internal sealed class BareHandler : IAsyncDisposable
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly Queue<string> _output = [];

    private BareHandler(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public int ProcessId => _process.Id;

    /// <summary>From the start of the process to its first 200.</summary>
    public TimeSpan StartTime { get; private set; }

    /// <summary>What it printed last.</summary>
    public string LastLines
    {
        get
        {
            lock (_output) return _output.Count == 0 ? "it printed nothing." : string.Join(" / ", _output);
        }
    }

    /// <param name="arguments">Of the executable.</param>
    public static async Task<BareHandler> StartAsync(string executable, IReadOnlyDictionary<string, string> settings, CancellationToken ct, params string[] arguments)
    {
        var port = PortOwner.Free();
        var start = new ProcessStartInfo(executable, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetDirectoryName(executable)! };
        foreach (var (name, value) in settings) start.Environment[name] = value;
        start.Environment["FUNCTIONS_CUSTOMHANDLER_PORT"] = port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["FUNCTIONS_APP_ROOT_PATH"] = start.WorkingDirectory;

        var watch = Stopwatch.StartNew();
        var handler = new BareHandler(Process.Start(start)!, port);
        handler.Drain();
        try
        {
            await handler.FirstAnswerAsync(watch, ct);
            return handler;
        }
        catch
        {
            await handler.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private async Task FirstAnswerAsync(Stopwatch watch, CancellationToken ct)
    {
        while (watch.Elapsed < Budget)
        {
            if (_process.HasExited) throw new Refusal($"{_process.StartInfo.FileName} ended at its start with exit code {_process.ExitCode}: {LastLines}");
            if (await AnswersAsync(ct))
            {
                StartTime = watch.Elapsed;
                return;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(1), ct);
        }
        throw new Refusal($"{_process.StartInfo.FileName} did not answer on / within {Budget.TotalSeconds} seconds: {LastLines}");
    }

    /// <summary>By a plain socket, so that our own client's start is not in the figure.</summary>
    private async Task<bool> AnswersAsync(CancellationToken ct)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, Port, ct);
            await socket.SendAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"u8.ToArray(), ct);
            var answer = new byte[64];
            var got = await socket.ReceiveAsync(answer, ct);
            return answer.AsSpan(0, got).StartsWith("HTTP/1.1 200"u8);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Drain()
    {
        void Keep(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is null) return;
            lock (_output)
            {
                _output.Enqueue(line.Data);
                if (_output.Count > 20) _output.Dequeue();
            }
        }
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

}
