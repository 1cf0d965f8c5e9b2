using System.Text;

namespace Moss.Storage.Listing;

/// <summary>Where a scan goes on, inclusive: a key's bytes and, within the key, an upload id or a version's sequence number.</summary>
readonly record struct ScanPosition(byte[] Key, string UploadId = "", long Sequence = long.MaxValue);

/// <summary>
/// One page of any listing. Rolled-up groups are skipped by seeking past them, so that a page costs what it returns and not what the
/// bucket holds: a group of a million keys takes one seek.
/// </summary>
/// <param name="scan">Reads up to so many items from a position on, below a key (null: to the end).</param>
/// <param name="keyOf">The key of an item.</param>
/// <param name="after">The position behind an item.</param>
sealed class PrefixScan<T>(
    Func<ScanPosition, byte[]?, int, ValueTask<IReadOnlyList<T>>> scan, Func<T, string> keyOf, Func<T, ScanPosition> after)
    where T : class
{
    /// <summary>
    /// Items read at once while groups are being skipped: after a skip the next item most likely opens another group, and anything read beyond it would
    /// be thrown away. Doubles while it does not.
    /// </summary>
    const int FirstBatch = 1;

    readonly List<T> _items = [];
    readonly List<string> _prefixes = [];
    string _next = "";
    T? _last;

    /// <summary>Reads a page from a position on. A scan reads one page only.</summary>
    public async ValueTask<ListPage<T>> ReadAsync(ListRequest request, ScanPosition position)
    {
        var end = After(request.Prefix);
        var start = Encoding.UTF8.GetBytes(request.Prefix);
        if (position.Key.AsSpan().SequenceCompareTo(start) < 0)
        {
            position = new(start);
        }

        // One more than the page holds tells whether there is more.
        var wanted = request.MaxEntries + 1;
        var batch = request.Delimiter.Length == 0 ? wanted : FirstBatch;
        while (true)
        {
            var items = await scan(position, end, batch);
            if (!Take(items, request, out var group))
            {
                return new(_items, _prefixes, IsTruncated: true, _next, _last);
            }

            if (group is not null)
            {
                position = new(After(group)!);
                batch = FirstBatch;
            }
            else if (items.Count < batch)
            {
                return new(_items, _prefixes, IsTruncated: false, _next, _last);
            }
            else
            {
                position = after(items[^1]);
                batch = Math.Min(batch * 2, wanted);
            }
        }
    }

    // Takes items up to the first that opens a group, which the caller then skips. False when there was one too many for the page.
    bool Take(IReadOnlyList<T> items, ListRequest request, out string? group)
    {
        group = null;
        foreach (var item in items)
        {
            if (_items.Count + _prefixes.Count == request.MaxEntries)
            {
                return false;
            }

            var key = keyOf(item);
            group = GroupOf(key, request.Prefix, request.Delimiter);
            _next = group ?? key;
            _last = item;
            if (group is not null)
            {
                _prefixes.Add(group);
                return true;
            }

            _items.Add(item);
        }

        return true;
    }

    /// <summary>Where a page begins that was asked for behind a marker.</summary>
    /// <param name="request">The marker and what it is relative to.</param>
    /// <param name="within">The position behind the marker inside its key, when the request names one.</param>
    public static ScanPosition Behind(ListRequest request, ScanPosition? within)
    {
        var marker = request.KeyMarker;
        return marker.Length == 0 ? new([])
            : marker.StartsWith(request.Prefix, StringComparison.Ordinal)
                && GroupOf(marker, request.Prefix, request.Delimiter) == marker ? new(After(marker)!)
            : within ?? new([.. Encoding.UTF8.GetBytes(marker), 0]);
    }

    static string? GroupOf(string key, string prefix, string delimiter)
    {
        var at = delimiter.Length == 0 ? -1 : key.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal);
        return at < 0 ? null : key[..(at + delimiter.Length)];
    }

    /// <summary>
    /// The first bytes above everything that begins with this text; null when nothing is above. UTF-8 never holds the byte FF, so
    /// adding one to the last byte is enough.
    /// </summary>
    public static byte[]? After(string prefix)
    {
        if (prefix.Length == 0)
        {
            return null;
        }

        var bytes = Encoding.UTF8.GetBytes(prefix);
        bytes[^1]++;
        return bytes;
    }
}
