using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Serverless.Platform.Identity;

namespace Serverless.Platform.Storage;

/// <summary>
/// Where the storage account is and how we prove who we are, read from <c>AzureWebJobsStorage</c> as the Functions host reads it:
/// one value (a connection string, only for the emulator on this machine), or <c>accountName</c> or <c>blobServiceUri</c>,
/// <c>queueServiceUri</c>,
/// <c>tableServiceUri</c> with <c>credential</c> and <c>clientId</c> (Entra). A key is used on loopback only.
/// Source: https://learn.microsoft.com/en-us/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
/// </summary>
public sealed class StorageAccount
{
    private readonly TokenCredential? _credential;

    internal StorageAccount(Uri blobs, Uri queues, Uri tables, string name, string? key, TokenCredential? credential, string setting)
    {
        (Blobs, Queues, Tables, Name, Key, _credential, Setting) = (blobs, queues, tables, name, key, credential, setting);
        Transport = CloudPipeline.Transport(loopback: key is not null);
    }

    /// <summary>Endpoint without a slash at the end, with the account as a path on the emulator.</summary>
    public Uri Blobs { get; }

    /// <inheritdoc cref="Blobs"/>
    public Uri Queues { get; }

    /// <inheritdoc cref="Blobs"/>
    public Uri Tables { get; }

    /// <summary>True when the account is the emulator on this machine, spoken to with its key.</summary>
    public bool IsLocal => Key is not null;

    internal string Name { get; }

    internal string? Key { get; }

    internal string Setting { get; }

    internal HttpPipelineTransport Transport { get; }

    /// <summary>Reads the section; refuses with a sentence (<see cref="InvalidOperationException"/>) that names the setting to
    /// change.</summary>
    /// <param name="section">The section <c>AzureWebJobsStorage</c>.</param>
    /// <param name="credential">In place of the credential the section names.</param>
    public static StorageAccount From(IConfigurationSection section, TokenCredential? credential = null) =>
        section.Value is { Length: > 0 } text ? StorageConnection.Local(section.Key, text) : WithIdentity(section, credential);

    /// <summary>A client of the table service.</summary>
    /// <param name="count">Called once per request that goes out.</param>
    /// <param name="countBytes">Whether it refuses batches that are too long: that costs as much memory again as to write them.</param>
    internal TableServiceClient TableService(Action count, bool countBytes = false)
    {
        var options = CloudPipeline.Configure(new TableClientOptions(TableClientOptions.ServiceVersion.V2020_12_06), Transport, count);
        if (countBytes) options.AddPolicy(new TableLimits.BatchBytesPolicy(), HttpPipelinePosition.PerCall);
        return Key is null ? new TableServiceClient(Tables, _credential, options)
            : new TableServiceClient(Tables, new TableSharedKeyCredential(Name, Key), options);
    }

    /// <summary>A client of the queue service; as <see cref="TableService"/>. The Functions host reads messages in base64.</summary>
    internal QueueServiceClient QueueService(Action count, QueueMessageEncoding encoding)
    {
        var options = CloudPipeline.Configure(new QueueClientOptions(QueueClientOptions.ServiceVersion.V2024_08_04), Transport, count);
        options.MessageEncoding = encoding;
        return Key is null ? new QueueServiceClient(Queues, _credential, options)
            : new QueueServiceClient(Queues, new StorageSharedKeyCredential(Name, Key), options);
    }

    /// <summary>A client of the blob service; as <see cref="TableService"/>.</summary>
    internal BlobServiceClient BlobService(Action count)
    {
        var options = CloudPipeline.Configure(new BlobClientOptions(BlobClientOptions.ServiceVersion.V2024_08_04), Transport, count);
        return Key is null ? new BlobServiceClient(Blobs, _credential, options)
            : new BlobServiceClient(Blobs, new StorageSharedKeyCredential(Name, Key), options);
    }

    private static StorageAccount WithIdentity(IConfigurationSection section, TokenCredential? credential)
    {
        var account = section["accountName"];
        return new StorageAccount(
            Endpoint(section, "blob", account),
            Endpoint(section, "queue", account),
            Endpoint(section, "table", account),
            account ?? "",
            key: null,
            credential ?? LazyCredential.From(section),
            section.Key);
    }

    private static Uri Endpoint(IConfigurationSection section, string service, string? account)
    {
        var setting = $"{section.Key}__{service}ServiceUri";
        if (section[$"{service}ServiceUri"] is { Length: > 0 } text)
        {
            return Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps
                ? uri
                : throw new InvalidOperationException($"{setting} must be an https address: an Entra token is not sent in the clear.");
        }

        return string.IsNullOrEmpty(account)
            ? throw new InvalidOperationException(
                $"Storage is not configured: set {section.Key}__accountName or {setting}, or {section.Key}=UseDevelopmentStorage=true for the emulator on this machine.")
            : new Uri($"https://{account}.{service}.core.windows.net");
    }
}
