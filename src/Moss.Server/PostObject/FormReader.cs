using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Moss.Protocol.Errors;
using Moss.Server.Pipeline;

namespace Moss.Server.PostObject;

/// <summary>
/// Reads a <c>multipart/form-data</c> body as it comes: the fields into memory, up to their limits, and the file not at all. It stops where the file's
/// content begins.
/// </summary>
/// <param name="body">The request's body.</param>
/// <param name="boundary">What stands between its parts.</param>
/// <param name="memory">What everything that was read, and is kept or not yet known to be complete, is held in.</param>
sealed class FormReader(PipeReader body, string boundary, HeldMemory memory)
{
    static readonly byte[] HeadersEnd = "\r\n\r\n"u8.ToArray();

    // How much of the unconsumed buffer was searched in vain.
    long _searched;
    long _readBeforeFile;

    /// <summary>The boundary that a Content-Type names.</summary>
    /// <exception cref="OssException"><c>RequestIsNotMultiPartContent</c> or <c>MalformedPOSTRequest</c>.</exception>
    public static string BoundaryOf(string? contentType)
    {
        const string Type = "multipart/form-data";
        if (contentType?.StartsWith(Type, StringComparison.OrdinalIgnoreCase) != true)
        {
            throw new OssException(OssErrors.RequestIsNotMultiPartContent);
        }

        foreach (var parameter in contentType[Type.Length..].Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            const string Name = "boundary=";
            if (parameter.StartsWith(Name, StringComparison.OrdinalIgnoreCase))
            {
                var boundary = parameter[Name.Length..].Trim().Trim('"');
                return boundary.Length is > 0 and <= FormLimits.MaxBoundary && Ascii.IsValid(boundary) ? boundary : throw PartHeaders.Malformed();
            }
        }

        throw PartHeaders.Malformed();
    }

    /// <summary>Reads up to the file's content.</summary>
    /// <exception cref="OssException">
    /// <c>MalformedPOSTRequest</c>, <c>FieldItemTooLong</c>, <c>MaxPOSTPreDataLengthExceededError</c>, <c>ServiceUnavailable</c>, or <c>IncorrectNumberOfFilesInPOSTRequest</c> when there is no file.
    /// </exception>
    public async ValueTask<(PostForm Form, FilePart File)> ReadAsync(CancellationToken ct)
    {
        var form = new PostForm();
        var delimiter = Encoding.ASCII.GetBytes($"\r\n--{boundary}");
        await SkipPreambleAsync(delimiter, ct);
        while (true)
        {
            if (!await HasPartAsync(ct))
            {
                throw new OssException(OssErrors.IncorrectNumberOfFilesInPOSTRequest);
            }

            var block = await ReadUntilAsync(HeadersEnd, FormLimits.MaxPartHeaders, PartHeaders.Malformed, ct);
            var headers = PartHeaders.Parse(block);
            if (headers.Name.Equals("file", StringComparison.OrdinalIgnoreCase))
            {
                form.FileName = headers.FileName ?? "";
                form.FileType = headers.ContentType;
                return (form, new FilePart(body, delimiter));
            }

            var value = await ReadUntilAsync(delimiter, FormLimits.MaxValueOf(headers.Name), static () => new(OssErrors.FieldItemTooLong), ct);
            if (headers.Name.Length > 0)
            {
                form.Add(headers.Name, value);
            }

            if (form.Count > FormLimits.MaxFields)
            {
                throw new OssException(OssErrors.MaxPOSTPreDataLengthExceededError);
            }
        }
    }

    // The first delimiter may stand at the very beginning, without a line break before it.
    async ValueTask SkipPreambleAsync(byte[] delimiter, CancellationToken ct)
    {
        var first = delimiter[2..];
        var result = await body.ReadAtLeastAsync(first.Length, ct);
        var begins = result.Buffer.Length >= first.Length && result.Buffer.Slice(0, first.Length).ToArray().AsSpan().SequenceEqual(first);
        body.AdvanceTo(begins ? result.Buffer.GetPosition(first.Length) : result.Buffer.Start);
        if (!begins)
        {
            await ReadUntilAsync(delimiter, FormLimits.MaxPartHeaders, PartHeaders.Malformed, ct);
        }
    }

    // Behind a delimiter stands the end of its line, or two hyphens when it was the last.
    async ValueTask<bool> HasPartAsync(CancellationToken ct)
    {
        while (true)
        {
            var result = await body.ReadAtLeastAsync(2, ct);
            if (result.Buffer.Length < 2)
            {
                throw PartHeaders.Malformed();
            }

            var two = result.Buffer.Slice(0, 2).ToArray();
            if (two is [(byte)'\r', (byte)'\n'])
            {
                // The line break stays: with no headers at all, it is the first half of the empty line.
                body.AdvanceTo(result.Buffer.Start);
                return true;
            }

            if (two is [(byte)'-', (byte)'-'])
            {
                body.AdvanceTo(result.Buffer.GetPosition(2));
                return false;
            }

            var isPadding = two[0] is (byte)' ' or (byte)'\t';
            body.AdvanceTo(result.Buffer.GetPosition(isPadding ? 1 : 0));
            if (!isPadding)
            {
                throw PartHeaders.Malformed();
            }

            Count(1);
        }
    }

    // Everything before the delimiter, which is read as well. Whatever was searched is not searched again, so that a body that comes
    // byte by byte costs no more than one that comes at once.
    async ValueTask<byte[]> ReadUntilAsync(byte[] delimiter, int limit, Func<OssException> tooLong, CancellationToken ct)
    {
        _searched = 0;
        while (true)
        {
            var result = await body.ReadAsync(ct);
            var buffer = result.Buffer;
            var found = buffer.IndexOf(delimiter, _searched);
            if (found > limit || (found < 0 && buffer.Length > limit + delimiter.Length))
            {
                body.AdvanceTo(buffer.Start);
                throw tooLong();
            }

            if (found >= 0)
            {
                var bytes = buffer.Slice(0, found).ToArray();
                body.AdvanceTo(buffer.GetPosition(found + delimiter.Length));
                Count(found + delimiter.Length);
                return bytes;
            }

            _searched = Math.Max(0, buffer.Length - delimiter.Length + 1);
            body.AdvanceTo(buffer.Start, buffer.End);
            Check(_readBeforeFile + buffer.Length);

            if (result.IsCompleted)
            {
                throw PartHeaders.Malformed();
            }
        }
    }

    void Count(long bytes)
    {
        _readBeforeFile += bytes;
        Check(_readBeforeFile);
    }

    void Check(long bytes)
    {
        if (bytes > FormLimits.MaxBeforeFile)
        {
            throw new OssException(OssErrors.MaxPOSTPreDataLengthExceededError);
        }

        if (!memory.TryHold(bytes - FormLimits.Uncounted))
        {
            throw new OssException(OssErrors.ServiceUnavailable) { Headers = [new("Connection", "close")] };
        }
    }
}
