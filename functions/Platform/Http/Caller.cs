namespace Serverless.Platform.Http;

/// <summary>The caller, for the audit log. The host does not expose which function key was used.</summary>
public sealed class Caller(IConfiguration configuration)
{
    private const int Longest = 100;

    /// <summary>
    /// The principal, where App Service authentication is switched on: the platform sets the header then, and takes away one that a
    /// caller sent. Behind it what callers say of themselves.
    /// Source: https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="said">Name given by the caller; null when none was given.</param>
    public string? Of(HttpRequest request, string? said = null)
    {
        if (!string.Equals(configuration["WEBSITE_AUTH_ENABLED"], "true", StringComparison.OrdinalIgnoreCase)) return said;
        if (request.Headers["X-MS-CLIENT-PRINCIPAL-NAME"].ToString() is not { Length: > 0 } principal) return said;
        var name = principal.Length <= Longest ? principal : principal[..Longest];
        return said is null ? name : $"{name} ({said})";
    }
}
