using System.Net;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Platform.Identity;

/// <summary>Pipeline of all Azure clients: one transport, one retry policy, each request counted, no log lines.</summary>
internal static class CloudPipeline
{
    /// <summary>The longest wait a server may ask for (Retry-After) that we still wait out inside one call; beyond it the caller
    /// decides.</summary>
    internal static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private static readonly PatientRetry Retry = new();

    /// <summary>
    /// One transport per account or namespace: pooled connections, renewed every five minutes so that a moved address is noticed.
    /// On loopback no proxy is used, regardless of the environment.
    /// </summary>
    public static HttpPipelineTransport Transport(bool loopback) => new HttpClientTransport(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        UseCookies = false,
        UseProxy = !loopback,
    });

    /// <summary>
    /// Sets the options of an SDK client. Retries: exponential, 3 after the first try, 0.2 s to 2 s apart, each try at most 10 s. Retried
    /// are 408, 429,
    /// 500, 502, 503, 504 and lost connections. <paramref name="count"/> is called once per request that goes out.
    /// </summary>
    public static T Configure<T>(T options, HttpPipelineTransport transport, Action count)
        where T : ClientOptions
    {
        options.Transport = transport;
        options.RetryPolicy = Retry;
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(10);
        // Ids only in our log lines: Azure.Core's own lines (URLs with keys of rows) stay off. The runtime's own spans of outgoing calls
        // stay on.
        options.Diagnostics.IsLoggingEnabled = false;
        options.Diagnostics.IsDistributedTracingEnabled = false;
        options.Diagnostics.IsTelemetryEnabled = false;
        options.AddPolicy(new CountingPolicy(count), HttpPipelinePosition.PerRetry);
        options.AddPolicy(new PatiencePolicy(), HttpPipelinePosition.PerRetry);
        return options;
    }

    private sealed class CountingPolicy(Action count) : HttpPipelineSynchronousPolicy
    {
        public override void OnSendingRequest(HttpMessage message) => count();
    }

    /// <summary>Gives each attempt the rest of <see cref="Patience.Longest"/>, counted from the first.</summary>
    private sealed class PatiencePolicy : HttpPipelineSynchronousPolicy
    {
        private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(0.3);

        public override void OnSendingRequest(HttpMessage message)
        {
            if (Patience.Longest is not { } longest) return;
            if (!message.TryGetProperty(nameof(Patience), out var begun))
                message.SetProperty(nameof(Patience), begun = TimeProvider.System.GetTimestamp());
            var left = longest - TimeProvider.System.GetElapsedTime((long)begun!);
            message.NetworkTimeout = left > Shortest ? left : Shortest;
        }

        /// <summary>Whether another try, after its pause, would end too late.</summary>
        public static bool IsOver(HttpMessage message) =>
            Patience.Longest is { } longest && message.TryGetProperty(nameof(Patience), out var begun)
            && TimeProvider.System.GetElapsedTime((long)begun!) > longest / 2;
    }

    // Azure.Core waits as long as Retry-After says; a provider waits for our answer meanwhile.
    private sealed class PatientRetry()
        : RetryPolicy(3, DelayStrategy.CreateExponentialDelayStrategy(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(2)))
    {
        protected override ValueTask<bool> ShouldRetryAsync(HttpMessage message, Exception? exception) =>
            AsksTooLong(message) || PatiencePolicy.IsOver(message)
                ? ValueTask.FromResult(false)
                : base.ShouldRetryAsync(message, exception);

        private static bool AsksTooLong(HttpMessage message) =>
            message.HasResponse
            && message.Response.Headers.TryGetValue("Retry-After", out var value)
            && int.TryParse(value, out var seconds)
            && seconds > LongestWait.TotalSeconds;
    }
}
