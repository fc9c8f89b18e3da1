using Azure;
using Azure.Core;
using Azure.Identity;

namespace Serverless.Platform.Identity;

/// <summary>Makes the Entra credential when the first token is needed, so that Azure.Identity costs no start time where a local key is
/// used.</summary>
/// <param name="setting">Name of the settings section, for the sentence when no token comes.</param>
/// <param name="managedIdentity">True when the section's <c>credential</c> says <c>managedidentity</c>.</param>
/// <param name="clientId">Client id of the user-assigned identity; null for the system-assigned one.</param>
internal sealed class LazyCredential(string setting, bool managedIdentity, string? clientId) : TokenCredential
{
    private readonly Lock _gate = new();
    private TokenCredential? _inner;

    /// <summary>Reads <c>credential</c> and <c>clientId</c> of a section, as the Functions host does.</summary>
    public static LazyCredential From(IConfigurationSection section)
    {
        var clientId = section["clientId"] is { Length: > 0 } own ? own : Environment.GetEnvironmentVariable("AZURE_CLIENT_ID");
        return new LazyCredential(
            section.Key,
            string.Equals(section["credential"], "managedidentity", StringComparison.OrdinalIgnoreCase),
            string.IsNullOrEmpty(clientId) ? null : clientId);
    }

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        try
        {
            return Inner().GetToken(requestContext, cancellationToken);
        }
        catch (AuthenticationFailedException e)
        {
            throw NoToken(e);
        }
    }

    public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        try
        {
            return await Inner().GetTokenAsync(requestContext, cancellationToken);
        }
        catch (AuthenticationFailedException e)
        {
            throw NoToken(e);
        }
    }

    private TokenCredential Inner()
    {
        lock (_gate)
        {
            return _inner ??= !managedIdentity ? new DefaultAzureCredential()
                : new ManagedIdentityCredential(clientId is null
                    ? ManagedIdentityId.SystemAssigned : ManagedIdentityId.FromUserAssignedClientId(clientId));
        }
    }

    // 401 and not 0: a status of 0 would be retried, and the credential has retried already.
    private RequestFailedException NoToken(AuthenticationFailedException e) => new(
        401,
        $"No Entra token for {setting}: check {setting}__credential and {setting}__clientId, and that the identity is assigned to the app.",
        "NoToken",
        e);
}
