using System.Buffers;
using System.IO.Pipelines;
using Moss.Protocol.Errors;

namespace Moss.Server.PostObject;

/// <summary>
/// The file's content out of a form, as a pipe of its own: it ends at the form's next delimiter. It holds nothing; what is not yet known to be content or
/// delimiter, fewer bytes than a delimiter has, stays in the request's pipe.
/// </summary>
sealed class FilePart(PipeReader body, byte[] delimiter) : PipeReader
{
    // Places are relative to the beginning of what is not consumed.
    long _found = -1;
    long _searched;
    long _examined;
    long _exposed;
    long _total;
    bool _isDone;
    ReadOnlySequence<byte> _buffer;

    /// <summary>The least and the most bytes that the file may have, both inclusive; checked while it passes.</summary>
    public (long Min, long Max) Range { get; set; } = (0, long.MaxValue);

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var result = await body.ReadAsync(cancellationToken);
            _buffer = result.Buffer;
            Search();
            if (_total + _exposed > Range.Max)
            {
                Refuse(new(OssErrors.EntityTooLarge));
            }

            if (_found >= 0 && !_isDone)
            {
                _isDone = IsEnd(result.IsCompleted);
            }

            if (_isDone && _total + _exposed < Range.Min)
            {
                Refuse(new(OssErrors.EntityTooSmall));
            }

            if (_isDone || _exposed > _examined || result.IsCanceled)
            {
                return new(_buffer.Slice(0, _exposed), result.IsCanceled, _isDone);
            }

            if (result.IsCompleted)
            {
                Refuse(PartHeaders.Malformed());
            }

            body.AdvanceTo(_buffer.Start, _buffer.End);
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        // Whether there is more may take a wait to know.
        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var taken = _buffer.Slice(_buffer.Start, consumed).Length;
        var seen = _buffer.Slice(_buffer.Start, examined).Length;

        // Whoever saw all there was waits for more, which has to arrive first; at the end nothing more has to.
        body.AdvanceTo(consumed, seen >= _exposed && !_isDone ? _buffer.End : examined);
        _total += taken;
        _examined = Math.Max(0, seen - taken);
        _searched = Math.Max(0, _searched - taken);
        _found = _found < 0 ? -1 : _found - taken;
        _exposed -= taken;
    }

    public override void CancelPendingRead() => body.CancelPendingRead();

    // The request's pipe goes on: what stands behind the file is the server's to drain.
    public override void Complete(Exception? exception = null)
    {
    }

    void Search()
    {
        if (_found < 0)
        {
            _found = _buffer.IndexOf(delimiter, _searched);
            _searched = Math.Max(0, _buffer.Length - delimiter.Length + 1);
        }

        _exposed = _found >= 0 ? _found : _searched;
    }

    void Refuse(OssException refusal)
    {
        body.AdvanceTo(_buffer.Start);
        throw refusal;
    }

    // Whether what stands behind the file is known well enough: the end of the form, fields to ignore, or more than is looked at.
    bool IsEnd(bool isCompleted)
    {
        var tail = _buffer.Slice(_found);
        var bytes = tail.Slice(0, Math.Min(tail.Length, FormLimits.MaxBehindFile)).ToArray();
        switch (TailOf(bytes))
        {
            case Tail.End:
                return true;
            case Tail.SecondFile:
                Refuse(new(OssErrors.IncorrectNumberOfFilesInPOSTRequest));
                return false;
            case Tail.Broken:
                Refuse(PartHeaders.Malformed());
                return false;
            default:
                return bytes.Length == FormLimits.MaxBehindFile || (isCompleted && bytes.AsSpan(delimiter.Length).TrimStart(" \t"u8).Length >= 2);
        }
    }

    Tail TailOf(ReadOnlySpan<byte> tail)
    {
        while (true)
        {
            tail = tail[delimiter.Length..].TrimStart(" \t"u8);
            if (tail.Length < 2)
            {
                return Tail.Unknown;
            }

            if (!tail.StartsWith("\r\n"u8))
            {
                return tail.StartsWith("--"u8) ? Tail.End : Tail.Broken;
            }

            var end = tail.IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                return Tail.Unknown;
            }

            if (PartHeaders.Parse(tail[..end]).Name.Equals("file", StringComparison.OrdinalIgnoreCase))
            {
                return Tail.SecondFile;
            }

            var next = tail[(end + 4)..].IndexOf(delimiter);
            if (next < 0)
            {
                return Tail.Unknown;
            }

            tail = tail[(end + 4 + next)..];
        }
    }

    enum Tail
    {
        Unknown,
        End,
        SecondFile,
        Broken,
    }
}
