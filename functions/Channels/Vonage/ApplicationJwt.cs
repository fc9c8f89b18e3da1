using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Channels.Vonage;

/// <summary>Makes the token that our calls to Vonage carry: RS256 under the application's private key, good for a quarter of an
/// hour.</summary>
/// <remarks>https://developer.vonage.com/en/getting-started/concepts/authentication#json-web-tokens</remarks>
internal static class ApplicationJwt
{
    private static readonly string Header = Base64Url.EncodeToString("""{"alg":"RS256","typ":"JWT"}"""u8);

    /// <summary>A token; null when the key cannot be read.</summary>
    /// <param name="applicationId">Whose token it is.</param>
    /// <param name="pem">The private key; line breaks may be written as <c>\n</c>.</param>
    /// <param name="now">The time it is issued at.</param>
    public static string? For(string applicationId, string pem, DateTimeOffset now)
    {
        using var key = Key(pem);
        if (key is null) return null;
        var id = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var claims = $$"""{"application_id":"{{System.Text.Encodings.Web.JavaScriptEncoder.Default.Encode(applicationId)}}","iat":{{now.ToUnixTimeSeconds()}},"exp":{{now.AddMinutes(15).ToUnixTimeSeconds()}},"jti":"{{id}}"}""";
        var signed = $"{Header}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    /// <summary>Whether this text is a private key that can sign.</summary>
    public static bool IsKey(string pem)
    {
        using var key = Key(pem);
        return key is not null;
    }

    private static RSA? Key(string pem)
    {
        var key = RSA.Create();
        try
        {
            key.ImportFromPem(pem.Replace("\\n", "\n", StringComparison.Ordinal));
            return key;
        }
        catch (Exception error) when (error is ArgumentException or CryptographicException)
        {
            key.Dispose();
            return null;
        }
    }
}
