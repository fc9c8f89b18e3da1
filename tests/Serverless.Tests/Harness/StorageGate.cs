using System.Net;
using System.Net.Sockets;

namespace Serverless.Tests.Harness;

/// <summary>A door between the app and Azurite that a test can shut: then connections are refused or cut, as when storage is down.</summary>
public sealed class StorageGate : IDisposable
{
    private readonly List<Passage> _passages = [];

    private StorageGate(string connectionString)
    {
        var parts = connectionString.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(part =>
        {
            var (name, value) = (part[..part.IndexOf('=')], part[(part.IndexOf('=') + 1)..]);
            if (!name.EndsWith("Endpoint", StringComparison.Ordinal)) return part;
            var target = new Uri(value);
            var passage = new Passage(target.Port);
            _passages.Add(passage);
            return $"{name}=http://127.0.0.1:{passage.Port}{target.AbsolutePath}";
        });
        ConnectionString = string.Join(';', parts);
    }

    public string ConnectionString { get; }

    public static StorageGate Open(string connectionString) => new(connectionString);

    public void Shut() => _passages.ForEach(p => p.Shut());

    public void Reopen() => _passages.ForEach(p => p.IsOpen = true);

    public void Dispose() => _passages.ForEach(p => p.Dispose());

    private sealed class Passage : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly HashSet<TcpClient> _open = [];
        private readonly int _target;

        public Passage(int target)
        {
            _target = target;
            _listener.Start();
            _ = AcceptAsync();
        }

        public bool IsOpen { get; set; } = true;

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Shut()
        {
            IsOpen = false;
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

        private async Task CarryAsync(TcpClient client)
        {
            using var there = new TcpClient();
            using (client)
            {
                try
                {
                    if (!IsOpen) return;
                    await there.ConnectAsync(IPAddress.Loopback, _target);
                    lock (_open)
                    {
                        _open.Add(client);
                        _open.Add(there);
                    }

                    client.NoDelay = there.NoDelay = true;
                    await Task.WhenAny(client.GetStream().CopyToAsync(there.GetStream()), there.GetStream().CopyToAsync(client.GetStream()));
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
