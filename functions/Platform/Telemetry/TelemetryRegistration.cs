namespace Serverless.Platform.Telemetry;

/// <summary>Switches the export of metrics and traces on.</summary>
public static class TelemetryRegistration
{
    private static readonly string[] Endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    /// <summary>Off until one of OpenTelemetry's endpoint variables is set, or while <c>OTEL_SDK_DISABLED</c> is true. Off, none of its
    /// assemblies is loaded.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var on = Array.Exists(Endpoints, name => !string.IsNullOrEmpty(configuration[name]))
            && !string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase);
        services.AddSingleton(new TelemetryExport(on));
        return on ? Export(services, configuration) : services;
    }

    // A method of its own: the types it names are loaded when it runs.
    private static IServiceCollection Export(IServiceCollection services, IConfiguration configuration) =>
        services.AddExport(configuration);
}

/// <summary>Whether this app exports metrics: gauges that cost reads are skipped otherwise.</summary>
/// <param name="IsOn">True: it does.</param>
public sealed record TelemetryExport(bool IsOn);
