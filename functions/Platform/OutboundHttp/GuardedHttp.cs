namespace Serverless.Platform.OutboundHttp;

/// <summary>The one client for addresses chosen by others, and whether loopback is allowed (developer machines).</summary>
public sealed class GuardedHttp(bool loopbackToo) : IDisposable
{
    private readonly Lazy<HttpClient> _client = new(() => GuardedClient.Create(loopbackToo));

    public bool LoopbackToo => loopbackToo;

    public HttpClient Client => _client.Value;

    public void Dispose()
    {
        if (_client.IsValueCreated) _client.Value.Dispose();
    }
}
