using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serverless.Platform.Telemetry;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Telemetry;

/// <summary>What the app says of itself to whoever listens: one trace from delivery over case to notice, counts by words, nothing personal,
/// and nothing at all when nobody listens.</summary>
[Collection("telemetry")]
public sealed class TelemetryTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Number = "4915112345678";
    private const string Text = "Die Heizung ist aus.";

    [Fact]
    public async Task A_contact_is_one_trace_from_the_door_to_the_subscriber()
    {
        ConcurrentQueue<Activity> ended = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Measures.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var shop = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, Webhook(shop));
        var delivery = await TellAsync(world);
        Assert.Single(shop.Told);

        // Other tests may run meanwhile.
        var trace = ended.Single(a => a.OperationName == "receive" && a.GetTagItem("delivery") as string == delivery).TraceId;
        var ours = ended.Where(a => a.TraceId == trace).ToList();
        var spans = ours.ToDictionary(a => a.OperationName);
        Assert.Equal(["case", "deliver", "notice", "receive"], spans.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(default, spans["receive"].ParentSpanId);
        Assert.Equal(spans["receive"].SpanId, spans["deliver"].ParentSpanId);
        Assert.Equal(spans["deliver"].SpanId, spans["case"].ParentSpanId);
        Assert.Equal(spans["case"].SpanId, spans["notice"].ParentSpanId);
        Assert.Equal((delivery, "meta"),
            (spans["deliver"].GetTagItem("delivery") as string, spans["deliver"].GetTagItem("channel") as string));
        Assert.Equal((await world.OnlyCaseAsync()).CaseId(), spans["case"].GetTagItem("case") as string);
        Assert.Equal(("webhook", "Delivered"),
            (spans["notice"].GetTagItem("route") as string, spans["notice"].GetTagItem("outcome") as string));
        var said = string.Join('\n', ours.SelectMany(a => a.TagObjects.Select(t => $"{t.Key}={t.Value}")));
        foreach (var secret in new[] { Number, "Heizung", "shop" }) Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_step_is_counted_by_words()
    {
        ConcurrentBag<string> counted = [];
        using var listener =
            new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Meter.Name == Measures.Name)
                l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => counted.Add(Line(instrument, value, tags)));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => counted.Add(Line(instrument, value, tags)));
        listener.Start();
        await using var shop = await Subscriber.StartAsync();
        await using var world = await TestApp.StartAsync(azurite, Webhook(shop));
        await TellAsync(world);
        Assert.True(await world.TickAsync());

        Assert.Contains("serverless.deliveries.received 1 channel=meta outcome=accepted", counted);
        Assert.Contains("serverless.elements.ended 1 channel=meta end=case", counted);
        Assert.Contains("serverless.notices 1 route=webhook outcome=Delivered", counted);
        Assert.Contains("serverless.deliveries.unaccounted 0 channel=meta", counted);
    }

    [Fact]
    public void Without_a_listener_nothing_is_allocated()
    {
        Count();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) Count();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Count()
        {
            Measures.Received("meta", "accepted");
            Measures.Ended("meta", "ignored:echo");
            Measures.Notice("webhook", "Delivered");
            Measures.Unaccounted("meta", 0);
            Assert.Null(Spans.Start("receive", ActivityKind.Server));
        }
    }

    [Fact]
    public async Task Switched_on_it_reaches_a_collector_and_names_nobody()
    {
        await using var collector = await RecordingEndpoint.StartAsync(200);
        await using var shop = await Subscriber.StartAsync();
        await using (var world = await TestApp.StartAsync(azurite,
            [.. Webhook(shop), ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString()),
                ("OTEL_SERVICE_NAME", "desk")])) await TellAsync(world);

        // Letting go of the app sends what is left.
        var sent = collector.Requests.ToLookup(r => r.Target, r => Encoding.Latin1.GetString(r.Body));
        Assert.All(collector.Requests, r => Assert.Equal("application/x-protobuf", r.Headers["Content-Type"]));
        var (traces, metrics) = (string.Concat(sent["/v1/traces"]), string.Concat(sent["/v1/metrics"]));
        foreach (var word in new[] { "receive", "deliver", "case", "notice", "desk" })
            Assert.Contains(word, traces, StringComparison.Ordinal);
        foreach (var word in new[] { "serverless.deliveries.received", "serverless.elements.ended", "serverless.notices",
            "serverless.storage.calls", "desk" }) Assert.Contains(word, metrics, StringComparison.Ordinal);
        foreach (var secret in new[] { Number, "Heizung", "shop" })
            Assert.DoesNotContain(secret, traces + metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData("http://127.0.0.1:9", "true", false)]
    [InlineData("http://127.0.0.1:9", null, true)]
    public void It_is_off_until_an_endpoint_is_named(string? endpoint, string? disabled, bool on)
    {
        var settings = AzuriteFixture.Settings(("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint ?? ""), ("OTEL_SDK_DISABLED", disabled ?? ""));
        Assert.Equal(on, new ServiceCollection().AddTelemetry(settings).Any(s => s.ServiceType == typeof(IHostedService)));
    }

    private static string Line<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        List<string> line = [instrument.Name, Convert.ToString(value, CultureInfo.InvariantCulture)!];
        foreach (var (name, word) in tags) line.Add($"{name}={word}");
        return string.Join(' ', line);
    }

    private static (string, string?)[] Webhook(Subscriber shop) =>
        [("Webhook__Subscribers__shop__Url", shop.Address.ToString()),
            ("Webhook__Subscribers__shop__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24=")];

    private static async Task<string> TellAsync(TestApp world)
    {
        var delivery = await world.AcceptAsync(MetaCall.Messages(new MetaSaid("m-1", Number, Text, world.Time.GetUtcNow())));
        Assert.Equal(0, await world.DrainAsync());
        return delivery;
    }
}
