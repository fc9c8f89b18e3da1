using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Encoding;
using Microsoft.Azure.Amqp.Framing;
using Microsoft.Azure.Amqp.Sasl;
using Microsoft.Azure.Amqp.Transport;

namespace Serverless.Local.ServiceBus;

/// <summary>
/// AMQP 1.0 as the SDK speaks it to an emulator: SASL MSSBCBS or ANONYMOUS, tokens put to <c>$cbs</c>, sender links to a topic,
/// receiver links to a subscription or its dead letters, request links to <c>$management</c>.
/// https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
/// </summary>
internal sealed class AmqpServer : IRuntimeProvider
{
    private const int MaxFrameSize = 64 * 1024;
    private readonly ConcurrentDictionary<AmqpConnection, byte> _connections = new();
    private readonly LocalTopic _topic;
    private readonly RequestLinks _requests;
    private readonly AmqpSettings _settings;
    private readonly SocketListener _socket = new(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
    private readonly AmqpTransportListener _listener;

    public AmqpServer(LocalTopic topic)
    {
        (_topic, _requests) = (topic, new RequestLinks(topic));
        var version = new AmqpVersion(1, 0, 0);
        var sasl = new SaslTransportProvider();
        sasl.Versions.Add(version);
        sasl.AddHandler(new SaslAnonymousHandler("MSSBCBS"));
        sasl.AddHandler(new SaslAnonymousHandler());
        _settings = new AmqpSettings { RuntimeProvider = this };
        _settings.TransportProviders.Add(sasl);
        var plain = new AmqpTransportProvider();
        plain.Versions.Add(version);
        _settings.TransportProviders.Add(plain);
        _listener = new AmqpTransportListener([_socket], _settings);
    }

    public int Port { get; private set; }

    /// <summary>True drops whoever connects.</summary>
    public bool CutOff { get; set; }

    /// <exception cref="CommandLine.Refusal">The port is taken.</exception>
    public void Start(int port)
    {
        try
        {
            _socket.Bind(port);
        }
        catch (SocketException taken)
        {
            throw new CommandLine.Refusal(
                $"The topic cannot listen on port {port} ({taken.SocketErrorCode}): end who has it, or choose another.");
        }

        Port = _socket.Port;
        _listener.Open();
        _listener.Listen(Accept);
    }

    /// <summary>Breaks every connection, as a machine that goes away does.</summary>
    public void Stop()
    {
        _listener.Abort();
        Break();
    }

    public void Break()
    {
        foreach (var connection in _connections.Keys) connection.Abort();
    }

    public AmqpConnection CreateConnection(
        TransportBase transport,
        ProtocolHeader protocolHeader,
        bool isInitiator,
        AmqpSettings amqpSettings,
        AmqpConnectionSettings connectionSettings) =>
        new(transport, protocolHeader, isInitiator, amqpSettings, connectionSettings);

    public AmqpSession CreateSession(AmqpConnection connection, AmqpSessionSettings settings) => new(connection, settings, this);

    /// <summary>The other side of a link that a client attaches; settings are as this side has them.</summary>
    public AmqpLink CreateLink(AmqpSession session, AmqpLinkSettings settings)
    {
        if (settings.Role == true)
        {
            settings.MaxMessageSize = MessageForm.MaxBytes;
            settings.TotalLinkCredit = 1_000;
            settings.AutoSendFlow = true;
            return new ReceivingAmqpLink(session, settings);
        }

        return new SendingAmqpLink(session, settings);
    }

    /// <exception cref="AmqpException">There is no such place: the link is attached and detached with this error.</exception>
    public IAsyncResult BeginOpenLink(AmqpLink link, TimeSpan timeout, AsyncCallback callback, object state)
    {
        var address = link.IsReceiver ? (link.Settings.Target as Target)?.Address : (link.Settings.Source as Source)?.Address;
        Attach(link, $"{address}".Trim('/'));
        var result = new Opened(state);
        callback(result);
        return result;
    }

    public void EndOpenLink(IAsyncResult result)
    {
        // Nothing is pending.
    }

    private void Attach(AmqpLink link, string address)
    {
        if (address.Equals("$cbs", StringComparison.OrdinalIgnoreCase)
            || address.EndsWith("/$management", StringComparison.OrdinalIgnoreCase))
        {
            _requests.Attach(link, address);
            return;
        }

        var parts = address.Split('/');
        if (link is ReceivingAmqpLink from && parts.Length == 1 && _topic.Has(parts[0]))
        {
            from.RegisterMessageListener(transfer => Take(parts[0], from, transfer));
            return;
        }

        if (link is SendingAmqpLink to && Subscription(parts) is { } path && _topic.Has(parts[0], path))
        {
            ReceiveLink.Attach(_topic, parts[0], path, to);
            return;
        }

        throw new AmqpException(AmqpErrorCode.NotFound, $"The messaging entity '{address}' could not be found.");
    }

    /// <summary>case-events/Subscriptions/x or case-events/Subscriptions/x/$DeadLetterQueue.</summary>
    internal static string? Subscription(string[] parts) => parts switch
    {
        [_, var word, var name] when word.Equals("subscriptions", StringComparison.OrdinalIgnoreCase) => name,
        [_, var word, var name, var sub] when word.Equals("subscriptions", StringComparison.OrdinalIgnoreCase)
            && sub.Equals("$DeadLetterQueue", StringComparison.OrdinalIgnoreCase) => $"{name}/$DeadLetterQueue",
        _ => null,
    };

    // A client's sender link: each transfer is stored, then accepted.
    private void Take(string topic, ReceivingAmqpLink link, AmqpMessage transfer)
    {
        using (transfer)
        {
            _topic.CountCall();
            link.DisposeMessage(transfer, Outcome(topic, transfer), settled: true, batchable: false);
        }
    }

    private Outcome Outcome(string topic, AmqpMessage transfer)
    {
        if (_topic.Refusal is { } condition) return Refused(condition, "Refused by a test.");
        try
        {
            _topic.Take(topic, transfer);
            return AmqpConstants.AcceptedOutcome;
        }
        catch (AmqpException wrong)
        {
            return new Rejected { Error = wrong.Error };
        }
        catch (ObjectDisposedException)
        {
            return Refused(AmqpErrorCode.InternalError, "The topic ends.");
        }
    }

    private static Rejected Refused(AmqpSymbol condition, string why) =>
        new() { Error = new Error { Condition = condition, Description = why } };

    private void Accept(TransportListener listener, TransportAsyncCallbackArgs args)
    {
        if (CutOff)
        {
            args.Transport.Abort();
            return;
        }

        var settings = new AmqpConnectionSettings { ContainerId = "local-topic", MaxFrameSize = MaxFrameSize, IdleTimeOut = 240_000 };
        var connection = CreateConnection(args.Transport, (ProtocolHeader)args.UserToken, isInitiator: false, _settings, settings);
        connection.Closed += (_, _) => _connections.TryRemove(connection, out byte _);
        _connections[connection] = 0;
        connection.BeginOpen(TimeSpan.FromSeconds(30), Opened.End, connection);
    }

    private sealed class Opened(object? state) : IAsyncResult
    {
        public object? AsyncState => state;

        public WaitHandle AsyncWaitHandle => throw new NotSupportedException();

        public bool CompletedSynchronously => true;

        public bool IsCompleted => true;

        public static void End(IAsyncResult result)
        {
            var connection = (AmqpConnection)result.AsyncState!;
            try
            {
                connection.EndOpen(result);
            }
            catch (Exception e) when (e is AmqpException or IOException or SocketException or TimeoutException
                or OperationCanceledException or InvalidOperationException)
            {
                connection.Abort();
            }
        }
    }
}
