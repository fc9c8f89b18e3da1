using System.Net;
using System.Net.Sockets;

namespace Serverless.Tests.Harness;

/// <summary>A door between the app and Azurite that a test can shut: then connections are refused or cut, as when storage is
/// down.</summary>
public sealed class StorageGate : IDisposable
{
    private readonly List<Passage> _passages = [];

    private StorageGate(string connectionString, LaterMessages? later)
    {
        var parts = connectionString.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(part =>
        {
            var (name, value) = (part[..part.IndexOf('=')], part[(part.IndexOf('=') + 1)..]);
            if (!name.EndsWith("Endpoint", StringComparison.Ordinal)) return part;
            var target = new Uri(value);
            var passage = new Passage(name, target.Port, name == "QueueEndpoint" ? later : null);
            _passages.Add(passage);
            return $"{name}=http://127.0.0.1:{passage.Port}{target.AbsolutePath}";
        });
        ConnectionString = string.Join(';', parts);
    }

    public string ConnectionString { get; }

    /// <param name="connectionString">Straight to Azurite.</param>
    /// <param name="later">Told of what is put into the queues of routes with a delay.</param>
    internal static StorageGate Open(string connectionString, LaterMessages? later = null) => new(connectionString, later);

    /// <summary>Bytes that tables have answered so far.</summary>
    public long TableBytes => _passages.Single(p => p.Name == "TableEndpoint").Answered;

    public void Shut() => _passages.ForEach(p => p.Shut());

    /// <summary>Tables only; queues and blobs go on.</summary>
    public void ShutTables() => _passages.Single(p => p.Name == "TableEndpoint").Shut();

    /// <summary>Lets new connections in and carries nothing: storage that hangs instead of refusing.</summary>
    public void Hang()
    {
        _passages.ForEach(p => p.IsHanging = true);
        _passages.ForEach(p => p.Cut());
    }

    public void Reopen() => _passages.ForEach(p => p.Open());

    public void Dispose() => _passages.ForEach(p => p.Dispose());

    private sealed class Passage : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly HashSet<TcpClient> _open = [];
        private readonly int _target;
        private readonly LaterMessages? _later;
        private long _answered;

        public Passage(string name, int target, LaterMessages? later)
        {
            (Name, _target, _later) = (name, target, later);
            _listener.Start();
            _ = AcceptAsync();
        }

        public string Name { get; }

        public long Answered => Interlocked.Read(ref _answered);

        public bool IsOpen { get; private set; } = true;

        public bool IsHanging { get; set; }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Open()
        {
            (IsOpen, IsHanging) = (true, false);
            Cut();
        }

        public void Shut()
        {
            IsOpen = false;
            Cut();
        }

        public void Cut()
        {
            lock (_open)
            {
                foreach (var client in _open) client.Close();
                _open.Clear();
            }
        }

        public void Dispose()
        {
            _listener.Stop();
            Shut();
            _listener.Dispose();
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true) _ = CarryAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The listener was stopped.
            }
        }

        private async Task CountAsync(NetworkStream from, NetworkStream to)
        {
            var buffer = new byte[64 * 1024];
            for (int read; (read = await from.ReadAsync(buffer)) > 0;)
            {
                Interlocked.Add(ref _answered, read);
                await to.WriteAsync(buffer.AsMemory(0, read));
            }
        }

        private async Task CarryAsync(TcpClient client)
        {
            using var there = new TcpClient();
            using (client)
            {
                try
                {
                    if (!IsOpen) return;
                    if (IsHanging)
                    {
                        lock (_open) _open.Add(client);
                        while (await client.GetStream().ReadAsync(new byte[4096]) > 0)
                        {
                            // Read and never answered.
                        }

                        return;
                    }

                    await there.ConnectAsync(IPAddress.Loopback, _target);
                    lock (_open)
                    {
                        _open.Add(client);
                        _open.Add(there);
                    }

                    client.NoDelay = there.NoDelay = true;
                    var (up, down) = (client.GetStream(), there.GetStream());
                    var watch = _later is null ? null : new PutWatch(_later);
                    await Task.WhenAny(watch?.UpAsync(up, down) ?? up.CopyToAsync(down), watch?.DownAsync(down, up)
                        ?? CountAsync(down, up));
                }
                catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
                {
                    // Cut while it was carried.
                }
                finally
                {
                    lock (_open)
                    {
                        _open.Remove(client);
                        _open.Remove(there);
                    }
                }
            }
        }
    }
}
