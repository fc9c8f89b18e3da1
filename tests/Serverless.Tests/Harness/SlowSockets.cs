using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Serverless.Tests.Harness;

/// <summary>
/// Sockets that begin a POST, send a part of its body, and then nothing: what a stranger does who has no secret and much time.
/// </summary>
public sealed class SlowSockets : IAsyncDisposable
{
    private readonly List<TcpClient> _open = [];
    private int _left;

    /// <summary>Sockets that were opened.</summary>
    public int Count => _open.Count;

    /// <summary>Opens one more.</summary>
    /// <param name="app">Where the app listens.</param>
    /// <param name="path">From <c>/api</c> on.</param>
    /// <param name="claimed">Content-Length; JSON would be read by the host before the app hears of it.</param>
    /// <param name="sent">Bytes of it that are sent; the host hands on what fills its buffer of 4 KiB.</param>
    /// <param name="begin">What they begin with.</param>
    public async Task OpenAsync(Uri app, string path, int claimed, int sent = 8 * 1024, string begin = "")
    {
        var client = new TcpClient();
        _open.Add(client);
        await client.ConnectAsync(app.Host, app.Port);
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"POST {path} HTTP/1.1\r\nHost: {app.Authority}\r\nContent-Type: application/x-www-form-urlencoded\r\n")
            + string.Create(CultureInfo.InvariantCulture, $"Content-Length: {claimed}\r\n\r\n{begin.PadRight(sent, 'x')}");
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
        _left = claimed - sent;
    }

    /// <summary>Sends the rest of the last body: a host hands an early answer on only when it has handed the whole body on.</summary>
    public Task FinishAsync() => _open[^1].GetStream().WriteAsync(Encoding.ASCII.GetBytes(new string('x', _left))).AsTask();

    /// <summary>Opens many, side by side.</summary>
    public Task OpenManyAsync(int count, Uri app, string path, int claimed, int sent = 8 * 1024) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => OpenAsync(app, path, claimed, sent)));

    /// <summary>What the last one hears: status line, headers, body.</summary>
    public async Task<string> HearAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var (stream, buffer, heard) = (_open[^1].GetStream(), new byte[16 * 1024], new StringBuilder());
        try
        {
            while (!IsWhole(heard.ToString()))
            {
                var read = await stream.ReadAsync(buffer, patience.Token);
                if (read == 0) break;
                heard.Append(Encoding.UTF8.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // Cut after the answer.
        }

        return heard.ToString();
    }

    public ValueTask DisposeAsync()
    {
        foreach (var client in _open) client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static bool IsWhole(string heard)
    {
        var end = heard.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0) return false;
        const string Length = "Content-Length: ";
        var told = heard[..end].Split("\r\n").FirstOrDefault(line => line.StartsWith(Length, StringComparison.OrdinalIgnoreCase));
        var bytes = Encoding.UTF8.GetByteCount(heard[(end + 4)..]);
        return told is not null && bytes >= int.Parse(told[Length.Length..], CultureInfo.InvariantCulture);
    }
}
