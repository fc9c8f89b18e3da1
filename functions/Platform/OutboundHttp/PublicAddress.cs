using System.Net;
using System.Net.Sockets;

namespace Serverless.Platform.OutboundHttp;

/// <summary>Checks whether an address is public: a subscriber's URL must not reach into the app's own network.</summary>
/// <remarks>Source: https://www.iana.org/assignments/iana-ipv4-special-registry and
/// https://www.iana.org/assignments/iana-ipv6-special-registry</remarks>
public static class PublicAddress
{
    private static readonly IPNetwork[] Special =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            // Azure's own services on a virtual machine:
            // https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16
            "168.63.129.16/32",
            "2001::/23", "2001:db8::/32", "3fff::/20",
        }.Select(IPNetwork.Parse),
    ];

    // All that IANA has given out for the public: https://www.iana.org/assignments/ipv6-unicast-address-assignments
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>True for an address that anybody on the internet may mean. An IPv4 address inside an IPv6 one is judged as IPv4.</summary>
    public static bool Is(IPAddress address)
    {
        var judged = Embedded(address) ?? address;
        if (judged.AddressFamily == AddressFamily.InterNetworkV6 && !GlobalUnicast.Contains(judged)) return false;
        return !Array.Exists(Special, network => network.BaseAddress.AddressFamily == judged.AddressFamily && network.Contains(judged));
    }

    // Mapped (::ffff:a.b.c.d), NAT64 (64:ff9b::a.b.c.d) and 6to4 (2002:aabb:ccdd::) lead to an IPv4 host.
    private static IPAddress? Embedded(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return null;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        return bytes switch
        {
            [0x20, 0x02, ..] => new IPAddress(bytes.AsSpan(2, 4)),
            [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ..] => new IPAddress(bytes.AsSpan(12, 4)),
            _ => null,
        };
    }
}
