using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.WebUtilities;

namespace Serverless.Benchmarks;

/// <summary>Reading one contact, beside parsing the same body and reading the same fields. Budget: 1.5 times the time, 3 times the
/// bytes.</summary>
public class Normalising
{
    private Bench _bench = null!;
    private bool _isForm;

    [Params(
        "acs/03-sms", "discourse/01-question-in-german", "generic/01-web-form-with-umlauts", "meta/03-messenger-german-umlauts",
        "meta/09-whatsapp-document", "placetel/01-answered-rings",
        "sipgate/01-journey-rings", "telegram/01-german-question", "twilio/20-whatsapp-with-pictures", "vonage/11-sms",
        "x/03-mention-heating-fault")]
    public string Seed { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        _bench = Bench.Of(Seed);
        _isForm = _bench.Delivery.Body.Span[0] != (byte)'{' && _bench.Delivery.Body.Span[0] != (byte)'[';
        if (_bench.Read() < 2) throw new InvalidOperationException($"{Seed} holds no contact.");
    }

    [Benchmark(Baseline = true)]
    public int Floor() => _isForm ? Form() : Json();

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
        foreach (var pair in QueryHelpers.ParseQuery(System.Text.Encoding.UTF8.GetString(_bench.Delivery.Body.Span)))
            length += pair.Value.ToString().Length;
        return length;
    }
}
