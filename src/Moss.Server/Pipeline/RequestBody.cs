using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Moss.Protocol.Errors;
using Moss.Storage.Objects;

namespace Moss.Server.Pipeline;

/// <summary>
/// The body of a request on its way into the storage. Counts what passes, keeps to the traffic limit, and gives back what was read but
/// not used, so that the connection can go on whatever happened.
/// </summary>
sealed class RequestBody(OssContext context, PipeReader inner, TrafficPace? pace) : PipeReader, IPlacingReader, IDisposable
{
    // Only what comes as it is to be stored, and as much of it: not what is encrypted or in chunks, nor the next request.
    readonly IPlacingReader? _connection = context.Http.Request.ContentLength is not null && context.Http.Features.Get<ITlsConnectionFeature>() is null
        ? context.Http.Features.Get<IPlacingReader>()
        : null;
    readonly long _start = context.BytesIn;
    ReadOnlySequence<byte> _buffer;
    long _examined; // Of what is not consumed; a pipe that was told so once wants no less later.
    bool _reading;

    /// <summary>The body of a request that must have one.</summary>
    /// <exception cref="OssException"><c>MissingContentLength</c>, or <c>InvalidArgument</c> for a bad traffic limit.</exception>
    public static RequestBody Open(OssContext context)
    {
        RequireLength(context.Http.Request);
        return new(context, context.Http.Request.BodyReader, TrafficPace.Requested(context));
    }

    /// <summary>What the headers say of the body.</summary>
    public static BodyExpectation Expectation(OssContext context) => new()
    {
        Length = context.Http.Request.ContentLength,
        Md5 = Md5Of(context),
        Crc64 = Crc64Of(context),
    };

    /// <summary>Reads a request document whole and checks its digest.</summary>
    /// <param name="limit">Bytes; a longer document is malformed.</param>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadDocumentAsync(OssContext context, int limit, CancellationToken ct)
    {
        var md5 = Md5Of(context);
        if (context.Http.Request.ContentLength > limit)
        {
            throw OssErrors.Xml("the document is too long.");
        }

        var reader = context.Http.Request.BodyReader;
        var result = await reader.ReadAtLeastAsync(limit + 1, ct);
        var document = result.Buffer.Length > limit ? null : result.Buffer.ToArray();
        context.BytesIn += result.Buffer.Length;
        reader.AdvanceTo(result.Buffer.End);
        if (document is null)
        {
            throw OssErrors.Xml("the document is too long.");
        }

        return md5 is null || MD5.HashData(document).AsSpan().SequenceEqual(md5)
            ? document
            : throw new OssException(OssErrors.InvalidDigest, ec: "0017-00000503");
    }

    /// <summary>A digest that comes with no body must be that of nothing; several SDKs send one with every request.</summary>
    public static void CheckDigestOfEmpty(OssContext context)
    {
        if (context.Http.Request.ContentLength == 0 && Md5Of(context) is { } md5 && !MD5.HashData([]).AsSpan().SequenceEqual(md5))
        {
            throw new OssException(OssErrors.InvalidDigest, ec: "0017-00000503");
        }
    }

    /// <summary>Refuses a request that says neither how long its body is nor that it is chunked.</summary>
    public static void RequireLength(HttpRequest request)
    {
        if (request.ContentLength is null && request.Headers.TransferEncoding.Count == 0)
        {
            throw new OssException(OssErrors.MissingContentLength);
        }
    }

    public void Place(Memory<byte> room)
    {
        var left = context.Http.Request.ContentLength.GetValueOrDefault() - (context.BytesIn - _start);
        _connection?.Place(room[..(int)Math.Min(room.Length, left)]);
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (pace is not null)
        {
            await pace.WaitAsync(cancellationToken);
        }

        return Took(await inner.ReadAsync(cancellationToken));
    }

    public override bool TryRead(out ReadResult result)
    {
        // With a limit every read may have to wait.
        result = default;
        if (pace is not null || !inner.TryRead(out result))
        {
            return false;
        }

        Took(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var bytes = _buffer.Slice(_buffer.Start, consumed).Length;
        var seen = Math.Max(_examined, _buffer.Slice(_buffer.Start, examined).Length);
        _reading = false;
        _examined = Math.Max(0, seen - bytes);
        inner.AdvanceTo(consumed, _buffer.GetPosition(seen));
        context.BytesIn += bytes;
        pace?.Add(bytes);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public void Dispose()
    {
        _connection?.Place(default);
        if (_reading)
        {
            AdvanceTo(_buffer.Start);
        }

        if (pace is { Delayed.TotalMilliseconds: >= 1 })
        {
            context.SetHeader("x-oss-qos-delay-time", pace.DelayedMilliseconds);
        }
    }

    ReadResult Took(ReadResult result)
    {
        _buffer = result.Buffer;
        _reading = true;
        return result;
    }

    static byte[]? Md5Of(OssContext context)
    {
        if (context.GivenHeader("Content-MD5") is not { } text)
        {
            return null;
        }

        var md5 = new byte[16];
        return text.Length == 24 && Convert.TryFromBase64String(text, md5, out var length) && length == md5.Length
            ? md5
            : throw new OssException(OssErrors.InvalidDigest, ec: "0017-00000502");
    }

    static ulong? Crc64Of(OssContext context)
    {
        const string name = "x-oss-hash-crc64ecma";
        return context.GivenHeader(name) is not { } text ? null
            : ulong.TryParse(text, System.Globalization.NumberStyles.None, null, out var crc) ? crc
            : throw OssErrors.Argument(name, text, "The x-oss-hash-crc64ecma you specified is not a number.");
    }
}
