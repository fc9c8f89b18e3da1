using System.Net;
using System.Net.Sockets;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Transport;

namespace Serverless.Local.ServiceBus;

/// <summary>
/// Accepts sockets on a port of 127.0.0.1. The library's own listener cannot take a free port and asks the name service at its start.
/// </summary>
internal sealed class SocketListener(Socket socket) : TransportListener("socket-listener")
{
    public int Port => ((IPEndPoint)socket.LocalEndPoint!).Port;

    /// <exception cref="SocketException">The port is taken.</exception>
    public void Bind(int port)
    {
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        socket.Listen(128);
    }

    protected override void OnListen() => _ = AcceptAsync();

    protected override bool CloseInternal()
    {
        socket.Dispose();
        return true;
    }

    protected override void AbortInternal() => socket.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var transport = new SocketTransport(await socket.AcceptAsync());
                transport.Open();
                OnTransportAccepted(new TransportAsyncCallbackArgs { Transport = transport, CompletedSynchronously = true });
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }
}

/// <summary>Bytes of one connection.</summary>
internal sealed class SocketTransport : TransportBase
{
    private readonly Socket _socket;

    public SocketTransport(Socket socket)
        : base("socket")
    {
        (_socket, LocalEndPoint, RemoteEndPoint) = (socket, $"{socket.LocalEndPoint}", $"{socket.RemoteEndPoint}");
        socket.NoDelay = true;
    }

    public override string LocalEndPoint { get; }

    public override string RemoteEndPoint { get; }

    public override void SetMonitor(ITransportMonitor usageMeter)
    {
        // Nothing is metered.
    }

    /// <summary>True while it is pending; the callback comes then.</summary>
    public override bool WriteAsync(TransportAsyncCallbackArgs args)
    {
        var parts = args.Buffer is not null
            ? [new ArraySegment<byte>(args.Buffer, args.Offset, args.Count)]
            : args.ByteBufferList.Select(b => new ArraySegment<byte>(b.Buffer, b.Offset, b.Length)).ToList();
        return Pending(args, SendAllAsync(parts));
    }

    /// <inheritdoc cref="WriteAsync"/>
    public override bool ReadAsync(TransportAsyncCallbackArgs args) =>
        Pending(args, _socket.ReceiveAsync(args.Buffer.AsMemory(args.Offset, args.Count)));

    protected override bool CloseInternal()
    {
        _socket.Dispose();
        return true;
    }

    protected override void AbortInternal() => _socket.Dispose();

    private async ValueTask<int> SendAllAsync(List<ArraySegment<byte>> parts)
    {
        var sent = 0;
        foreach (var part in parts)
        {
            for (var rest = part.AsMemory(); rest.Length > 0;)
            {
                var count = await _socket.SendAsync(rest);
                rest = rest[count..];
                sent += count;
            }
        }

        return sent;
    }

    private static bool Pending(TransportAsyncCallbackArgs args, ValueTask<int> work)
    {
        if (!work.IsCompleted)
        {
            _ = EndAsync(args, work.AsTask());
            return true;
        }

        Set(args, work.AsTask());
        args.CompletedSynchronously = true;
        return false;
    }

    // Never on the caller's thread: the library does not expect its callback before the call has returned.
    private static async Task EndAsync(TransportAsyncCallbackArgs args, Task<int> work)
    {
        await ((Task)work).ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        Set(args, work);
        args.CompletedSynchronously = false;
        args.CompletedCallback(args);
    }

    private static void Set(TransportAsyncCallbackArgs args, Task<int> work)
    {
        if (work.IsCompletedSuccessfully) args.BytesTransfered = work.Result;
        else args.Exception = work.Exception?.InnerException ?? new SocketException((int)SocketError.ConnectionAborted);
    }
}
