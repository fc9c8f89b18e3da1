using System.Runtime.CompilerServices;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Serverless.Platform.Signatures;

/// <summary>
/// Verifies a token that Microsoft Entra ID issued to a calling service (Microsoft Graph, Event Grid). Does no I/O: keys come from
/// <see cref="EntraKeys"/>.
/// </summary>
/// <remarks>
/// A signature alone proves only that Entra issued the token: any application of any tenant can get one for itself. So audience, caller
/// and tenant are checked, too. Source: https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens#validate-tokens
/// </remarks>
public static class EntraToken
{
    /// <summary>Longest accepted token, in characters; Entra's own have about 2,000.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>Judges a token as of a moment, so that a delivery judged later is judged as on the day it came.</summary>
    /// <param name="token">The compact form: three parts with dots between them.</param>
    /// <param name="rules">Whom we expect.</param>
    /// <param name="keys">Entra's signing keys.</param>
    /// <param name="at">When the token reached us; five minutes of clock difference are allowed both ways.</param>
    public static EntraProof Verify(string? token, EntraRules rules, EntraKeys keys, DateTimeOffset at)
    {
        if (string.IsNullOrEmpty(token)) return EntraProof.Missing;
        return OpenIdToken.IsToken(token) ? Judge(token, rules, keys, at) : EntraProof.Malformed;
    }

    /// <summary>Differences between a token and the expected values, for troubleshooting. It proves nothing.</summary>
    public static IEnumerable<TokenDifference> Differences(string token, EntraRules rules)
    {
        if (!OpenIdToken.IsToken(token) || OpenIdToken.TryRead(token, "tid") is not { Token: { } read, Claim: var tenant }) yield break;
        if (!read.Audiences.Any(a => rules.Audiences.Contains(a, StringComparer.Ordinal))) yield return TokenDifference.Audience;
        if (rules.Tenants.Count > 0 && !rules.Tenants.Contains(tenant, StringComparer.OrdinalIgnoreCase))
            yield return TokenDifference.Tenant;
        if (!rules.Caller.Equals(Claim(read, "appid") ?? Claim(read, "azp"), StringComparison.OrdinalIgnoreCase))
            yield return TokenDifference.Caller;
    }

    // In a method of its own, so that the libraries are loaded with the first token and not at the start.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static EntraProof Judge(string token, EntraRules rules, EntraKeys keys, DateTimeOffset at)
    {
        if (OpenIdToken.TryRead(token, "tid") is not { Token: { } read, Claim: var tenant }) return EntraProof.Malformed;
        if (OpenIdToken.Unsigned(read) is { } unsigned) return unsigned;
        if (!Guid.TryParseExact(tenant, "D", out _)) return EntraProof.Foreign;
        var (key, mayCome) = keys.Find(read.Kid, tenant, at);
        if (key is null && !mayCome) return EntraProof.Wrong;
        // Version 1 and version 2 of the same tenant.
        string[] issuers = [$"https://sts.windows.net/{tenant}/", $"https://login.microsoftonline.com/{tenant}/v2.0"];
        if (OpenIdToken.Check(token, key, rules.Audiences, issuers, at) is { } finding) return finding;
        var tenantAllowed = rules.Tenants.Count == 0 || rules.Tenants.Contains(tenant, StringComparer.OrdinalIgnoreCase);
        // The caller is in appid in version 1 and in azp in version 2.
        var callerRight = rules.Caller.Equals(Claim(read, "appid") ?? Claim(read, "azp"), StringComparison.OrdinalIgnoreCase);
        if (!tenantAllowed || !callerRight) return EntraProof.Foreign;
        return key is null ? EntraProof.KeyUnknown : EntraProof.Genuine;
    }

    private static string? Claim(JsonWebToken token, string name) => token.TryGetPayloadValue<string>(name, out var value) ? value : null;
}

/// <summary>Expected issuer and audience of a token.</summary>
/// <param name="Audiences">Ours: the application id, or its URI. One match is enough.</param>
/// <param name="Caller">Application id of the calling service; distinguishes it from every other application.</param>
/// <param name="Tenants">Tenants that may call; empty for any.</param>
public sealed record EntraRules(IReadOnlyCollection<string> Audiences, string Caller, IReadOnlyCollection<string> Tenants);

/// <summary>See <see cref="EntraToken.Differences"/>.</summary>
public enum TokenDifference
{
    Audience,
    Tenant,
    Caller,
}

/// <summary>Results of <see cref="EntraToken.Verify"/> and <see cref="OpenIdToken.Verify"/>.</summary>
public enum EntraProof
{
    Genuine,
    Missing,
    Malformed,

    /// <summary>The signature does not hold, or it is by a key that Entra does not have.</summary>
    Wrong,

    /// <summary>Expired, or not valid yet, when it reached us.</summary>
    Stale,

    /// <summary>Well signed, but meant for another, from another service or tenant.</summary>
    Foreign,

    /// <summary>Its key is not in memory: load the keys, then judge again.</summary>
    KeyUnknown,
}
