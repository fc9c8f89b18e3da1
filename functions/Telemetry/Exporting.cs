using System.Diagnostics.CodeAnalysis;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Serverless.Telemetry;

/// <summary>
/// Sends metrics and traces by OTLP while the app runs. Set up by OpenTelemetry's own variables alone.
/// Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
/// </summary>
/// <remarks>The host kills the app without a word, so what was not sent by then (seconds of traces, a minute of metrics) is lost: nothing of ours relies on it.</remarks>
[SuppressMessage("Performance", "CA1812:Avoid uninstantiated internal classes", Justification = "Built by the container.")]
internal sealed class Exporting(IConfiguration configuration, CallCount calls) : IHostedService, IDisposable
{
    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Measures.Watch(calls);
        // The settings of the app are its variables; the library would read those of the process, which are the same but in a test.
        _traces = Sdk.CreateTracerProviderBuilder().ConfigureServices(s => s.AddSingleton(configuration)).ConfigureResource(Named)
            .AddSource(Measures.Name).AddOtlpExporter(Spoken).Build();
        _metrics = Sdk.CreateMeterProviderBuilder().ConfigureServices(s => s.AddSingleton(configuration)).ConfigureResource(Named)
            .AddMeter(Measures.Name).AddOtlpExporter(Spoken).Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Sends what is left.</summary>
    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    private void Named(ResourceBuilder resource)
    {
        if (configuration["OTEL_SERVICE_NAME"] is null) resource.AddService("serverless");
    }

    // The specification's default; the library's own would be gRPC.
    private void Spoken(OtlpExporterOptions options)
    {
        if (configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] is null) options.Protocol = OtlpExportProtocol.HttpProtobuf;
    }
}
