namespace Serverless.Hosting;

/// <summary>Who asks, for the audit trail. The host does not tell which function key was used.</summary>
public static class Caller
{
    private const int Longest = 100;

    /// <summary>
    /// The principal, where App Service authentication is switched on: the platform sets the header then, and takes away one that a caller sent. Behind it what callers say of themselves.
    /// Source: https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="said">What they say; null when nothing was said.</param>
    public static string? Of(HttpContext context, string? said = null)
    {
        var configuration = context.RequestServices.GetRequiredService<IConfiguration>();
        if (!string.Equals(configuration["WEBSITE_AUTH_ENABLED"], "true", StringComparison.OrdinalIgnoreCase) || context.Request.Headers["X-MS-CLIENT-PRINCIPAL-NAME"].ToString() is not { Length: > 0 } principal) return said;
        var name = principal.Length <= Longest ? principal : principal[..Longest];
        return said is null ? name : $"{name} ({said})";
    }
}
