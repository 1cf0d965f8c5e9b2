using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Moss.Server.AccessControl;

/// <summary>
/// A range of addresses, <c>10.0.0.0/8</c> or <c>fd00::/8</c>. Bits behind the prefix are ignored, as policies are written with them. An IPv4 address
/// mapped into IPv6 is the IPv4 address.
/// </summary>
sealed class CidrRange
{
    const int IPv4Length = 4, IPv6Length = 16;

    readonly byte[] _network;
    readonly int _prefix;

    CidrRange(byte[] network, int prefix)
    {
        _network = network;
        _prefix = prefix;
    }

    // Of IPv4 a hundred and twenty-eighth, so that the private networks are none; of IPv6 twice what registries give to one network.
    const double BroadPartOfV4 = 1.0 / (1 << 7), BroadPartOfV6 = 1.0 / (1L << 31);

    /// <summary>Whether ranges together are so great a part of all addresses that they name nobody. What stands in two of them counts twice.</summary>
    public static bool AreBroad(IReadOnlyCollection<CidrRange> ranges) =>
        PartOfAll(ranges, IPv4Length) >= BroadPartOfV4 || PartOfAll(ranges, IPv6Length) >= BroadPartOfV6;

    static double PartOfAll(IEnumerable<CidrRange> ranges, int length) =>
        ranges.Where(range => range._network.Length == length).Sum(range => Math.ScaleB(1, -range._prefix));

    /// <summary>Parses <c>address/prefix</c>, or a lone address as a range of one.</summary>
    public static bool TryParse(string text, out CidrRange range)
    {
        range = null!;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var address = slash < 0 ? text : text[..slash];
        var isFull = address.Count('.') == 3 || address.Contains(':', StringComparison.Ordinal);
        if (!isFull || !IPAddress.TryParse(address, out var network) || network.ScopeIdOrZero() != 0)
        {
            return false;
        }

        var bytes = network.GetAddressBytes();
        var prefix = bytes.Length * 8;
        if (slash >= 0 && !(int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out prefix) && prefix <= bytes.Length * 8))
        {
            return false;
        }

        if (network.IsIPv4MappedToIPv6 && prefix >= 96)
        {
            (bytes, prefix) = (network.MapToIPv4().GetAddressBytes(), prefix - 96);
        }

        range = new(bytes, prefix);
        return true;
    }

    /// <summary>Parses what is known to be a range.</summary>
    public static CidrRange Parse(string text) =>
        TryParse(text, out var range) ? range : throw new FormatException($"{text} is not an address range such as 10.0.0.0/8.");

    public bool Contains(IPAddress address)
    {
        var bytes = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).GetAddressBytes();
        if (bytes.Length != _network.Length)
        {
            return false;
        }

        var whole = _prefix / 8;
        var rest = _prefix % 8;
        return bytes.AsSpan(0, whole).SequenceEqual(_network.AsSpan(0, whole))
            && (rest == 0 || (bytes[whole] >> (8 - rest)) == (_network[whole] >> (8 - rest)));
    }

    public override string ToString() => $"{new IPAddress(_network)}/{_prefix}";
}

file static class Addresses
{
    public static long ScopeIdOrZero(this IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? address.ScopeId : 0;
}
