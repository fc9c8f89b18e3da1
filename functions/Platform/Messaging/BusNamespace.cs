using Azure.Core;
using Azure.Core.Pipeline;
using Serverless.Cloud;

namespace Serverless.Platform.Messaging;

/// <summary>
/// Where the bus is and how we prove who we are, read from <c>ServiceBusConnection</c> as the Functions host reads it: <c>fullyQualifiedNamespace</c> with
/// <c>credential</c> and <c>clientId</c> (Entra), or a connection string with <c>UseDevelopmentEmulator=true</c> for the stand-in on this machine.
/// Source: https://learn.microsoft.com/en-us/azure/azure-functions/functions-bindings-service-bus#identity-based-connections
/// </summary>
public sealed class BusNamespace
{
    private const string Scope = "https://servicebus.azure.net/.default";
    private readonly TokenCredential? _credential;

    private BusNamespace(Uri endpoint, TokenCredential? credential, string setting)
    {
        (Endpoint, _credential, Setting) = (endpoint, credential, setting);
        Transport = CloudPipeline.Transport(loopback: credential is null);
    }

    public Uri Endpoint { get; }

    internal string Setting { get; }

    internal HttpPipelineTransport Transport { get; }

    /// <summary>Reads the section; refuses with a sentence (<see cref="InvalidOperationException"/>) that names the setting to change.</summary>
    public static BusNamespace From(IConfigurationSection section, TokenCredential? credential = null)
    {
        if (section.Value is { Length: > 0 } text) return new BusNamespace(Local(section.Key, text), null, section.Key);
        var name = section["fullyQualifiedNamespace"];
        if (string.IsNullOrEmpty(name))
            throw new InvalidOperationException($"The bus is not configured: set {section.Key}__fullyQualifiedNamespace, say example.servicebus.windows.net.");
        return Uri.TryCreate($"https://{name}/", UriKind.Absolute, out var uri) && uri.AbsolutePath == "/"
            ? new BusNamespace(uri, credential ?? LazyCredential.From(section), section.Key)
            : throw new InvalidOperationException($"{section.Key}__fullyQualifiedNamespace must be a host name, say example.servicebus.windows.net.");
    }

    internal HttpPipelinePolicy? Authentication() => _credential is null ? null : new BearerTokenAuthenticationPolicy(_credential, Scope);

    private static Uri Local(string setting, string text)
    {
        Uri? endpoint = null;
        var emulator = false;
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.StartsWith("Endpoint=sb://", StringComparison.OrdinalIgnoreCase)) Uri.TryCreate("http" + part["Endpoint=sb".Length..], UriKind.Absolute, out endpoint);
            emulator |= part.Equals("UseDevelopmentEmulator=true", StringComparison.OrdinalIgnoreCase);
        }

        return endpoint is { IsLoopback: true } && emulator
            ? endpoint
            : throw new InvalidOperationException(
                $"{setting} is a connection string, which is for the stand-in on this machine only (Endpoint=sb://127.0.0.1:PORT;UseDevelopmentEmulator=true); elsewhere clear it and set {setting}__fullyQualifiedNamespace, {setting}__credential=managedidentity and {setting}__clientId.");
    }
}
