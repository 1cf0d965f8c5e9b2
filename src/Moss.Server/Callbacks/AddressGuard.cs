using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Moss.Server.AccessControl;

namespace Moss.Server.Callbacks;

/// <summary>
/// Which addresses the server may call on behalf of a client. Only public unicast ones, unless the operator allows others: whoever may upload must not reach what only
/// the server can reach.
/// </summary>
sealed class AddressGuard(ImmutableArray<CidrRange> allowed)
{
    // The registries of special-purpose addresses (RFC 6890 and its successors). 100.100.100.200 and 169.254.169.254, where clouds keep their
    // machines' credentials, are among them.
    static readonly CidrRange[] Special =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
            "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
        }.Select(CidrRange.Parse),
    ];

    static readonly CidrRange Unicast6 = CidrRange.Parse("2000::/3");
    static readonly CidrRange Translated = CidrRange.Parse("64:ff9b::/96");

    /// <summary>Whether the server may connect to this address.</summary>
    public bool MayCall(IPAddress address)
    {
        var plain = Unwrap(address);
        return allowed.Any(range => range.Contains(address) || range.Contains(plain))
            || ((plain.AddressFamily == AddressFamily.InterNetwork || Unicast6.Contains(plain)) && !Special.Any(range => range.Contains(plain)));
    }

    // An IPv4 address in the clothes of an IPv6 one is judged as what it reaches.
    static IPAddress Unwrap(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : Translated.Contains(address) ? new IPAddress(address.GetAddressBytes().AsSpan(12))
        : address;
}
