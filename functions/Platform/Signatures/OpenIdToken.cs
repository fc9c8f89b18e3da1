using System.Runtime.CompilerServices;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Serverless.Platform.Signatures;

/// <summary>
/// Verifies a token of an issuer with one audience and published RSA keys. Does no I/O: keys come from <see cref="EntraKeys"/>.
/// </summary>
public static class OpenIdToken
{
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    /// <summary>Judges a token as of a moment, so that a delivery judged later is judged as on the day it came.</summary>
    /// <param name="token">The compact form: three parts with dots between them.</param>
    /// <param name="issuer">Required issuer.</param>
    /// <param name="audience">Whom it must be meant for.</param>
    /// <param name="keys">The issuer's signing keys.</param>
    /// <param name="at">When the token reached us; five minutes of clock difference are allowed both ways.</param>
    public static EntraProof Verify(string? token, string issuer, string audience, EntraKeys keys, DateTimeOffset at)
    {
        if (string.IsNullOrEmpty(token)) return EntraProof.Missing;
        return IsToken(token) ? Judge(token, issuer, audience, keys, at) : EntraProof.Malformed;
    }

    // In a method of its own, so that the libraries are loaded with the first token and not at the start.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static EntraProof Judge(string token, string issuer, string audience, EntraKeys keys, DateTimeOffset at)
    {
        if (TryRead(token, "iss") is not { } read) return EntraProof.Malformed;
        if (Unsigned(read.Token) is { } unsigned) return unsigned;
        var (key, mayCome) = keys.Find(read.Token.Kid, "", at);
        if (key is null && !mayCome) return EntraProof.Wrong;
        return Check(token, key, [audience], [issuer], at) ?? (key is null ? EntraProof.KeyUnknown : EntraProof.Genuine);
    }

    /// <summary>
    /// Null when it claims the one algorithm that these issuers use and carries a signature of its size (RSA of 2,048 bits or more):
    /// checked before a key is looked for, so that what no
    /// key could ever prove is not kept as undecided.
    /// </summary>
    internal static EntraProof? Unsigned(JsonWebToken token) =>
        token.Alg == SecurityAlgorithms.RsaSha256 && token.EncodedSignature.Length >= 342
        ? null : string.IsNullOrEmpty(token.Alg) ? EntraProof.Malformed : EntraProof.Wrong;

    internal static bool IsToken(string text) => text.Length <= EntraToken.MaxLength && text.AsSpan().Count('.') == 2;

    /// <summary>The token and one of its claims, which is where its payload is read; null when it cannot be.</summary>
    internal static (JsonWebToken Token, string? Claim)? TryRead(string token, string claim)
    {
        try
        {
            var read = new JsonWebToken(token);
            return (read, read.TryGetPayloadValue<string>(claim, out var value) ? value : null);
        }
        catch (Exception error) when (error is ArgumentException or SecurityTokenException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Signature, audience, issuer and time. Without the key the rest is judged all the same: a token that is not for us, or from
    /// another, needs no key to be refused.</summary>
    /// <returns>The error; null if there is none.</returns>
    internal static EntraProof? Check(string token, SecurityKey? key, IEnumerable<string> audiences, IEnumerable<string> issuers,
        DateTimeOffset at)
    {
        var parameters = new TokenValidationParameters
        {
            IssuerSigningKey = key,
            SignatureValidator = key is null ? (unsigned, _) => new JsonWebToken(unsigned) : null,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            ValidAudiences = audiences,
            ValidIssuers = issuers,
            RequireExpirationTime = true,
            LifetimeValidator = (from, until, _, _) => until is not null && at <= Utc(until.Value, Skew)
            && (from is null || at >= Utc(from.Value, -Skew)),
        };
        // With the key at hand nothing is waited for: the task is complete when it is returned.
        var result = new JsonWebTokenHandler { MaximumTokenSizeInBytes = 2 * EntraToken.MaxLength }.ValidateTokenAsync(token, parameters)
            .GetAwaiter().GetResult();
        return result.IsValid ? null : Finding(result.Exception);
    }

    private static EntraProof Finding(Exception error) => error switch
    {
        SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException or SecurityTokenNotYetValidException
            or SecurityTokenNoExpirationException => EntraProof.Stale,
        SecurityTokenInvalidAudienceException or SecurityTokenInvalidIssuerException => EntraProof.Foreign,
        SecurityTokenMalformedException => EntraProof.Malformed,
        _ => EntraProof.Wrong,
    };

    private static DateTimeOffset Utc(DateTime time, TimeSpan plus)
    {
        var ticks = Math.Clamp(time.Ticks + (decimal)plus.Ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks);
        return new DateTimeOffset((long)ticks, TimeSpan.Zero);
    }
}
