using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;

namespace Serverless.Benchmarks;

/// <summary>Verifying a delivery, beside the bare keyed hash over the same body, or, where the provider signs by RSA, beside the bare check
/// of such a signature.</summary>
public class Verifying
{
    private static readonly byte[] Key = Encoding.UTF8.GetBytes("0123456789abcdef0123456789abcdef");
    private readonly byte[] _hash = new byte[32];
    private readonly RSA _rsa = RSA.Create(2048);
    private byte[] _signature = [];
    private Bench _bench = null!;

    [Params(
        "discourse/01-question-in-german", "generic/01-web-form-with-umlauts", "meta/09-whatsapp-document", "placetel/01-answered-rings",
        "sipgate/01-journey-rings", "twilio/18-sms", "vonage/11-sms",
        "x/03-mention-heating-fault")]
    public string Seed { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        _bench = Bench.Of(Seed);
        if (_bench.Channel.Name == "sipgate")
            _signature = _rsa.SignData(_bench.Delivery.Body.Span, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        if (_bench.Channel.Verify(_bench.Delivery) is not Channels.VerificationResult.Valid)
            throw new InvalidOperationException($"{Seed} does not verify.");
    }

    [Benchmark(Baseline = true)]
    public int Floor() => _signature.Length > 0
        ? _rsa.VerifyData(_bench.Delivery.Body.Span, _signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) ? 1 : 0
        : HMACSHA256.HashData(Key, _bench.Delivery.Body.Span, _hash);

    [Benchmark]
    public object Verify() => _bench.Channel.Verify(_bench.Delivery);
}
