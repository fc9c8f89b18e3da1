using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Serverless.Platform.Signatures;

/// <summary>
/// Verifies tokens signed with a shared key: HS256 only, regardless of the header of the token. The content of the token is read before
/// the signature is checked, since it may name the key; nothing of it counts until <see cref="Holds"/>.
/// </summary>
/// <remarks>https://www.rfc-editor.org/rfc/rfc7515 and https://www.rfc-editor.org/rfc/rfc8725#section-3.1</remarks>
public sealed class SharedKeyJwt
{
    private const int MaxLength = 8192;

    private readonly string _signed;
    private readonly byte[] _signature;

    private SharedKeyJwt(string signed, byte[] signature, byte[] claims)
    {
        _signed = signed;
        _signature = signature;
        Claims = claims;
    }

    /// <summary>The claims as JSON, an object; not to be believed before <see cref="Holds"/>.</summary>
    public ReadOnlyMemory<byte> Claims { get; }

    /// <summary>Splits a token; null when it has more than 8,192 characters or is not HS256.</summary>
    public static SharedKeyJwt? Parse(ReadOnlySpan<char> token)
    {
        var first = token.IndexOf('.');
        var second = first < 0 ? -1 : token[(first + 1)..].IndexOf('.') + first + 1;
        if (token.Length > MaxLength || second <= first || Bytes(token[..first]) is not { } header
            || Bytes(token[(first + 1)..second]) is not { } claims) return null;
        if (Bytes(token[(second + 1)..]) is not { Length: SHA256.HashSizeInBytes } signature || !IsObject(claims) || !SaysHs256(header))
            return null;
        return new SharedKeyJwt(token[..second].ToString(), signature, claims);
    }

    /// <summary>True when one of the secrets signed this token.</summary>
    public bool Holds(SecretPair secrets)
    {
        var signed = Encoding.ASCII.GetBytes(_signed);
        return secrets.Any(secret => Hmac.MatchesSha256(secret, signed, _signature));
    }

    /// <summary>Reads the claims a check needs.</summary>
    public JwtClaims Read() =>
        Read(Claims, claims => new JwtClaims(Seconds(claims, "iat"u8), Seconds(claims, "exp"u8), Seconds(claims, "nbf"u8)));

    /// <summary>A claim that is a text; null when it is none or empty.</summary>
    public string? Text(string name) => Read(
        Claims, claims => claims.TryGetProperty(name, out var claim) && claim.ValueKind is JsonValueKind.String
        && claim.GetString() is { Length: > 0 } text ? text : null);

    private static bool SaysHs256(byte[] header) => Read(
        header,
        root => root.ValueKind is JsonValueKind.Object
            && root.TryGetProperty("alg"u8, out var alg) && alg.ValueKind is JsonValueKind.String && alg.ValueEquals("HS256"u8)
            // A critical extension that is not understood makes a token invalid: https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11
            && !root.TryGetProperty("crit"u8, out _));

    private static bool IsObject(byte[] claims) => Read(claims, root => root.ValueKind is JsonValueKind.Object);

    // A stranger wrote it: text that is no JSON, or no text at all, reads as nothing.
    private static T? Read<T>(ReadOnlyMemory<byte> json, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return read(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return default;
        }
    }

    private static DateTimeOffset? Seconds(JsonElement claims, ReadOnlySpan<byte> name) =>
        claims.TryGetProperty(name, out var claim) && claim.ValueKind is JsonValueKind.Number && claim.TryGetDouble(out var seconds)
        && seconds is >= 0 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000))
            : null;

    private static byte[]? Bytes(ReadOnlySpan<char> base64Url)
    {
        var bytes = new byte[Base64Url.GetMaxDecodedLength(base64Url.Length)];
        // The Try method throws on invalid base64; this one returns false.
        return Base64Url.DecodeFromChars(base64Url, bytes, out _, out var written) is OperationStatus.Done ? bytes[..written] : null;
    }
}

/// <summary>The times a token states; null where it does not.</summary>
/// <param name="IssuedAt">UTC.</param>
/// <param name="ExpiresAt">UTC.</param>
/// <param name="NotBefore">UTC.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct JwtClaims(DateTimeOffset? IssuedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? NotBefore)
{
    /// <summary>True when it was issued within the tolerance and states no time that forbids it now.</summary>
    /// <param name="now">The clock.</param>
    /// <param name="age">Oldest token that counts.</param>
    /// <param name="skew">Allowed lead of the other clock.</param>
    public bool AreFresh(DateTimeOffset now, TimeSpan age, TimeSpan skew) =>
        IssuedAt is { } issued && issued <= now + skew && issued >= now - age
        && (ExpiresAt is not { } end || end >= now - skew) && (NotBefore is not { } start || start <= now + skew);
}
