using System.Collections.Concurrent;

namespace Moss.Server.AccessControl.Sts;

/// <summary>
/// Remembers which nonces were used while their calls could be repeated. Only calls with a good signature get this far, so that nobody without a key
/// fills it; when a key fills it nevertheless, further calls wait until old ones are forgotten.
/// </summary>
sealed class NonceMemory(TimeProvider time)
{
    const int MaxNonces = 100_000;

    readonly ConcurrentDictionary<(string AccessKeyId, string Nonce), DateTimeOffset> _used = new();
    long _swept;

    /// <summary>Whether the nonce is fresh; it is used from now on until its call's time has run out.</summary>
    /// <exception cref="StsException">Too many calls.</exception>
    public bool TryUse(string accessKeyId, string nonce, DateTimeOffset until)
    {
        Sweep();
        return _used.Count >= MaxNonces
            ? throw new StsException("Throttling", 503, "Request was denied due to request throttling.")
            : _used.TryAdd((accessKeyId, nonce), until);
    }

    void Sweep()
    {
        var now = time.GetUtcNow();
        var last = Interlocked.Read(ref _swept);
        if (now.UtcTicks - last < TimeSpan.TicksPerMinute && _used.Count < MaxNonces)
        {
            return;
        }

        Interlocked.Exchange(ref _swept, now.UtcTicks);
        foreach (var (key, until) in _used)
        {
            if (until < now)
            {
                _used.TryRemove(key, out _);
            }
        }
    }
}
