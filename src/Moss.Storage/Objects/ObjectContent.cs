using System.IO.Pipelines;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;

namespace Moss.Storage.Objects;

/// <summary>
/// A stored object that is open for reading: its record, and its bytes as they were when it was looked up, whatever happens to the
/// object meanwhile. Dispose it when the last byte is sent.
/// </summary>
public sealed class ObjectContent : IAsyncDisposable
{
    readonly StorageEngine _engine;
    readonly byte[]? _inline;
    readonly bool _pinned;
    IBlobReader? _reader;
    Extent _open;

    ObjectContent(StorageEngine engine, ObjectView view, byte[]? inline, bool pinned)
    {
        _engine = engine;
        View = view;
        _inline = inline;
        _pinned = pinned;
    }

    /// <summary>What was looked up: the object that the bytes belong to, and the symlink that was followed to it.</summary>
    public ObjectView View { get; }

    /// <summary>The object that the bytes belong to.</summary>
    public ObjectRecord Record => View.Record;

    /// <summary>
    /// Opens what the record refers to. The caller is inside the read gate; after this it may leave.
    /// </summary>
    /// <exception cref="BlobDamagedException">The object's only blob is missing or damaged.</exception>
    internal static async ValueTask<ObjectContent> OpenAsync(
        StorageEngine engine, ObjectView view, byte[]? inline, CancellationToken ct)
    {
        var record = view.Record;
        var extents = record.Manifest.Extents;
        var single = extents.Length == 1 && inline is null;
        var pinned = extents.Length > 1;
        if (pinned)
        {
            engine.Reads.Pin(record.Manifest);
        }

        var content = new ObjectContent(engine, view, inline, pinned);
        if (single)
        {
            await content.OpenExtentAsync(extents[0], ct);
        }

        return content;
    }

    /// <summary>
    /// Copies a range to a pipe. Every byte was checked before it is handed on; when a check fails the exception is thrown before the
    /// damaged block is.
    /// </summary>
    /// <param name="destination">Is flushed as it fills; its back-pressure is the reader's pace.</param>
    /// <param name="offset">In bytes from the start of the object.</param>
    /// <param name="length">In bytes; the range lies within the object.</param>
    /// <param name="ct">Ends the copying.</param>
    public async ValueTask CopyToAsync(PipeWriter destination, long offset, long length, CancellationToken ct)
    {
        foreach (var extent in Record.Manifest.Slice(offset, length).Extents)
        {
            if (extent.Blob.IsInline)
            {
                await CopyInlineAsync(extent, destination, ct);
            }
            else
            {
                var reader = await OpenExtentAsync(extent, ct);
                await reader.CopyToAsync(destination, extent.Offset, extent.Length, ct);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_reader is not null)
        {
            await _reader.DisposeAsync();
        }

        if (_pinned)
        {
            _engine.Reads.Unpin(Record.Manifest);
        }
    }

    async ValueTask CopyInlineAsync(Extent extent, PipeWriter destination, CancellationToken ct)
    {
        var bytes = _inline ?? await _engine.ReadInlineAsync(extent.Blob, ct);
        await destination.WriteAsync(bytes.AsMemory((int)extent.Offset, (int)extent.Length), ct);
    }

    async ValueTask<IBlobReader> OpenExtentAsync(Extent extent, CancellationToken ct)
    {
        if (_reader is not null && _open.Blob == extent.Blob)
        {
            return _reader;
        }

        if (_reader is not null)
        {
            await _reader.DisposeAsync();
            _reader = null;
        }

        _reader = await _engine.Blobs.OpenAsync(extent.Blob, extent.BlobLength, ct);
        _open = extent;
        return _reader;
    }
}
