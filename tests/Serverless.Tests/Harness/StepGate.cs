using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Serverless.Tests.Harness;

/// <summary>
/// A door between an app and all it writes to, storage and bus, that counts requests and lets none pass from the n-th on: for the world
/// outside the app died
/// between two steps, and nothing it still tries is ever seen.
/// </summary>
/// <remarks>
/// It tells requests apart as HTTP/1.1 without pipelining allows: the first bytes of a connection, and those that follow an answer. Of a
/// connection to the bus each message is one: what
/// goes before it (open, attach, the token) changes nothing.
/// </remarks>
public sealed partial class StepGate : IDisposable
{
    private const string Sent = "POST case-events/messages";

    // The descriptor of a transfer: http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-transport-v1.0-os.html#type-transfer
    private static readonly byte[] Transfer = [0x00, 0x53, 0x14];

    private readonly Dictionary<int, TcpListener> _doors = [];
    private readonly List<TcpClient> _open = [];
    private readonly List<string> _passed = [];
    private readonly TaskCompletionSource<string> _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int? _last;
    private bool _closed;

    /// <summary>Completes when a request was held back, with its method and what it went to.</summary>
    public Task<string> Died => _died.Task;

    /// <summary>Method and path, without the account, of each request that passed since <see cref="DieAfter"/>, in order.</summary>
    public IReadOnlyList<string> Passed
    {
        get
        {
            lock (_open) return [.. _passed];
        }
    }

    /// <summary>The same connection string, by way of this gate.</summary>
    public string Through(string connectionString) =>
        LoopbackPort().Replace(connectionString, match => $"127.0.0.1:{PortOf(int.Parse(match.Groups["port"].Value))}");

    /// <summary>From now on so many requests pass, and no more.</summary>
    public void DieAfter(int steps)
    {
        lock (_open)
        {
            _passed.Clear();
            _last = steps;
        }
    }

    public void Dispose()
    {
        lock (_open)
        {
            _closed = true;
            foreach (var door in _doors.Values) door.Dispose();
            foreach (var client in _open) client.Dispose();
        }
    }

    private int PortOf(int target)
    {
        lock (_open)
        {
            if (!_doors.TryGetValue(target, out var door))
            {
                door = _doors[target] = new TcpListener(IPAddress.Loopback, 0);
                door.Start();
                _ = AcceptAsync(door, target);
            }

            return ((IPEndPoint)door.LocalEndpoint).Port;
        }
    }

    private async Task AcceptAsync(TcpListener door, int target)
    {
        try
        {
            while (true) _ = CarryAsync(await door.AcceptTcpClientAsync(), target);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task CarryAsync(TcpClient client, int target)
    {
        var there = new TcpClient();
        lock (_open)
        {
            _open.Add(client);
            _open.Add(there);
            if (_closed) return;
        }

        try
        {
            await there.ConnectAsync(IPAddress.Loopback, target);
            client.NoDelay = there.NoDelay = true;
            var line = new Line();
            await Task.WhenAny(UpAsync(client.GetStream(), there.GetStream(), line),
                DownAsync(there.GetStream(), client.GetStream(), line));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut by the app or by the end of the test.
        }

        client.Dispose();
        there.Dispose();
    }

    private async Task UpAsync(NetworkStream from, NetworkStream to, Line line)
    {
        var buffer = new byte[64 * 1024];
        for (int read; (read = await from.ReadAsync(buffer)) > 0;)
        {
            line.IsBus |= buffer.AsSpan(0, read).StartsWith("AMQP"u8);
            if (line.IsBus)
            {
                for (var left = buffer.AsSpan(0, read).Count(Transfer); left > 0; left--)
                    if (++line.Transfers > 1 && !MayPass(Sent)) await Task.Delay(Timeout.Infinite);
            }
            else if (line.Answered)
            {
                line.Answered = false;
                var request = Target().Match(Encoding.Latin1.GetString(buffer, 0, Math.Min(read, 2048)));
                if (!MayPass($"{request.Groups["method"].Value} {request.Groups["what"].Value}")) await Task.Delay(Timeout.Infinite);
            }

            await to.WriteAsync(buffer.AsMemory(0, read));
        }
    }

    private static async Task DownAsync(NetworkStream from, NetworkStream to, Line line)
    {
        var buffer = new byte[64 * 1024];
        for (int read; (read = await from.ReadAsync(buffer)) > 0;)
        {
            line.Answered = true;
            await to.WriteAsync(buffer.AsMemory(0, read));
        }
    }

    private bool MayPass(string what)
    {
        lock (_open)
        {
            if (_last is null) return true;
            if (_passed.Count < _last)
            {
                _passed.Add(what);
                return true;
            }
        }

        _died.TrySetResult(what);
        return false;
    }

    // One connection's state: both directions share it.
    private sealed class Line
    {
        public volatile bool Answered = true;

        // Only the way up reads these. The first transfer carries the token.
        public bool IsBus;
        public int Transfers;
    }

    [GeneratedRegex(@"127\.0\.0\.1:(?<port>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LoopbackPort();

    // POST /test0001/cases, POST /test0001/$batch, GET /test0001/cases(PartitionKey='...'), POST /case-events/messages.
    [GeneratedRegex(@"^(?<method>[A-Z]+) /(test\d{4}/)?(?<what>[^ ?(]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Target();
}
