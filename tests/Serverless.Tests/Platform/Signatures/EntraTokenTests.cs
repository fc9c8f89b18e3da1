using System.Text;
using System.Text.Json;
using Serverless.Platform.Signatures;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Signatures;

/// <summary>A token counts only from the service we expect, for us, in time, by a key of Entra's. Tokens by the npm library
/// jsonwebtoken.</summary>
public sealed class EntraTokenTests
{
    private const string Tenant = "84bd8158-6d4d-4958-8b9f-9d6445542f95";
    private const string Caller = "0bf30f3b-4a52-48df-9a82-234910c4a086";
    private const string Ours = "8e460676-ae3f-4b1e-8790-ee0fb5d6148f";

    private static readonly DateTimeOffset Now = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);
    private static readonly EntraRules Rules = new([Ours], Caller, []);
    private static readonly Lazy<Task<JsonElement>> Made = new(() =>
        Node.RunAsync("tests/Serverless.Tests/Platform/Signatures/entra-token.mjs", new { tokens = Cases!.Select(c => c.Wanted) }));

    private static readonly (string Name, EntraProof Finding, object Wanted)[] Cases =
    [
        ("version 1", EntraProof.Genuine, Token()),
        ("version 2", EntraProof.Genuine,
            Token(claims =>
                (claims["iss"], claims["azp"], claims["appid"]) = ($"https://login.microsoftonline.com/{Tenant}/v2.0", Caller, null))),
        ("barely expired", EntraProof.Genuine, Token(claims => claims["exp"] = Now.AddMinutes(-4).ToUnixTimeSeconds())),
        ("a list of audiences", EntraProof.Genuine, Token(claims => claims["aud"] = new[] { "x", Ours })),
        ("another application's token", EntraProof.Foreign, Token(claims => claims["appid"] = "00000003-0000-0000-c000-000000000000")),
        ("no application named", EntraProof.Foreign, Token(claims => claims["appid"] = null)),
        ("another caller behind ours", EntraProof.Foreign,
            Token(claims => (claims["appid"], claims["azp"]) = ("00000003-0000-0000-c000-000000000000", Caller))),
        ("another audience", EntraProof.Foreign, Token(claims => claims["aud"] = "00000003-0000-0000-c000-000000000000")),
        ("no audience", EntraProof.Foreign, Token(claims => claims["aud"] = null)),
        ("another issuer", EntraProof.Foreign, Token(claims => claims["iss"] = "https://sts.example.com/")),
        ("an issuer that only ends like the tenant's", EntraProof.Foreign,
            Token(claims => claims["iss"] = $"https://evil.example.com/{Tenant}/")),
        ("no tenant", EntraProof.Foreign, Token(claims => claims["tid"] = null)),
        ("expired", EntraProof.Stale, Token(claims => claims["exp"] = Now.AddMinutes(-6).ToUnixTimeSeconds())),
        ("without an end", EntraProof.Stale, Token(claims => claims["exp"] = null)),
        ("not valid yet", EntraProof.Stale, Token(claims => claims["nbf"] = Now.AddMinutes(6).ToUnixTimeSeconds())),
        ("a key that signs for another tenant", EntraProof.Wrong, Token(key: "tenant")),
        ("signed by another key under a known id", EntraProof.Wrong, Token(key: "b", kid: "key-a")),
        ("not signed", EntraProof.Wrong, Token(alg: "none")),
        ("signed with the public id as a secret", EntraProof.Wrong, Token(alg: "HS256", secret: "key-a-key-a-key-a-key-a-key-a-key-a")),
        ("not signed, by a key nobody has told us of", EntraProof.Wrong, Token(alg: "none", key: "b")),
        ("by a shared secret, under a key nobody has told us of", EntraProof.Wrong,
            Token(alg: "HS256", secret: "key-a-key-a-key-a-key-a-key-a-key-a", key: "b")),
        ("a key nobody has told us of", EntraProof.KeyUnknown, Token(key: "b")),
    ];

    public static TheoryData<string> Names => [.. Cases.Select(c => c.Name)];

    [Theory, MemberData(nameof(Names))]
    public async Task Each_check_holds_alone(string name)
    {
        var at = Array.FindIndex(Cases, c => c.Name == name);
        Assert.Equal(Cases[at].Finding, EntraToken.Verify(await TokenAt(at), Rules, await Keys(), Now));
    }

    [Fact]
    public async Task A_tenant_that_is_not_named_is_foreign()
    {
        var token = await TokenAt(0);
        Assert.Equal(EntraProof.Genuine, EntraToken.Verify(token, Rules with { Tenants = [Tenant.ToUpperInvariant()] }, await Keys(), Now));
        Assert.Equal(EntraProof.Foreign,
            EntraToken.Verify(token, Rules with { Tenants = ["9188040d-6c67-4c5b-b112-36a304b66dad"] }, await Keys(), Now));
    }

    [Fact]
    public async Task A_changed_token_is_wrong_or_malformed()
    {
        var token = await TokenAt(0);
        var keys = await Keys();
        for (var at = 0; at < token.Length - 3; at += 7)
        {
            var changed = token[..at] + (token[at] == '7' ? '1' : '7') + token[(at + 1)..];
            Assert.NotEqual(EntraProof.Genuine, EntraToken.Verify(changed, Rules, keys, Now));
        }
    }

    [Theory]
    [InlineData(null), InlineData(""), InlineData("."), InlineData(".."), InlineData("a.b.c"), InlineData("e30.e30.e30"),
        InlineData("eyJhbGciOiJSUzI1NiJ9.bnVsbA.AA"), InlineData("ü.ü.ü"), InlineData("....")]
    public async Task What_is_no_token_is_judged_and_not_thrown(string? token)
    {
        Assert.Contains(EntraToken.Verify(token, Rules, await Keys(), Now),
            new[] { EntraProof.Missing, EntraProof.Malformed, EntraProof.Foreign });
        Assert.Equal(EntraProof.Malformed, EntraToken.Verify(new string('a', EntraToken.MaxLength) + "..", Rules, await Keys(), Now));
    }

    [Fact]
    public async Task A_key_that_newer_keys_do_not_hold_never_was_one()
    {
        var unknown = await TokenAt(Cases.Length - 1);
        var time = new FakeTime(Now);
        var keys = new EntraKeys(time);
        Assert.Equal(EntraProof.KeyUnknown, EntraToken.Verify(unknown, Rules, keys, Now));
        time.Advance(TimeSpan.FromMinutes(1));
        keys.TryTake(await KeySet());
        Assert.Equal(EntraProof.Wrong, EntraToken.Verify(unknown, Rules, keys, Now));
    }

    [Fact]
    public async Task Keys_are_fetched_at_most_every_five_minutes_and_count_for_a_day()
    {
        var time = new FakeTime(Now);
        var keys = new EntraKeys(time);
        var (asked, set) = (new List<string>(), await KeySet());
        Task<ReadOnlyMemory<byte>?> Get(Uri url, CancellationToken ct)
        {
            asked.Add(url.AbsolutePath);
            return Task.FromResult<ReadOnlyMemory<byte>?>(asked.Count % 2 == 1
                ? Encoding.UTF8.GetBytes("""{"jwks_uri":"https://login.microsoftonline.com/common/discovery/keys"}""") : set);
        }

        Assert.True(await keys.LoadAsync(EntraKeys.Configuration, Get, default));
        Assert.True(await keys.LoadAsync(EntraKeys.Configuration, Get, default));
        Assert.Equal(["/common/.well-known/openid-configuration", "/common/discovery/keys"], asked);
        time.Advance(TimeSpan.FromMinutes(6));
        Assert.True(await keys.LoadAsync(EntraKeys.Configuration, Get, default));
        Assert.Equal(4, asked.Count);
        time.Advance(TimeSpan.FromHours(25));
        Assert.Equal(EntraProof.KeyUnknown, EntraToken.Verify(await TokenAt(0), Rules, keys, Now));
    }

    [Theory]
    [InlineData("null"), InlineData("[]"), InlineData("""{"jwks_uri":7}"""),
        InlineData("""{"jwks_uri":"https://elsewhere.example.com/keys"}"""), InlineData("<html>")]
    public async Task A_configuration_that_leads_elsewhere_gives_no_keys(string configuration)
    {
        var asked = 0;
        Task<ReadOnlyMemory<byte>?> Get(Uri url, CancellationToken ct) =>
            Task.FromResult<ReadOnlyMemory<byte>?>(++asked == 1
                ? Encoding.UTF8.GetBytes(configuration) : throw new InvalidOperationException(url.ToString()));
        Assert.False(await new EntraKeys(new FakeTime(Now)).LoadAsync(EntraKeys.Configuration, Get, default));
    }

    private static object Token(Action<Dictionary<string, object?>>? change = null, string key = "a", string? kid = null,
        string alg = "RS256", string? secret = null)
    {
        var claims = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["aud"] = Ours, ["iss"] = $"https://sts.windows.net/{Tenant}/", ["tid"] = Tenant, ["appid"] = Caller,
            ["nbf"] = Now.AddMinutes(-5).ToUnixTimeSeconds(), ["exp"] = Now.AddHours(1).ToUnixTimeSeconds(),
        };
        change?.Invoke(claims);
        return new { claims = claims.Where(c => c.Value is not null).ToDictionary(c => c.Key, c => c.Value), key, kid, alg, secret };
    }

    private static async Task<string> TokenAt(int at) => (await Made.Value).GetProperty("tokens")[at].GetString()!;

    private static async Task<ReadOnlyMemory<byte>> KeySet() => Encoding.UTF8.GetBytes((await Made.Value).GetProperty("keys").GetRawText());

    private static async Task<EntraKeys> Keys()
    {
        var keys = new EntraKeys(new FakeTime(Now));
        Assert.True(keys.TryTake(await KeySet()));
        return keys;
    }
}
