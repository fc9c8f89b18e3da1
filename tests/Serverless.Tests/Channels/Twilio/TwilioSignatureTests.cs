using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Twilio;
using Serverless.Platform.OutboundHttp;
using Serverless.Platform.Signatures;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Twilio;

/// <summary>Twilio's signature, judged against what Twilio has published and against Twilio's own library for Node; nothing here signs with
/// our code.</summary>
public sealed class TwilioSignatureTests
{
    private const string Token = "12345";
    private const string Call = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
    private const string Page = "https://mycompany.com/myapp.php?foo=1&bar=2";

    /// <summary>The first two are printed on https://www.twilio.com/docs/usage/security (now and before), the others in the tests of the
    /// Node library, spec/validation.spec.js of 6.0.2.</summary>
    [Theory]
    [InlineData("https://example.com/myapp.php?foo=1&bar=2",
        "CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310&To=%2B18005551212",
        "L/OH5YylLD5NRKLltdqwSvS0BnU=")]
    [InlineData(Page, "To=%2B18005551212&CallSid=CA1234567890ABCDE&Digits=1234&From=%2B12349013030&Caller=%2B12349013030",
        "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")]
    [InlineData(Page, Call, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")]
    [InlineData("https://mycompany.com:1234/myapp.php?foo=1&bar=2", Call, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")]
    [InlineData("http://mycompany.com:1234/myapp.php?foo=1&bar=2", Call, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=")]
    [InlineData(Page, Call, "kvajT1Ptam85bY51eRf/AJRuM3w=")]
    [InlineData("http://mycompany.com/myapp.php?foo=1&bar=2", Call, "0ZXoZLH/DfblKGATFgpif+LLRf4=")]
    [InlineData("https://user:pass@mycompany.com/myapp.php?foo=1&bar=2", Call, "CukzLTc1tT5dXEDIHm/tKBanW10=")]
    [InlineData("https://user@mycompany.com/myapp.php?foo=1&bar=2", Call, "2YRLlVAflCqxaNicjMpJcSTgzSs=")]
    [InlineData("https://user:pass@mycompany.com/myapp.php?foo=1&bar=2", Call, "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI=")]
    [InlineData(Page + "&Body=It's+amazing", Call, "TfZzewPq8wqrGlMfyAud8+/IvJ0=")]
    [InlineData(Page, "MessagingBinding.Address=%2B1325xxxxxxx&MessagingBinding.Address=%2B1415xxxxxxx", "83O6e2vORAoJHUNzJjDWN1jz+BA=")]
    [InlineData(Page, "MessagingBinding.Address=%2B1415xxxxxxx&MessagingBinding.Address=%2B1325xxxxxxx", "83O6e2vORAoJHUNzJjDWN1jz+BA=")]
    [InlineData(Page, "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234", "IK+Dwps556ElfBT0I3Rgjkr1wJU=")]
    public void A_published_signature_holds(string url, string form, string signature)
    {
        Assert.IsType<VerificationResult.Valid>(Verify(url, form, signature));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong), Verify(url, form + "&X=", signature));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong), Verify(url + "&x=", form, signature));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong), Verify(url, form, signature, token: "12346"));
    }

    [Theory]
    [InlineData("{\"property\": \"value\", \"boolean\": true}", "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620",
        "a9nBmqA0ju/hNViExpshrM61xv4=")]
    [InlineData("{}", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "Ldidvp12m26NI7eqEvxnEpkd9Hc=")]
    public void A_published_signature_of_a_json_body_holds(string json, string hash, string signature)
    {
        var url = $"{Page}&bodySHA256={hash}";
        Assert.IsType<VerificationResult.Valid>(Verify(url, json, signature));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.BodyHashWrong), Verify(url, json + " ", signature));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong),
            Verify(url.Replace("=0", "=1", StringComparison.Ordinal).Replace("=4", "=5", StringComparison.Ordinal), json, signature));
    }

    [Fact]
    public async Task What_twilios_library_signs_is_accepted()
    {
        var cases = Forms().SelectMany(form => Urls.Select(url => new Case(Token, url, form, null, null))).ToList();
        foreach (var (made, judged) in cases.Zip(await Judge(cases)))
        {
            Assert.True(judged.Valid, made.ToString());
            Assert.True(Verify(made.Url, made.Form!, judged.Signature) is VerificationResult.Valid, made.ToString());
        }
    }

    [Fact]
    public async Task What_twilios_library_rejects_is_rejected_and_what_it_accepts_is_accepted()
    {
        // The signature of one URL and form against another: ports, escapes and cases that may or may not be the same to Twilio.
        var bodies = new[] { "", Call, "A=1&A=2&B=", "B=&A=2&A=1&A=1", "A=1&A=2", "a=1", "A=+", "A=%20", "A=%2B" };
        var signed = Urls.SelectMany(url => bodies.Select(form => new Case(Token, url, form, null, null))).ToList();
        var signatures = await Judge(signed);
        var random = new Random(20261120);
        var crossed = Enumerable.Range(0, 3000).Select(_ =>
        {
            var at = random.Next(signed.Count);
            var other = random.Next(3) == 0 ? signed[at].Url : Urls[random.Next(Urls.Length)];
            return new Case(Token, other, random.Next(4) == 0
                ? bodies[random.Next(bodies.Length)] : signed[at].Form, null, signatures[at].Signature);
        }).ToList();

        // The host may have rewritten the address: what the library accepts for one of the forms that it may have had, we accept.
        var forms = crossed.Select(c => UrlForms.Of(c.Url).Select(u => c with { Url = u }).ToList()).ToList();
        var judgements = new Queue<Judged>(await Judge([.. forms.SelectMany(f => f)]));
        var accepted = 0;
        foreach (var (made, of) in crossed.Zip(forms))
        {
            var valid = of.Select(_ => judgements.Dequeue()).ToList().Exists(j => j.Valid);
            Assert.True(valid == Verify(made.Url, made.Form!, made.Signature!) is VerificationResult.Valid, made.ToString());
            if (valid) accepted++;
        }

        Assert.InRange(accepted, 300, 2700);
    }

    [Theory]
    [InlineData("")]
    [InlineData("WRONG_SIGNATURE")]
    [InlineData("RSOYDt4T1cUTdK1PDd93/VVr8B8")]
    [InlineData("RSOYDt4T1cUTdK1PDd93/VVr8B9=")]
    [InlineData(" RSOYDt4T1cUTdK1PDd93/VVr8B8=")]
    [InlineData("RSOYDt4T1cUTdK1PDd93/VVr8B8=, RSOYDt4T1cUTdK1PDd93/VVr8B8=")]
    public void What_is_no_signature_is_rejected(string signature) =>
    Assert.IsType<VerificationResult.Invalid>(Verify(Page, Call, signature));

    [Fact]
    public async Task A_subaccount_signs_with_its_own_token_only()
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Channels__Twilio__Accounts__AC2__AuthToken"] = "of-the-subaccount",
            ["Channels__Twilio__Accounts__AC2__PreviousAuthToken"] = "of-the-subaccount-before",
        };
        async Task<VerificationResult> By(string token, string account)
        {
            var form = $"AccountSid={account}&CallSid=CA1";
            return Verify(Page, form, (await Judge([new Case(token, Page, form, null, null)]))[0].Signature, Token, settings);
        }

        Assert.IsType<VerificationResult.Valid>(await By("of-the-subaccount", "AC2"));
        Assert.IsType<VerificationResult.Valid>(await By("of-the-subaccount-before", "AC2"));
        Assert.IsType<VerificationResult.Valid>(await By(Token, "AC1"));
        Assert.IsType<VerificationResult.Invalid>(await By(Token, "AC2"));
        Assert.IsType<VerificationResult.Invalid>(await By("of-the-subaccount", "AC1"));
    }

    [Fact]
    public void At_most_six_spellings_of_a_url_are_tried()
    {
        Assert.Equal(6, TwilioSignature.Candidates("https://Mycompany.com/my app?Body=It's amazing~(1)").Count());
        Assert.Equal(2, TwilioSignature.Candidates("https://contact.example.com/api/hooks/twilio/voice").Count());
    }

    private static readonly string[] Urls =
    [
        Page, "https://mycompany.com:443/myapp.php?foo=1&bar=2", "https://mycompany.com:8443/myapp.php?foo=1&bar=2",
        "http://mycompany.com/a", "http://mycompany.com:80/a",
        "https://MyCompany.com/a", "https://user:pa%20ss@mycompany.com/a?b", "https://user:pass@mycompany.com:444/a?b",
        "https://[2001:db8::1]/a?b=c", "https://[2001:db8::1]:443/a?b=c",
        Page + "&Body=It's+amazing", Page + "&Body=It%27s+amazing", Page + "&Body=It's%20amazing", Page + "&Body=It%27s%20amazing", Page
        + "&b=\"x\"<y>", Page + "&b=%22x%22%3Cy%3E",
        Page + "&umlaut=\u00fc", Page + "&umlaut=%C3%BC", Page + "&umlaut=%c3%bc", Page + "&emoji=\U0001F60A", Page + "&b=~!*()-._%7E%21",
        Page + "&b=1&a=2&b=3", Page + "&b=1&b=3&a=2",
        "https://mycompany.com/a?", "https://mycompany.com/a?=", "https://mycompany.com/a?&&b", "https://mycompany.com/a?b=%",
        "https://mycompany.com/a?b=%zz", "https://mycompany.com/a b/\u00fc?b=|{}",
        "https://mycompany.com/a%20b/%C3%BC?b=%7C%7B%7D", "https://mycompany.com/{a}`b`?`c`={d}", "https://mycompany.com/a?b=c?d=e",
        "https://mycompany.com/a?b=+&c=%2B", "https://mycompany.com/a^b?c=^",
    ];

    private static IEnumerable<string> Forms()
    {
        yield return "";
        yield return Call;
        yield return Call + "&CallToken=&Empty=&Body=";
        yield return "Body=Gr%C3%BC%C3%9Fe+%F0%9F%98%8A+%2B+%26+%3D&From=whatsapp%3A%2B49";
        yield return "b=2&a=1&B=3&A=4&%C3%BC=5&_=6&a.b=7&a-b=8&a%5B0%5D=9&aa=10";
        yield return "a=3&a=1&b=x&a=2&a=1&a=";
        yield return "a&b=&=c&&d=e=f";
        yield return "a=%zz&b=%&c=%4&d=%25&e=100%";
        yield return "a=%0D%0A%09&b=%00";
        yield return string.Join('&', Enumerable.Range(0, 1000).Select(i => $"p{i}={i}"));
    }

    private static VerificationResult Verify(string url, string body, string signature, string token = Token,
        Dictionary<string, string?>? more = null)
    {
        var path = url.IndexOf('/', url.IndexOf("://", StringComparison.Ordinal) + 3);
        var settings = new Dictionary<string, string?>(more ?? [], StringComparer.Ordinal) { ["Hooks__PublicBaseUrl"] = url[..path],
            ["Channels__Twilio__AuthToken"] = token };
        var configuration = Seed.Configuration(settings);
        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System).AddSingleton(_ => new GuardedHttp(loopbackToo: true)).AddSingleton<ProviderHttp>();
        services.AddOptions<HooksOptions>().Configure(h => h.PublicBaseUrl = url[..path]);
        TwilioChannel.Add(services, configuration);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IChannel>().Verify(new Delivery
        {
            Id = new string('0', 32),
            Channel = "twilio",
            Method = "POST",
            PathAndQuery = url[path..],
            Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["x-twilio-signature"] = signature },
            Body = Encoding.UTF8.GetBytes(body),
            ReceivedAt = new DateTimeOffset(2026, 11, 20, 9, 0, 0, TimeSpan.Zero),
        });
    }

    private static async Task<List<Judged>> Judge(IReadOnlyList<Case> cases) =>
        [.. (await Node.RunAsync("tests/Serverless.Tests/Channels/twilio.mjs", cases)).EnumerateArray()
            .Select(j => j.Deserialize<Judged>(JsonSerializerOptions.Web)!)];

    private sealed record Case(string Token, string Url, string? Form, string? Json, string? Signature);

    private sealed record Judged(string Signature, bool Valid);
}
