using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Moss.Server.Pipeline;

/// <summary>
/// So much of something, shared by those who come: nobody takes more than leaves as much for others as it has itself. One alone gets half, each of two a
/// third, and whoever has nothing finds something left, however much the others ask for.
/// </summary>
sealed class FairShare(long all)
{
    readonly Dictionary<string, long> _held = new(StringComparer.Ordinal);
    readonly Lock _lock = new();
    long _taken;

    /// <summary>Who a client is of whom nothing else is known: its address, and of IPv6 the network, of which one client has as many addresses as it likes.</summary>
    public static string HolderOf(IPAddress? client) => client switch
    {
        null => "",
        { IsIPv4MappedToIPv6: true } => client.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(client.GetAddressBytes().AsSpan(0, 8)),
        _ => client.ToString(),
    };

    /// <summary>Takes an amount; false, and nothing is taken, when it is more than the holder's share.</summary>
    public bool TryTake(string holder, long amount = 1)
    {
        lock (_lock)
        {
            // The last one of a thing may be taken by whoever has none: a share of nothing would help nobody.
            var held = _held.GetValueOrDefault(holder) + amount;
            var left = all - _taken - amount;
            if (left < 0 || (held > left && held > 1))
            {
                return false;
            }

            _held[holder] = held;
            _taken += amount;
            return true;
        }
    }

    /// <summary>Gives back what was taken.</summary>
    public void Return(string holder, long amount = 1)
    {
        lock (_lock)
        {
            ref var held = ref CollectionsMarshal.GetValueRefOrNullRef(_held, holder);
            held -= amount;
            _taken -= amount;
            if (held == 0)
            {
                _held.Remove(holder);
            }
        }
    }
}
