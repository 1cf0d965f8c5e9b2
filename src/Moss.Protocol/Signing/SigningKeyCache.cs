using System.Collections.Concurrent;

namespace Moss.Protocol.Signing;

/// <summary>
/// Remembers derived V4 keys, so that a request costs one HMAC instead of five. Only keys that have verified (or made) a
/// signature come in, so strangers cannot push them out; when it is full it starts anew, as it also does every few days.
/// </summary>
sealed class SigningKeyCache
{
    /// <summary>A few keys a day and access key; some 100 bytes each.</summary>
    const int MaxEntries = 1024;

    public static readonly SigningKeyCache Shared = new();

    readonly ConcurrentDictionary<(string AccessKeyId, string Scope), Entry> _entries = new();

    /// <summary>The remembered key, or null. A changed secret is a miss.</summary>
    public byte[]? Find(string accessKeyId, string scope, AccessKeySecret secret) =>
        _entries.TryGetValue((accessKeyId, scope), out var entry) && entry.Secret.Equals(secret) ? entry.Key : null;

    public void Remember(string accessKeyId, string scope, AccessKeySecret secret, byte[] key)
    {
        if (_entries.Count >= MaxEntries)
        {
            _entries.Clear();
        }

        _entries[(accessKeyId, scope)] = new Entry(secret, key);
    }

    sealed record Entry(AccessKeySecret Secret, byte[] Key)
    {
        public override string ToString() => "***";
    }
}
