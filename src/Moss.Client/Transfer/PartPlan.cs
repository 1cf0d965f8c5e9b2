using Moss.Protocol.Limits;
using Moss.Protocol.Xml;

namespace Moss.Client.Transfer;

/// <summary>A part of a plan. Sizes are bytes.</summary>
readonly record struct PlannedPart(int Number, long Offset, long Length);

/// <summary>
/// Which bytes are which part. Part numbers come in groups of 16 whose parts have one size; a group's size is chosen when its first part is
/// about to be sent, and then stays. So the part size can follow the measured speed, and yet the offsets of all parts can be told from
/// the sizes of a few of them: from what ListParts says of an upload whose checkpoint was lost.
/// </summary>
sealed class PartPlan
{
    /// <summary>Parts a group. More would make the plan slower to follow, fewer harder to tell from a list with gaps.</summary>
    public const int GroupParts = 16;

    readonly List<long> _sizes = [];
    readonly List<long> _starts = [0];

    /// <summary>Where the groups that were chosen end.</summary>
    public long End => _starts[^1];

    /// <summary>The part sizes of the groups that were chosen.</summary>
    public IReadOnlyList<long> GroupSizes => _sizes;

    /// <summary>
    /// The part of this number of a source of so many bytes; null beyond its end. Chooses the size of the part's group if need be.
    /// A source of no bytes has one empty part.
    /// </summary>
    /// <param name="size">Bytes of the source; <see cref="long.MaxValue"/> while nobody knows.</param>
    /// <param name="wanted">The size to choose for a new group; it is raised to what the limits of the protocol need.</param>
    public PlannedPart? Part(int number, long size, Func<long> wanted)
    {
        var group = (number - 1) / GroupParts;
        if (number > OssLimits.MaxPartNumber)
        {
            return _starts[^1] >= size ? null : throw new IOException($"{size} bytes do not fit into 10,000 parts of the sizes that were chosen.");
        }

        if (group > _sizes.Count)
        {
            return null;
        }

        if (group == _sizes.Count)
        {
            if (_starts[group] >= size && number > 1)
            {
                return null;
            }

            Choose(size, wanted());
        }

        var offset = _starts[group] + (((number - 1) % GroupParts) * _sizes[group]);
        return offset >= size && number > 1 ? null : new(number, offset, Math.Min(_sizes[group], size - offset));
    }

    /// <summary>The parts of a source of so many bytes, as far as the groups are chosen.</summary>
    public IEnumerable<PlannedPart> Parts(long size)
    {
        var count = Math.Min(_sizes.Count * GroupParts, OssLimits.MaxPartNumber);
        for (var number = 1; number <= count && Part(number, size, static () => 0) is { } part; number++)
        {
            yield return part;
        }
    }

    /// <summary>
    /// Takes up the groups of an earlier try as far as its record knows them, and beyond that as they can be told from the parts the upload
    /// has: up to the first group without a part. The last part there is may be the short end of the source, so it tells its group's size
    /// only when nothing else does; a group that was told wrongly is found out, for its parts do not match.
    /// </summary>
    public static PartPlan Tell(IEnumerable<long> recorded, IReadOnlyList<UploadedPart> parts)
    {
        var plan = new PartPlan();
        foreach (var size in recorded)
        {
            plan.Add(size);
        }

        foreach (var group in parts.GroupBy(part => (part.PartNumber - 1) / GroupParts).OrderBy(group => group.Key))
        {
            if (group.Key < plan._sizes.Count)
            {
                continue;
            }

            // A part alone below the least size is the end of the source: any size of its group makes it the same part.
            var size = group.Max(part => part.Size);
            if (group.Key != plan._sizes.Count || size > OssLimits.MaxPartSize || (size < OssLimits.MinPartSize && group.Count() > 1))
            {
                break;
            }

            plan.Add(Math.Max(size, OssLimits.MinPartSize));
        }

        return plan;
    }

    /// <summary>Forgets the groups from this one on; they are chosen anew.</summary>
    public void Keep(int groups)
    {
        if (groups < _sizes.Count)
        {
            _starts.RemoveRange(groups + 1, _sizes.Count - groups);
            _sizes.RemoveRange(groups, _sizes.Count - groups);
        }
    }

    void Choose(long size, long wanted)
    {
        var partsLeft = OssLimits.MaxPartNumber - (_sizes.Count * GroupParts);
        var bytesLeft = size == long.MaxValue ? 0 : size - _starts[^1];
        var needed = bytesLeft / partsLeft + (bytesLeft % partsLeft > 0 ? 1 : 0);
        if (needed > OssLimits.MaxPartSize)
        {
            throw new IOException($"{size} bytes do not fit into the parts that are left.");
        }

        if (needed > wanted)
        {
            // A little more than needed, in round numbers, so that a source that grows still fits.
            wanted = RoundUp(needed + (needed / 16), 1024 * 1024);
        }

        Add(Math.Clamp(wanted, OssLimits.MinPartSize, OssLimits.MaxPartSize));
    }

    void Add(long size)
    {
        _starts.Add(_starts[^1] + (size * GroupParts));
        _sizes.Add(size);
    }

    internal static long RoundUp(long value, long unit) => (value + unit - 1) / unit * unit;
}
