using System.Runtime.CompilerServices;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Serverless.Signing;

/// <summary>Judges a token that Microsoft Entra ID issued to a service that calls us (Microsoft Graph, Event Grid). Does no I/O: keys come from <see cref="EntraKeys"/>.</summary>
/// <remarks>
/// A signature alone proves only that Entra issued the token to somebody: any application of any tenant can get one for itself. So audience, caller and tenant are checked too.
/// Source: https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens#validate-tokens
/// </remarks>
public static class EntraToken
{
    /// <summary>Longest token that is looked at, in characters; Entra's own have about 2,000.</summary>
    public const int MaxLength = 16 * 1024;

    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    /// <summary>Judges a token as of a moment, so that a delivery judged later is judged as on the day it came.</summary>
    /// <param name="token">The compact form: three parts with dots between them.</param>
    /// <param name="rules">Whom we expect.</param>
    /// <param name="keys">Entra's signing keys.</param>
    /// <param name="at">When the token reached us; five minutes of clock difference are allowed both ways.</param>
    public static EntraProof Verify(string? token, EntraRules rules, EntraKeys keys, DateTimeOffset at)
    {
        if (string.IsNullOrEmpty(token)) return EntraProof.Missing;
        return token.Length > MaxLength || token.AsSpan().Count('.') != 2 ? EntraProof.Malformed : Judge(token, rules, keys, at);
    }

    // In a method of its own, so that the libraries are loaded with the first token and not at the start.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static EntraProof Judge(string token, EntraRules rules, EntraKeys keys, DateTimeOffset at)
    {
        JsonWebToken read;
        try
        {
            read = new JsonWebToken(token);
            if (!IsTenant(Claim(read, "tid"))) return EntraProof.Foreign;
        }
        catch (Exception error) when (error is ArgumentException or SecurityTokenException or FormatException or InvalidOperationException)
        {
            return EntraProof.Malformed;
        }

        var tenant = Claim(read, "tid")!;
        var found = keys.Find(read.Kid, tenant, at);
        if (found.Key is not { } key) return found.MayCome ? EntraProof.KeyUnknown : EntraProof.Wrong;
        var parameters = new TokenValidationParameters
        {
            IssuerSigningKey = key,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            ValidAudiences = rules.Audiences,
            // Version 1 and version 2 of the same tenant.
            ValidIssuers = [$"https://sts.windows.net/{tenant}/", $"https://login.microsoftonline.com/{tenant}/v2.0"],
            RequireExpirationTime = true,
            LifetimeValidator = (from, until, _, _) => until is not null && at <= Utc(until.Value, Skew) && (from is null || at >= Utc(from.Value, -Skew)),
        };
        // With the key at hand nothing is waited for: the task is complete when it is returned.
        var result = new JsonWebTokenHandler { MaximumTokenSizeInBytes = 2 * MaxLength }.ValidateTokenAsync(token, parameters).GetAwaiter().GetResult();
        if (!result.IsValid) return Finding(result.Exception);
        var tenantAllowed = rules.Tenants.Count == 0 || rules.Tenants.Contains(tenant, StringComparer.OrdinalIgnoreCase);
        // The caller stands in appid in version 1 and in azp in version 2.
        var callerRight = rules.Caller.Equals(Claim(read, "appid") ?? Claim(read, "azp"), StringComparison.OrdinalIgnoreCase);
        return tenantAllowed && callerRight ? EntraProof.Genuine : EntraProof.Foreign;
    }

    private static EntraProof Finding(Exception error) => error switch
    {
        SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException or SecurityTokenNotYetValidException or SecurityTokenNoExpirationException => EntraProof.Stale,
        SecurityTokenInvalidAudienceException or SecurityTokenInvalidIssuerException => EntraProof.Foreign,
        SecurityTokenMalformedException => EntraProof.Malformed,
        _ => EntraProof.Wrong,
    };

    private static DateTimeOffset Utc(DateTime time, TimeSpan plus)
    {
        var ticks = Math.Clamp(time.Ticks + (decimal)plus.Ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks);
        return new DateTimeOffset((long)ticks, TimeSpan.Zero);
    }

    private static string? Claim(JsonWebToken token, string name) => token.TryGetPayloadValue<string>(name, out var value) ? value : null;

    private static bool IsTenant(string? text) => Guid.TryParseExact(text, "D", out _);
}

/// <summary>Whom a token must come from and be meant for.</summary>
/// <param name="Audiences">Ours: the application id, or its URI. One match is enough.</param>
/// <param name="Caller">Application id of the service that calls; the check that tells it from every other application.</param>
/// <param name="Tenants">Tenants that may call; empty for any.</param>
public sealed record EntraRules(IReadOnlyCollection<string> Audiences, string Caller, IReadOnlyCollection<string> Tenants);

/// <summary>The findings of <see cref="EntraToken.Verify"/>.</summary>
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
