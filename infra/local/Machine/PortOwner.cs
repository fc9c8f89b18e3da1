using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Serverless.Local.CommandLine;

namespace Serverless.Local.Machine;

/// <summary>Tells whether a loopback port is free, and who holds it.</summary>
internal static class PortOwner
{
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Refuses with a sentence that names the process to ask and how to choose another port.</summary>
    public static void DemandFree(int port)
    {
        if (port == 0) return;
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new Refusal(
                $"Port {port} on 127.0.0.1 is taken by {Of(port) ?? "a process of another user"}: end that, or choose another port with --port (0 takes a free one).");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new Refusal($"Port {port} needs rights that this user lacks: choose one above 1024 with --port.");
        }
    }

    /// <summary>Whether it can be taken now; always true of 0.</summary>
    public static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A port that was free a moment ago.</summary>
    public static int Free()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>E.g. <c>process 4711 (node)</c>; null when it cannot be seen.</summary>
    private static string? Of(int port)
    {
        var sockets = Tables.Where(File.Exists).SelectMany(f => Listeners(f, port)).ToHashSet(StringComparer.Ordinal);
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out var id)) continue;
            try
            {
                if (Directory.EnumerateFiles(Path.Combine(process, "fd"))
                    .Any(f => File.ResolveLinkTarget(f, returnFinalTarget: false) is { } link && sockets.Contains(link.Name)))
                {
                    return $"process {id} ({File.ReadAllText(Path.Combine(process, "comm")).Trim()})";
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone, or somebody else's: the next one.
            }
        }
        return null;
    }

    /// <summary>Local address is column 2, state column 4 (0A is LISTEN), inode column 10:
    /// https://docs.kernel.org/networking/proc_net_tcp.html</summary>
    private static IEnumerable<string> Listeners(string file, int port) =>
        from line in File.ReadLines(file).Skip(1)
        let columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        where columns.Length > 9 && columns[3] == "0A" && columns[1].EndsWith($":{port:X4}", StringComparison.Ordinal)
        select $"socket:[{columns[9]}]";
}
