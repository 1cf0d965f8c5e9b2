using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;

namespace Moss.Client.Http;

/// <summary>The bytes of an object. A connection that fails is replaced, bound to the same ETag; the whole is checked by its CRC-64.</summary>
sealed class ObjectStream : Stream
{
    readonly OssClient _client;
    readonly GetObjectOptions _options;
    readonly ObjectInfo _info;
    readonly long? _length;
    readonly long _first;
    readonly bool _checkCrc;
    readonly int _maxAttempts;
    OssResponse _response;
    Crc64 _crc;
    int _failures;

    public ObjectStream(
        OssClient client, GetObjectOptions options, ObjectInfo info, OssResponse response, long? length, string? contentRange, bool checkCrc)
    {
        _maxAttempts = options.MaxAttempts ?? client.Options.MaxAttempts;
        _client = client;
        _options = options;
        _info = info;
        _response = response;
        _length = length;
        _first = First(contentRange);
        _checkCrc = checkCrc;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _length ?? throw new NotSupportedException();

    public override long Position
    {
        get => _crc.Length;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0 || (_length is { } length && _crc.Length == length))
        {
            CheckAtEnd(buffer.Length);
            return 0;
        }

        while (true)
        {
            try
            {
                var read = await _response.Content!.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (read == 0 && _length is { } expected && _crc.Length < expected)
                {
                    throw new EndOfStreamException($"The answer ended after {_crc.Length} of {expected} bytes.");
                }

                _crc.Append(buffer.Span[..read]);
                if (read == 0)
                {
                    CheckAtEnd(buffer.Length);
                }
                else
                {
                    _failures = 0;
                }

                return read;
            }
            catch (Exception e) when (e is not (OperationCanceledException or ChecksumMismatchException))
            {
                cancellationToken.ThrowIfCancellationRequested();
                await ReopenAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Read an object asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _response.Content?.Dispose();
        }

        base.Dispose(disposing);
    }

    async Task ReopenAsync(Exception e, CancellationToken ct)
    {
        await _response.DisposeAsync().ConfigureAwait(false);
        // What cannot be bound to the same object, or has no known length, cannot be gone on with.
        if (RetryPolicy.Reason(e) is null || _length is not { } length || _info.ETag.Length == 0 || _options.Process is not null
            || ++_failures >= _maxAttempts)
        {
            throw e is OssTransportException ? e : new OssTransportException($"GetObject of '{_info.Key}' broke off: {e.Message}", _failures + 1, e);
        }

        _options.Retrying?.Invoke(RetryPolicy.Reason(e)!);
        await Task.Delay(RetryPolicy.Delay(_client.Options, _failures, e), _client.Time, ct).ConfigureAwait(false);
        try
        {
            _response = await _client.OpenAsync(
                _info.Bucket,
                _info.Key,
                _options with { Offset = _first + _crc.Length, Length = length - _crc.Length, IfMatch = _info.ETag, IfNoneMatch = null, IfModifiedSince = null },
                ct).ConfigureAwait(false);
        }
        catch (OssException refusal) when (refusal.Code is "PreconditionFailed" or "NoSuchKey")
        {
            throw new ObjectChangedException($"'{_info.Key}' was replaced while it was read.", refusal);
        }

        if (_response.Headers.Get("Content-Range") is not { } range || First(range) != _first + _crc.Length)
        {
            await _response.DisposeAsync().ConfigureAwait(false);
            throw new OssTransportException($"GetObject of '{_info.Key}': the service did not answer the range that was asked for.", _failures);
        }
    }

    void CheckAtEnd(int wanted)
    {
        if (wanted > 0 && _checkCrc && _info.Crc64 is { } remote && remote != _crc.Value && (_length is null || _crc.Length == _length))
        {
            throw new ChecksumMismatchException($"'{_info.Key}' arrived damaged: CRC-64 {_crc.Value} instead of {remote}.", _crc.Value, remote);
        }
    }

    // bytes 500-999/1000
    static long First(string? contentRange)
    {
        if (contentRange is null || !contentRange.StartsWith("bytes ", StringComparison.Ordinal))
        {
            return 0;
        }

        var dash = contentRange.IndexOf('-', StringComparison.Ordinal);
        return dash > 6 ? Hashing.Number(contentRange[6..dash]) ?? 0 : 0;
    }
}
