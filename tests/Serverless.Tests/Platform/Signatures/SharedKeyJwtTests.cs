using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Serverless.Platform.Signatures;
using Xunit;

namespace Serverless.Tests.Platform.Signatures;

/// <summary>Tokens with a shared key, judged against what has been published; nothing here signs with our code.</summary>
public sealed class SharedKeyJwtTests
{
    // Secret, token: the tests of Vonage's library for Ruby, test/vonage/test.rb.
    private const string PublishedSecret = "ZYtdTtGV3BCFN7tWmOWr1md66XsquMggr4W2cTtXtcPgfnI0Xw";

    private const string Published =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE1ODc0OTQ5NjIsImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2U1MTFiNSIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6ImQ2YzBlNzRiNTg1N2RmMjBlM2I3ZTUxYjMwYzBjMmE0MGVjNzNhNzc4NzliNmYwNzRkZGM3YTIzMTdkZDAzMWIiLCJhcGlfa2V5IjoiYTFiMmMzZCIsImFwcGxpY2F0aW9uX2lkIjoiYWFhYWFhYWEtYmJiYi1jY2NjLWRkZGQtMDEyMzQ1Njc4OWFiIn0.JQRKi1d0SQitmjPINfTWMpt3XZkGsLbD7EjCdXoNSbk";

    [Fact]
    public void The_published_token_of_Vonage_holds_under_its_secret_alone()
    {
        var token = SharedKeyJwt.Parse(Published)!;
        Assert.True(token.Holds(new(PublishedSecret, null)));
        Assert.True(token.Holds(new("another", PublishedSecret)));
        Assert.False(token.Holds(new("another", null)));
        Assert.False(token.Holds(default));
        Assert.Equal("Vonage", token.Text("iss"));
        Assert.NotNull(token.Read().IssuedAt);
    }

    [Fact]
    public void A_changed_token_does_not_hold()
    {
        for (var at = 0; at < Published.Length - 1; at += 7)
        {
            if (Published[at] == '.') continue;
            var changed = Published[..at] + (Published[at] == 'A' ? 'B' : 'A') + Published[(at + 1)..];
            Assert.False(SharedKeyJwt.Parse(changed)?.Holds(new(PublishedSecret, null)) ?? false, changed);
        }
    }

    // https://www.rfc-editor.org/rfc/rfc8725#section-2.1: a token may not choose how it is checked.
    [Theory]
    [InlineData("""{"alg":"none"}""")]
    [InlineData("""{"alg":"RS256","typ":"JWT"}""")]
    [InlineData("""{"alg":"HS384"}""")]
    [InlineData("""{"alg":"hs256"}""")]
    [InlineData("""{"alg":["HS256"]}""")]
    [InlineData("""{"alg":"HS256","crit":["exp"]}""")]
    [InlineData("""{"typ":"JWT"}""")]
    [InlineData("[]")]
    [InlineData("")]
    public void A_token_of_another_kind_is_none(string header) => Assert.Null(SharedKeyJwt.Parse(Token(header, "{}")));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("a.b.c.d")]
    [InlineData("é.é.é")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.eyJhIjoiXHVkODAwIn0.AA")]
    public void What_is_no_token_is_none(string text) => Assert.Null(SharedKeyJwt.Parse(text));

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    public void Claims_that_are_no_object_are_none(string claims) => Assert.Null(SharedKeyJwt.Parse(Token("""{"alg":"HS256"}""", claims)));

    [Theory]
    [InlineData("""{"iat":1000}""", true)]
    [InlineData("""{"iat":1000.5}""", true)]
    [InlineData("""{"iat":1360}""", true)]
    [InlineData("""{"iat":1361}""", false)]
    [InlineData("""{"iat":699}""", true)]
    [InlineData("""{"iat":698}""", false)]
    [InlineData("""{}""", false)]
    [InlineData("""{"iat":"1000"}""", false)]
    [InlineData("""{"iat":1000,"exp":1239}""", false)]
    [InlineData("""{"iat":1000,"exp":1241}""", true)]
    [InlineData("""{"iat":1000,"nbf":1361}""", false)]
    [InlineData("""{"iat":1e300}""", false)]
    [InlineData("""{"iat":-1}""", false)]
    public void A_token_is_fresh_within_its_times(string claims, bool fresh) => Assert.Equal(
        fresh, SharedKeyJwt.Parse(Token("""{"alg":"HS256"}""", claims))!.Read()
        .AreFresh(DateTimeOffset.FromUnixTimeSeconds(1300), TimeSpan.FromSeconds(601), TimeSpan.FromSeconds(60)));

    private static string Token(string header, string claims) =>
        $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.{Base64Url.EncodeToString(new byte[SHA256.HashSizeInBytes])}";
}
