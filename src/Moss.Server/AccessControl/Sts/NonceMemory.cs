using System.Security.Cryptography;
using System.Text;
using Moss.Server.Pipeline;

namespace Moss.Server.AccessControl.Sts;

/// <summary>
/// Remembers which nonces were used while their calls could be repeated. Only calls with a good signature get this far. Whoever sends them has a share of the
/// places (<see cref="FairShare"/>), however many keys it has, and some of its own that nobody else can take; who has used up its places waits until old ones are forgotten.
/// </summary>
sealed class NonceMemory(TimeProvider time)
{
    /// <summary>Places that all have together, 32 bytes and some each: a hundred and forty calls a second, of which one sender alone gets half.</summary>
    internal const int MaxPlaces = 131_072;

    /// <summary>Places of a sender's own, beside those: a call a second. Senders are made by the administrator, so that these are bounded, too.</summary>
    internal const int Own = 1024;

    readonly Lock _gate = new();
    readonly Dictionary<string, Dictionary<Int128, DateTimeOffset>> _used = new(StringComparer.Ordinal);
    readonly FairShare _places = new(MaxPlaces);
    DateTimeOffset _swept;

    /// <summary>Whether the nonce is fresh; it is used from now on until its call's time has run out.</summary>
    /// <param name="sender">Who has the key: one text for all keys of a user, an account or a role.</param>
    /// <param name="accessKeyId">The key that signed the call.</param>
    /// <param name="nonce">Any text.</param>
    /// <param name="until">When the call is no longer believed.</param>
    /// <exception cref="StsException">Too many calls.</exception>
    public bool TryUse(string sender, string accessKeyId, string nonce, DateTimeOffset until)
    {
        var place = PlaceOf(accessKeyId, nonce);
        lock (_gate)
        {
            Sweep();
            if (!_used.TryGetValue(sender, out var own))
            {
                _used[sender] = own = [];
            }

            if (own.ContainsKey(place))
            {
                return false;
            }

            if (own.Count >= Own && !_places.TryTake(sender))
            {
                throw new StsException("Throttling", 503, "Request was denied due to request throttling.");
            }

            own.Add(place, until);
            return true;
        }
    }

    // Two calls of one hash do not happen, and so long a nonce takes no more room than a short one.
    static Int128 PlaceOf(string accessKeyId, string nonce) =>
        System.Buffers.Binary.BinaryPrimitives.ReadInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{accessKeyId}\n{nonce}")));

    void Sweep()
    {
        var now = time.GetUtcNow();
        if (now - _swept < TimeSpan.FromMinutes(1))
        {
            return;
        }

        _swept = now;
        foreach (var (sender, own) in _used)
        {
            var shared = Math.Max(own.Count - Own, 0);
            foreach (var (place, until) in own)
            {
                if (until < now)
                {
                    own.Remove(place);
                }
            }

            shared -= Math.Max(own.Count - Own, 0);
            if (shared > 0)
            {
                _places.Return(sender, shared);
            }

            if (own.Count == 0)
            {
                _used.Remove(sender);
            }
        }
    }
}
