namespace Serverless.Platform.Identity;

/// <summary>
/// App settings whose Key Vault reference the platform could not resolve: they hold the text of the reference, which others can guess, so
/// it must never count as a secret.
/// Source: https://learn.microsoft.com/azure/app-service/app-service-key-vault-references
/// </summary>
public static class KeyVaultReferences
{
    private const string Mark = "@Microsoft.KeyVault(";

    /// <summary>Such settings read as not set, so that a channel whose secret is not placed yet stays shut alone. The platform restarts the
    /// app once it has resolved them.</summary>
    public static void HideUnresolvedReferences(this IConfigurationManager configuration)
    {
        var unresolved = configuration.AsEnumerable().Where(s => s.Value?.StartsWith(Mark, StringComparison.OrdinalIgnoreCase) == true)
            .Select(s => KeyValuePair.Create(s.Key, (string?)null)).ToList();
        if (unresolved.Count > 0) configuration.AddInMemoryCollection(unresolved);
    }
}
