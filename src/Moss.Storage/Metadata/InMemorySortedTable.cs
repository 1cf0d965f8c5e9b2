using System.Collections.Immutable;

namespace Moss.Storage.Metadata;

/// <summary>An immutable table sorted by its key: a change makes a new one, and who holds the old one still sees the old state.</summary>
sealed class InMemorySortedTable<TKey, TValue>
{
    static readonly IComparer<KeyValuePair<TKey, TValue>> ByKey =
        Comparer<KeyValuePair<TKey, TValue>>.Create((a, b) => Comparer<TKey>.Default.Compare(a.Key, b.Key));

    public static readonly InMemorySortedTable<TKey, TValue> Empty = new([]);

    readonly ImmutableSortedSet<KeyValuePair<TKey, TValue>> _rows;

    InMemorySortedTable(ImmutableSortedSet<KeyValuePair<TKey, TValue>> rows) => _rows = rows.WithComparer(ByKey);

    public TValue? Find(TKey key) => _rows.TryGetValue(Probe(key), out var row) ? row.Value : default;

    public bool Contains(TKey key) => _rows.Contains(Probe(key));

    public InMemorySortedTable<TKey, TValue> Set(TKey key, TValue value) =>
        new(_rows.Remove(Probe(key)).Add(new(key, value)));

    public InMemorySortedTable<TKey, TValue> Remove(TKey key) => new(_rows.Remove(Probe(key)));

    public InMemorySortedTable<TKey, TValue> RemoveAll(Func<TKey, TValue, bool> predicate) =>
        new(_rows.Except(_rows.Where(row => predicate(row.Key, row.Value))));

    /// <summary>The rows in order, from this key on, inclusive; found by search, not by looking at all.</summary>
    public IEnumerable<KeyValuePair<TKey, TValue>> From(TKey key)
    {
        var found = _rows.IndexOf(Probe(key));
        for (var i = found >= 0 ? found : ~found; i < _rows.Count; i++)
        {
            yield return _rows[i];
        }
    }

    public IEnumerable<TValue> Values => _rows.Select(row => row.Value);

    public int Count => _rows.Count;

    static KeyValuePair<TKey, TValue> Probe(TKey key) => new(key, default!);
}

/// <summary>Bytes that compare as bytes, unsigned, the shorter one first.</summary>
readonly record struct InMemoryBytes(ReadOnlyMemory<byte> Value) : IComparable<InMemoryBytes>
{
    public static InMemoryBytes Of(string text) => new(System.Text.Encoding.UTF8.GetBytes(text));

    public int CompareTo(InMemoryBytes other) => Value.Span.SequenceCompareTo(other.Value.Span);

    public static bool operator <(InMemoryBytes left, InMemoryBytes right) => left.CompareTo(right) < 0;

    public static bool operator >(InMemoryBytes left, InMemoryBytes right) => left.CompareTo(right) > 0;

    public static bool operator <=(InMemoryBytes left, InMemoryBytes right) => left.CompareTo(right) <= 0;

    public static bool operator >=(InMemoryBytes left, InMemoryBytes right) => left.CompareTo(right) >= 0;

    public bool StartsWith(InMemoryBytes prefix) => Value.Span.StartsWith(prefix.Value.Span);
}
