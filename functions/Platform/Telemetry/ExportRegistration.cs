using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Serverless.Platform.Telemetry;

/// <summary>
/// Exports metrics and traces by OTLP, and flushes at shutdown. Configured by OpenTelemetry's own variables only, which the library reads
/// from the app's settings. Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
/// </summary>
/// <remarks>A process that is killed loses what was not sent by then (seconds of traces, a minute of metrics): nothing relies on
/// it.</remarks>
internal static class ExportRegistration
{
    /// <summary>Adds providers of spans and metrics with an exporter each.</summary>
    public static IServiceCollection AddExport(this IServiceCollection services, IConfiguration configuration)
    {
        // Without instrumentation of frameworks: our spans are traces of their own (Spans.Start), and addresses of calls hold ids of
        // people.
        services.AddOpenTelemetry()
            .ConfigureResource(resource =>
            {
                if (configuration["OTEL_SERVICE_NAME"] is null) resource.AddService("serverless");
            })
            .WithTracing(traces => traces.AddSource(Measures.Name).AddOtlpExporter(Spoken))
            .WithMetrics(metrics => metrics.AddMeter(Measures.Name).AddOtlpExporter(Spoken).AddInstrumentation(provider =>
            {
                var calls = provider.GetRequiredService<CallCount>();
                Measures.Watch(calls);
                return calls;
            }));
        return services;

        // The specification's default; the library's own would be gRPC.
        void Spoken(OtlpExporterOptions options)
        {
            if (configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] is null) options.Protocol = OtlpExportProtocol.HttpProtobuf;
        }
    }
}
