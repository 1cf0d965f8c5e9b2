using System.Buffers;

namespace Moss.Server.PostObject;

/// <summary>Finds bytes in a sequence of segments, also across their borders.</summary>
static class SequenceSearch
{
    /// <summary>Where the bytes begin, at or after a place; -1 when they are not there.</summary>
    public static long IndexOf(this ReadOnlySequence<byte> sequence, ReadOnlySpan<byte> wanted, long start)
    {
        var rest = sequence.Slice(Math.Min(start, sequence.Length));
        if (rest.IsSingleSegment)
        {
            var index = rest.FirstSpan.IndexOf(wanted);
            return index < 0 ? -1 : start + index;
        }

        // The last bytes of what was searched, one less than are wanted: with the beginning of the next segment they show what lies across.
        Span<byte> border = stackalloc byte[512];
        var kept = 0;
        var before = start;
        foreach (var segment in rest)
        {
            var span = segment.Span;
            var head = span[..Math.Min(span.Length, wanted.Length - 1)];
            head.CopyTo(border[kept..]);
            var across = border[..(kept + head.Length)].IndexOf(wanted);
            if (across >= 0)
            {
                return before - kept + across;
            }

            var inside = span.IndexOf(wanted);
            if (inside >= 0)
            {
                return before + inside;
            }

            before += span.Length;
            if (span.Length >= wanted.Length - 1)
            {
                kept = wanted.Length - 1;
                span[^kept..].CopyTo(border);
            }
            else
            {
                var all = kept + span.Length;
                var surplus = Math.Max(0, all - (wanted.Length - 1));
                border[surplus..all].CopyTo(border);
                kept = all - surplus;
            }
        }

        return -1;
    }
}
