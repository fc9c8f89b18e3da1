using System.Security.Cryptography;
using System.Text;
using Serverless.Platform.Signatures;
using Xunit;

namespace Serverless.Tests.Platform.Signatures;

/// <summary>A signature in base64 has one spelling: a second one is not taken, so nobody makes two proofs out of one.</summary>
public sealed class HmacTests
{
    private static readonly byte[] Data = "data"u8.ToArray();

    // RFC 4648, section 3.5: pad bits are zero, and a decoder may refuse others. https://www.rfc-editor.org/rfc/rfc4648#section-3.5
    [Fact]
    public void Bits_behind_the_last_byte_blanks_and_missing_padding_are_refused()
    {
        var right = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes("secret"), Data));
        Assert.True(Hmac.MatchesSha256Base64("secret", Data, right));
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        var last = Alphabet.IndexOf(right[^2], StringComparison.Ordinal);
        foreach (var other in new[] { right[..^2] + Alphabet[last ^ 1] + "=", right + " ", " " + right, right[..10] + "\n" + right[10..],
            right[..^1], right + "=" })
            Assert.False(Hmac.MatchesSha256Base64("secret", Data, other), other);
    }
}
