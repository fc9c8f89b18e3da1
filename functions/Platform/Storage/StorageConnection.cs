namespace Serverless.Platform.Storage;

/// <summary>Reads a storage connection string, which we accept only for the emulator on this machine.</summary>
internal static class StorageConnection
{
    // Published with the emulator, the same on every machine:
    // https://learn.microsoft.com/en-us/azure/storage/common/storage-connect-azurite
    internal const string EmulatorName = "devstoreaccount1";
    internal const string EmulatorKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>The account of a connection string; refuses with a sentence when an endpoint is not on this machine.</summary>
    public static StorageAccount Local(string setting, string text)
    {
        var parts = Parts(setting, text);
        if (parts.GetValueOrDefault("UseDevelopmentStorage") is "true" or "True" or "TRUE")
        {
            parts.TryAdd("BlobEndpoint", $"http://127.0.0.1:10000/{EmulatorName}");
            parts.TryAdd("QueueEndpoint", $"http://127.0.0.1:10001/{EmulatorName}");
            parts.TryAdd("TableEndpoint", $"http://127.0.0.1:10002/{EmulatorName}");
            parts.TryAdd("AccountName", EmulatorName);
            parts.TryAdd("AccountKey", EmulatorKey);
        }

        var name = parts.GetValueOrDefault("AccountName") ?? throw Refusal(setting, "lacks AccountName");
        var key = parts.GetValueOrDefault("AccountKey") ?? "";
        if (!Convert.TryFromBase64String(key, new byte[96], out var length) || length == 0)
            throw Refusal(setting, "lacks AccountKey, or it is no base64");
        return new StorageAccount(
            Endpoint(setting, parts, "BlobEndpoint"),
            Endpoint(setting, parts, "QueueEndpoint"),
            Endpoint(setting, parts, "TableEndpoint"),
            name,
            key,
            credential: null,
            setting);
    }

    private static Uri Endpoint(string setting, Dictionary<string, string> parts, string name)
    {
        if (!Uri.TryCreate(parts.GetValueOrDefault(name)?.TrimEnd('/'), UriKind.Absolute, out var uri)
            || !uri.Scheme.StartsWith("http", StringComparison.Ordinal))
            throw Refusal(setting, $"lacks {name}");
        if (!uri.IsLoopback) throw Refusal(setting, $"has a {name} that is not on this machine");
        // By its name the SDKs take the machine for Cosmos DB, or the account for the name of a container.
        return uri.Host == "localhost" ? new UriBuilder(uri) { Host = "127.0.0.1" }.Uri : uri;
    }

    private static Dictionary<string, string> Parts(string setting, string text)
    {
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw Refusal(setting, "is no connection string");
            parts[part[..equals]] = part[(equals + 1)..];
        }

        return parts;
    }

    private static InvalidOperationException Refusal(string setting, string why) => new(
        $"{setting} {why}. A connection string is for the emulator on this machine only; elsewhere clear it and set {setting}__accountName, {setting}__credential=managedidentity and {setting}__clientId.");
}
