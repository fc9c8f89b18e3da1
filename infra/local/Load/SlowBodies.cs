using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Serverless.Local.Load;

/// <summary>
/// An attacker with many sockets: each sends the head of a large call and then its body, unsigned, a few bytes a second, and begins anew
/// when it is cut off.
/// </summary>
/// <remarks>
/// Faster than the 240 bytes a second below which Kestrel itself cuts off, and no JSON, which the host would collect before the worker sees
/// it.
/// </remarks>
internal sealed class SlowBodies(Uri front, int sockets, TimeProvider time)
{
    private const int Length = 1_000_000;
    private const int BytesASecond = 300;
    private static readonly string[] Channels = ["meta", "generic", "telegram/service", "twilio/messages", "x"];
    private int _begun;
    private int _cutOff;

    /// <summary>Calls begun so far.</summary>
    public int Begun => Volatile.Read(ref _begun);

    /// <summary>Calls that the other side ended before their body was whole.</summary>
    public int CutOff => Volatile.Read(ref _cutOff);

    /// <summary>Attacks until cancelled.</summary>
    public Task RunAsync(CancellationToken ct) =>
        Task.WhenAll(Enumerable.Range(0, sockets).Select(n => OneAsync(Channels[n % Channels.Length], ct)));

    private async Task OneAsync(string channel, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await CallAsync(channel, ct);
            }
            catch (Exception end) when (end is SocketException or OperationCanceledException)
            {
                // Refused while the worker restarts, or the soak is over.
            }

            await Task.Delay(TimeSpan.FromSeconds(1), time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task CallAsync(string channel, CancellationToken ct)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, front.Port, ct);
        Interlocked.Increment(ref _begun);
        var head = $"POST /api/hooks/{channel} HTTP/1.1\r\nHost: {front.Authority}\r\n"
            + $"Content-Type: application/octet-stream\r\nContent-Length: {Length}\r\n\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(head), ct);

        var part = new byte[BytesASecond / 2];
        for (var sent = 0; sent + part.Length < Length; sent += part.Length)
        {
            // Readable means an answer, or the end: the rest of the body is not wanted.
            if (socket.Poll(0, SelectMode.SelectRead))
            {
                Interlocked.Increment(ref _cutOff);
                return;
            }

            await socket.SendAsync(part, ct);
            await Task.Delay(TimeSpan.FromMilliseconds(500), time, ct);
        }
    }
}
