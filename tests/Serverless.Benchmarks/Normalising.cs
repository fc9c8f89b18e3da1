using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.WebUtilities;

namespace Serverless.Benchmarks;

/// <summary>Reading one contact, beside parsing the same body and reading the same fields. Budget: 1.5 times the time, 3 times the bytes.</summary>
public class Normalising
{
    private Bench _bench = null!;

    [Params("meta/09-whatsapp-document", "meta/03-messenger-german-umlauts", "generic/01-web-form-with-umlauts", "twilio/20-whatsapp-with-pictures")]
    public string Seed { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        _bench = Bench.Of(Seed);
        if (_bench.Read() < 2) throw new InvalidOperationException($"{Seed} holds no contact.");
    }

    [Benchmark(Baseline = true)]
    public int Floor() => _bench.Channel.Name == "twilio" ? Form() : Json();

    [Benchmark]
    public int Normalise() => _bench.Read();

    // Every text of the document, once, as a string: what a contact of it holds.
    private int Json()
    {
        using var document = JsonDocument.Parse(_bench.Delivery.Body);
        return Leaves(document.RootElement);
    }

    private static int Leaves(JsonElement element)
    {
        var length = 0;
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject()) length += Leaves(property.Value);
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) length += Leaves(item);
                break;
            case JsonValueKind.String:
                length = element.GetString()!.Length;
                break;
            default:
                length = 1;
                break;
        }

        return length;
    }

    private int Form()
    {
        var length = 0;
        foreach (var pair in QueryHelpers.ParseQuery(System.Text.Encoding.UTF8.GetString(_bench.Delivery.Body.Span))) length += pair.Value.ToString().Length;
        return length;
    }
}
