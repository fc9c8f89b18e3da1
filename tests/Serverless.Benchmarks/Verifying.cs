using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;

namespace Serverless.Benchmarks;

/// <summary>Verifying a delivery, beside the bare keyed hash over the same body.</summary>
public class Verifying
{
    private static readonly byte[] Key = Encoding.UTF8.GetBytes("0123456789abcdef0123456789abcdef");
    private readonly byte[] _hash = new byte[32];
    private Bench _bench = null!;

    [Params("meta/09-whatsapp-document", "generic/01-web-form-with-umlauts", "twilio/18-sms")]
    public string Seed { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        _bench = Bench.Of(Seed);
        if (_bench.Channel.Verify(_bench.Delivery) is not Channels.Verdict.Genuine) throw new InvalidOperationException($"{Seed} does not verify.");
    }

    [Benchmark(Baseline = true)]
    public int Floor() => HMACSHA256.HashData(Key, _bench.Delivery.Body.Span, _hash);

    [Benchmark]
    public object Verify() => _bench.Channel.Verify(_bench.Delivery);
}
