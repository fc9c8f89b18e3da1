using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Serverless.Platform.Signatures;

/// <summary>
/// Entra's public signing keys, in memory. Verification only reads them; <see cref="LoadAsync"/> fetches them, outside any verification
/// and at most every five minutes. They are valid for a day, as Entra recommends.
/// https://learn.microsoft.com/en-us/entra/identity-platform/signing-key-rollover
/// </summary>
public sealed class EntraKeys(TimeProvider time)
{
    private const int MaxKeys = 100;
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    private volatile Snapshot? _snapshot;

    /// <summary>The configuration document that names the address of the keys, for all tenants of the public cloud.</summary>
    public static Uri Configuration { get; } = new("https://login.microsoftonline.com/common/.well-known/openid-configuration");

    /// <summary>Fetches the keys, unless they were fetched within the last five minutes. False when that failed; the keys in memory
    /// stay.</summary>
    /// <param name="configuration">The OpenID configuration document, usually <see cref="Configuration"/>.</param>
    /// <param name="get">Gets a document; null when it could not.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> LoadAsync(Uri configuration, Func<Uri, CancellationToken, Task<ReadOnlyMemory<byte>?>> get,
        CancellationToken ct)
    {
        if (_snapshot is { } known && time.GetUtcNow() - known.At < Pause) return true;
        if (await get(configuration, ct) is not { } document || KeysAddress(document) is not { } address) return false;
        // Entra names an address of its own; nobody else may.
        if (!Uri.TryCreate(configuration, address, out var keys) || keys.Host != configuration.Host || keys.Scheme != configuration.Scheme)
            return false;
        return await get(keys, ct) is { } set && TryTake(set);
    }

    /// <summary>Replaces the keys in memory by a JSON Web Key Set. False when it is none or holds no RSA key.</summary>
    public bool TryTake(ReadOnlyMemory<byte> keySet)
    {
        try
        {
            using var json = JsonDocument.Parse(keySet);
            if (json.RootElement is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty("keys"u8, out var list)
                || list.ValueKind != JsonValueKind.Array) return false;
            var keys = new Dictionary<string, Known>(StringComparer.Ordinal);
            foreach (var key in list.EnumerateArray().Take(MaxKeys))
            {
                if (Text(key, "kid") is { } id && Text(key, "kty") == "RSA" && Text(key, "use") is null or "sig" && Rsa(key) is { } rsa)
                    keys[id] = new Known(new RsaSecurityKey(rsa) { KeyId = id }, Text(key, "issuer"));
            }

            if (keys.Count == 0) return false;
            _snapshot = new Snapshot(keys, time.GetUtcNow());
            return true;
        }
        catch (Exception error) when (error is JsonException or FormatException or CryptographicException)
        {
            return false;
        }
    }

    /// <summary>The key of this id, if it may sign for this tenant.</summary>
    /// <param name="id">The token's <c>kid</c>.</param>
    /// <param name="tenant">The token's <c>tid</c>.</param>
    /// <param name="at">When the token was received. Keys fetched later decide: a key that is not among them never existed.</param>
    internal (SecurityKey? Key, bool MayCome) Find(string? id, string tenant, DateTimeOffset at)
    {
        if (_snapshot is not { } known || time.GetUtcNow() - known.At > Lifetime) return (null, MayCome: true);
        if (string.IsNullOrEmpty(id)) return (null, MayCome: false);
        if (!known.Keys.TryGetValue(id, out var key)) return (null, MayCome: known.At <= at);
        // The common set holds keys that sign for one tenant alone; the others carry a placeholder for the tenant.
        // https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens#validate-the-signing-key-issuer
        var issuer = key.Issuer;
        var signsForIt = issuer is null || issuer.Contains("{tenantid}", StringComparison.OrdinalIgnoreCase)
            || issuer.Contains(tenant, StringComparison.OrdinalIgnoreCase);
        return (signsForIt ? key.Key : null, MayCome: false);
    }

    private static string? KeysAddress(ReadOnlyMemory<byte> configuration)
    {
        try
        {
            using var json = JsonDocument.Parse(configuration);
            return Text(json.RootElement, "jwks_uri");
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static RSAParameters? Rsa(JsonElement key)
    {
        if (Text(key, "n") is not { } modulus || Text(key, "e") is not { } exponent) return null;
        var parameters = new RSAParameters { Modulus = Base64Url.DecodeFromChars(modulus), Exponent = Base64Url.DecodeFromChars(exponent) };
        return parameters.Modulus.Length is >= 256 and <= 1024 ? parameters : null;
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        ? value.GetString() : null;

    private sealed record Snapshot(Dictionary<string, Known> Keys, DateTimeOffset At);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Known(SecurityKey Key, string? Issuer);
}
