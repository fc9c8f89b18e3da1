using Azure;
using Azure.Core;
using Azure.Messaging.ServiceBus;
using Serverless.Cloud;

namespace Serverless.Platform.Messaging;

/// <summary>
/// Where the bus is and how we prove who we are, read from <c>ServiceBusConnection</c> as the Functions host reads it:
/// <c>fullyQualifiedNamespace</c> with <c>credential</c> and <c>clientId</c> (Entra), or a connection string, also one of the emulator.
/// Source: https://learn.microsoft.com/azure/azure-functions/functions-bindings-service-bus#identity-based-connections
/// </summary>
public sealed class BusConnection
{
    /// <summary>How long one send takes at most, connecting included. The outbox sends again, so nothing is tried twice here.</summary>
    internal static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(5);

    private readonly Func<ServiceBusClientOptions, ServiceBusClient> _create;

    private BusConnection(
        string setting, string host, ServiceBusTransportType transport, Func<ServiceBusClientOptions, ServiceBusClient> create) =>
        (Setting, Host, Transport, _create) = (setting, host, transport, create);

    /// <summary>Host name of the namespace.</summary>
    public string Host { get; }

    internal string Setting { get; }

    internal ServiceBusTransportType Transport { get; }

    /// <summary>Reads the section.</summary>
    /// <exception cref="InvalidOperationException">With a sentence that names the setting to change.</exception>
    public static BusConnection From(IConfigurationSection section, TokenCredential? credential = null)
    {
        var transport = TransportOf(section);
        if (section.Value is { Length: > 0 } text)
            return new BusConnection(section.Key, HostOf(section.Key, text), transport, options => new ServiceBusClient(text, options));
        var name = section["fullyQualifiedNamespace"];
        if (string.IsNullOrEmpty(name))
            throw new InvalidOperationException(
                $"The bus is not configured: set {section.Key}__fullyQualifiedNamespace, say example.servicebus.windows.net.");
        if (Uri.CheckHostName(name) == UriHostNameType.Unknown)
            throw new InvalidOperationException(
                $"{section.Key}__fullyQualifiedNamespace must be a host name, say example.servicebus.windows.net.");
        var identity = credential ?? LazyCredential.From(section);
        return new BusConnection(section.Key, name, transport, options => new ServiceBusClient(name, identity, options));
    }

    /// <summary>A client that gives up after one try of five seconds.</summary>
    internal ServiceBusClient CreateClient() => _create(new ServiceBusClientOptions
    {
        TransportType = Transport,
        RetryOptions = { MaxRetries = 0, TryTimeout = TryTimeout },
    });

    /// <summary>What an error of the client means.</summary>
    /// <param name="error">What a call threw.</param>
    /// <param name="role">The role that the call needs.</param>
    internal BusUnavailableException Refused(Exception error, string role)
    {
        return error switch
        {
            ServiceBusException bus => bus.Reason switch
            {
                ServiceBusFailureReason.MessagingEntityNotFound =>
                    Because($"The bus has no such topic: check {Setting} and that messaging.json is deployed.", 404, retryable: false),
                ServiceBusFailureReason.MessagingEntityDisabled =>
                    Because("The topic is disabled: enable it in the namespace.", 403, retryable: false),
                ServiceBusFailureReason.QuotaExceeded =>
                    Because("The topic is full: a subscription keeps more than it takes.", 403, retryable: true),
                ServiceBusFailureReason.MessageSizeExceeded => Because("The message is larger than the bus takes.", 413, retryable: false),
                ServiceBusFailureReason.ServiceBusy => Because("The bus is busy or down.", 503, retryable: true),
                ServiceBusFailureReason.ServiceTimeout or ServiceBusFailureReason.ServiceCommunicationProblem => NoAnswer(),
                _ => Because("The bus refused the message.", 500, bus.IsTransient),
            },
            UnauthorizedAccessException =>
                Because(
                    $"The bus refused us: assign role {role} to the app's identity; check {Setting}__credential and {Setting}__clientId.",
                    401,
                    retryable: false),
            RequestFailedException { Status: 401 } token => new BusUnavailableException(token.Message, 401, retryable: true, token),
            ObjectDisposedException => NoAnswer(),
            InvalidOperationException or NotSupportedException => Because("The bus refused the message.", 400, retryable: false),
            _ => NoAnswer(), // the network: sockets, time limits
        };

        BusUnavailableException NoAnswer() =>
            Because(
                $"The bus did not answer. Check that {Setting} names the right namespace and that it can be reached from here.",
                0,
                retryable: true);
        BusUnavailableException Because(string what, int status, bool retryable) =>
            new($"{what} ({(error as ServiceBusException)?.Reason.ToString() ?? error.GetType().Name})", status, retryable, error);
    }

    private static string HostOf(string setting, string connection)
    {
        try
        {
            var host = ServiceBusConnectionStringProperties.Parse(connection).FullyQualifiedNamespace;
            return string.IsNullOrEmpty(host) ? throw new FormatException() : host;
        }
        catch (FormatException unreadable)
        {
            throw new InvalidOperationException(
                $"{setting} is not a connection string (Endpoint=sb://...;SharedAccessKeyName=...;SharedAccessKey=...): take it as the "
                + $"namespace shows it, or clear it and set {setting}__fullyQualifiedNamespace, {setting}__credential=managedidentity and "
                + $"{setting}__clientId.",
                unreadable);
        }
    }

    private static ServiceBusTransportType TransportOf(IConfigurationSection section) => section["transportType"] switch
    {
        null or "" => ServiceBusTransportType.AmqpTcp,
        var text when Enum.TryParse<ServiceBusTransportType>(text, ignoreCase: true, out var type) && Enum.IsDefined(type) => type,
        _ => throw new InvalidOperationException($"{section.Key}__transportType must be amqpTcp or amqpWebSockets."),
    };
}
