using System.Net;
using System.Net.Sockets;

namespace Serverless.Platform.OutboundHttp;

/// <summary>
/// Creates the HttpClient for addresses chosen by others: connects to public addresses only, follows no redirect, stores no cookie.
/// </summary>
public static class GuardedClient
{
    /// <summary>A client whose every connection is guarded. Timeouts are the caller's.</summary>
    /// <param name="loopbackToo">True on a developer's machine only: loopback is let through, and http.</param>
    public static HttpClient Create(bool loopbackToo)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 32,
            ConnectCallback = (context, ct) => ConnectAsync(context.DnsEndPoint, loopbackToo, ct),
        };
#pragma warning disable RS0030 // The one place where such a client is made: here the guard is put in.
        return new HttpClient(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = 64 * 1024 };
#pragma warning restore RS0030
    }

    /// <summary>True when a URL may be called at all: https, or http to loopback where that is let through; no user info.</summary>
    public static bool MayCall(Uri url, bool loopbackToo) =>
        url.IsAbsoluteUri && url.UserInfo.Length == 0
        && (url.Scheme == Uri.UriSchemeHttps || (loopbackToo && url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));

    // Addresses are checked after name resolution and before the connection, so DNS rebinding gains nothing.
    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, bool loopbackToo, CancellationToken ct)
    {
        var addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(target.Host, ct);
        if (addresses.Length == 0 || !Array.TrueForAll(addresses, a => PublicAddress.Is(a) || (loopbackToo && IPAddress.IsLoopback(a))))
            throw new ForbiddenAddressException();

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, target.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>The name resolves to an address that is not public.</summary>
public sealed class ForbiddenAddressException() : Exception("The address is not public; calls go out to public addresses only.");
