using System.Text;
using Serverless.Platform.Signatures;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Signatures;

/// <summary>Standard Webhooks as the specification's own vector and two npm libraries understand it.</summary>
public sealed class StandardWebhookTests
{
    // The vector of the specification's libraries:
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/go/webhook_test.go (TestWebhookSign)
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const string Timestamp = "1614265330";
    private const string Body = "{\"test\": 2432232314}";
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    private const string Script = "tests/Serverless.Tests/Platform/Signatures/standard-webhook.mjs";
    private const string OtherSecret = "whsec_YSBzZWNvbmQgc2VjcmV0LCB1c2VkIHdoaWxlIHJvdGF0aW5n";

    private static readonly DateTimeOffset SentAt = DateTimeOffset.FromUnixTimeSeconds(1614265330);

    private static readonly string[] Bodies = [Body, "{\"text\":\"Grüße aus Köln 📦\"}", "", "not json", new('x', 100_000)];

    [Fact]
    public void The_published_vector_is_what_we_sign() =>
        Assert.Equal(Signature, StandardWebhook.Sign(new(Secret, null), Id, SentAt.AddMilliseconds(999), Encoding.UTF8.GetBytes(Body)));

    [Theory]
    [InlineData(Secret)]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    public void The_published_vector_verifies_with_and_without_prefix(string secret) =>
        Assert.Equal(new(WebhookProofKind.Genuine, SentAt), Verify(new(secret, null)));

    [Fact]
    public async Task Two_libraries_verify_what_we_sign_with_either_secret_of_a_rotation()
    {
        var calls = Bodies.SelectMany(body => new[] { Secret, OtherSecret }.Select(secret => new
        {
            secret,
            id = Id,
            timestamp = Timestamp,
            signature = StandardWebhook.Sign(new(Secret, OtherSecret), Id, SentAt, Encoding.UTF8.GetBytes(body)),
            body,
            now = 1614265330,
        })).ToList();
        Assert.All(calls, call => Assert.Equal(2, call.signature.Split(' ').Length));

        var answers = (await Node.RunAsync(Script, new { verify = calls })).GetProperty("verify");
        Assert.Equal(calls.Count, answers.GetArrayLength());
        Assert.All(answers.EnumerateArray(), a =>
            Assert.True(a.GetProperty("standardwebhooks").GetBoolean() && a.GetProperty("svix").GetBoolean(), a.GetRawText()));
    }

    [Fact]
    public async Task We_verify_what_the_library_signs_with_the_current_or_the_previous_secret()
    {
        var signed = (await Node.RunAsync(Script,
            new { sign = Bodies.Select(body => new { secret = Secret, id = Id, at = 1614265330, body }) })).GetProperty("sign");
        foreach (var (body, signature) in Bodies.Zip(signed.EnumerateArray().Select(s => s.GetString()!)))
        {
            Assert.Equal(WebhookProofKind.Genuine, Verify(new(Secret, OtherSecret), signatures: signature, body: body).Kind);
            Assert.Equal(WebhookProofKind.Genuine, Verify(new(OtherSecret, Secret), signatures: signature, body: body).Kind);
            Assert.Equal(WebhookProofKind.SignatureWrong, Verify(new(OtherSecret, null), signatures: signature, body: body).Kind);
            Assert.Equal(WebhookProofKind.SignatureWrong, Verify(new(Secret, null), signatures: signature, body: body + " ").Kind);
        }
    }

    /// <summary>Lists of entries, judged by us and by both libraries: where the specification speaks, all agree.</summary>
    [Theory]
    [InlineData("v1a,AAAA " + Signature, WebhookProofKind.Genuine)]
    [InlineData("no-comma " + Signature, WebhookProofKind.Genuine)]
    [InlineData("v1,AAAA v1, " + Signature + " v9,x", WebhookProofKind.Genuine)]
    [InlineData("v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= " + Signature, WebhookProofKind.Genuine)]
    [InlineData("v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", WebhookProofKind.SignatureWrong)]
    [InlineData("v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", WebhookProofKind.SignatureMalformed)]
    [InlineData("v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", WebhookProofKind.SignatureMalformed)]
    [InlineData("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", WebhookProofKind.SignatureMalformed)]
    [InlineData("v1", WebhookProofKind.SignatureMalformed)]
    [InlineData(" ", WebhookProofKind.SignatureMalformed)]
    [InlineData("", WebhookProofKind.SignatureMissing)]
    public async Task A_list_of_entries_is_judged_as_the_libraries_do(string signatures, WebhookProofKind expected)
    {
        Assert.Equal(expected, Verify(new(Secret, null), signatures: signatures).Kind);

        var call = new { secret = Secret, id = Id, timestamp = Timestamp, signature = signatures, body = Body, now = 1614265330 };
        var answer = (await Node.RunAsync(Script, new { verify = new[] { call } })).GetProperty("verify")[0];
        Assert.Equal(expected == WebhookProofKind.Genuine, answer.GetProperty("standardwebhooks").GetBoolean());
        Assert.Equal(expected == WebhookProofKind.Genuine, answer.GetProperty("svix").GetBoolean());
    }

    [Theory]
    [InlineData(300, WebhookProofKind.Genuine)]
    [InlineData(-300, WebhookProofKind.Genuine)]
    [InlineData(301, WebhookProofKind.Stale)]
    [InlineData(-301, WebhookProofKind.Stale)]
    public async Task Five_minutes_either_way_are_tolerated(int seconds, WebhookProofKind expected)
    {
        Assert.Equal(expected, Verify(new(Secret, null), now: SentAt.AddSeconds(seconds)).Kind);

        var call = new { secret = Secret, id = Id, timestamp = Timestamp, signature = Signature, body = Body, now = 1614265330 + seconds };
        var answer = (await Node.RunAsync(Script, new { verify = new[] { call } })).GetProperty("verify")[0];
        Assert.Equal(expected == WebhookProofKind.Genuine, answer.GetProperty("svix").GetBoolean());
    }

    [Fact]
    public void A_wrong_signature_is_wrong_however_old_it_is() =>
        Assert.Equal(WebhookProofKind.SignatureWrong, Verify(new(OtherSecret, null), now: SentAt.AddDays(9)).Kind);

    [Theory]
    [InlineData(null, Timestamp, Signature, WebhookProofKind.SignatureMissing)]
    [InlineData(Id, null, Signature, WebhookProofKind.SignatureMissing)]
    [InlineData(Id, Timestamp, null, WebhookProofKind.SignatureMissing)]
    [InlineData(Id, "1614265330.5", Signature, WebhookProofKind.SignatureMalformed)]
    [InlineData(Id, "-1614265330", Signature, WebhookProofKind.SignatureMalformed)]
    [InlineData(Id, "999999999999999999999999", Signature, WebhookProofKind.SignatureMalformed)]
    [InlineData(Id, "2021-02-25T15:02:10Z", Signature, WebhookProofKind.SignatureMalformed)]
    [InlineData("msg_other", Timestamp, Signature, WebhookProofKind.SignatureWrong)]
    [InlineData(Id, "1614265331", Signature, WebhookProofKind.SignatureWrong)]
    public void Each_header_is_needed_and_signed(string? id, string? timestamp, string? signatures, WebhookProofKind expected) =>
        Assert.Equal(expected,
            StandardWebhook.Verify(new(Secret, null), id, timestamp, signatures, Encoding.UTF8.GetBytes(Body), SentAt,
                TimeSpan.FromMinutes(5)).Kind);

    [Theory]
    [InlineData(23, false)]
    [InlineData(24, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_secret_is_base64_of_24_to_64_bytes(int bytes, bool holds)
    {
        var secret = "whsec_" + Convert.ToBase64String(new byte[bytes]);
        Assert.Equal(holds, StandardWebhook.IsSecret(secret));
        Assert.Equal(holds ? WebhookProofKind.SignatureWrong : WebhookProofKind.NoSecret, Verify(new(secret, null)).Kind);
        if (!holds) Assert.Throws<ArgumentException>(() => StandardWebhook.Sign(new(secret, null), Id, SentAt, []));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("whsec_")]
    [InlineData("whsec_not base64, but long enough to be one!")]
    [InlineData("whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    public void What_is_no_secret_never_makes_a_call_genuine(string? secret)
    {
        Assert.False(StandardWebhook.IsSecret(secret));
        Assert.Equal(WebhookProofKind.NoSecret, Verify(new(secret, secret)).Kind);
        Assert.Throws<ArgumentException>(() => StandardWebhook.Sign(new(secret, null), Id, SentAt, []));
    }

    private static WebhookProof Verify(SecretPair secrets, string signatures = Signature, string body = Body, DateTimeOffset? now = null) =>
        StandardWebhook.Verify(secrets, Id, Timestamp, signatures, Encoding.UTF8.GetBytes(body), now ?? SentAt, TimeSpan.FromMinutes(5));
}
