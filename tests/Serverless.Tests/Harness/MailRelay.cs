using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MimeKit;

namespace Serverless.Tests.Harness;

/// <summary>
/// Graph's sendMail for the suite of routes: looks into the mail, and hands the call as it is to whoever listens at the port its
/// recipient's domain names (<c>anna@p12345.example</c>), so that a test can hang, cut or refuse
/// each recipient on its own. What comes back goes back to the byte. Anything but a well-formed sendMail fails.
/// </summary>
public sealed class MailRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;

    public MailRelay()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1.0");

    /// <summary>The mail address that leads to a listener.</summary>
    public static string MailboxOf(string name, Uri listener) => $"{name}@p{listener.Port}.example";

    /// <summary>The mail in a recorded call.</summary>
    public static MimeMessage MailOf(byte[] body)
    {
        using var mime = new MemoryStream(Convert.FromBase64String(Encoding.ASCII.GetString(body)));
        return MimeMessage.Load(mime);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true) serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    // One call for each connection: the answer's end is the connection's end.
    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            var stream = client.GetStream();
            var (head, body) = await ReadAsync(stream);
            var lines = head.Split("\r\n");
            if (!lines[0].StartsWith("POST /v1.0/users/service%40contact.example.com/sendMail ", StringComparison.Ordinal)
                || !lines.Contains("Content-Type: text/plain", StringComparer.OrdinalIgnoreCase)
                || !lines.Contains("Authorization: Bearer loopback-token", StringComparer.Ordinal)) return;
            var domain = MailOf(body).To.Mailboxes.Single().Domain;
            using var target = new TcpClient();
            await target.ConnectAsync(IPAddress.Loopback,
                int.Parse(domain[1..domain.IndexOf('.', StringComparison.Ordinal)], CultureInfo.InvariantCulture), _end.Token);
            var onward = target.GetStream();
            await onward.WriteAsync(Encoding.ASCII.GetBytes($"{head}\r\nConnection: close\r\n\r\n"), _end.Token);
            await onward.WriteAsync(body, _end.Token);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            // When the caller loses patience, the listener hears of it.
            var gone = WatchAsync(stream, either);
            await onward.CopyToAsync(stream, either.Token);
            client.Client.Shutdown(SocketShutdown.Both);
            await either.CancelAsync();
            await gone;
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Cut by the listener, by the caller, or by the end of the test: closing our side says it on.
        }
    }

    private static async Task WatchAsync(NetworkStream stream, CancellationTokenSource either)
    {
        try
        {
            if (await stream.ReadAsync(new byte[1], either.Token) == 0) await either.CancelAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The call is over.
        }
    }

    private async Task<(string Head, byte[] Body)> ReadAsync(NetworkStream stream)
    {
        var bytes = new List<byte>();
        var one = new byte[1];
        while (bytes is not [.., 13, 10, 13, 10])
        {
            if (await stream.ReadAsync(one, _end.Token) == 0) throw new IOException("The caller said nothing.");
            bytes.Add(one[0]);
        }

        var head = Encoding.ASCII.GetString([.. bytes[..^4]]);
        var length = head.Split("\r\n").Single(l => l.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase))[16..];
        var body = new byte[int.Parse(length, CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _end.Token);
        return (head, body);
    }
}
