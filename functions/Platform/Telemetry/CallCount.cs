namespace Serverless.Platform.Telemetry;

/// <summary>Counts the requests that really went out, retries included, so that a budget of calls can be tested exactly.
/// Thread-safe.</summary>
public sealed class CallCount
{
    private long _storage;
    private long _bus;

    /// <summary>Requests sent to tables, blobs and queues since the start of the process.</summary>
    public long Storage => Interlocked.Read(ref _storage);

    /// <summary>Requests sent to the bus since the start of the process.</summary>
    public long Bus => Interlocked.Read(ref _bus);

    public void CountStorage() => Interlocked.Increment(ref _storage);

    public void CountBus() => Interlocked.Increment(ref _bus);
}
