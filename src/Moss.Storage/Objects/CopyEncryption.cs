using System.Collections.Immutable;
using System.IO.Pipelines;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;

namespace Moss.Storage.Objects;

/// <summary>
/// The one copy that moves bytes: of a source that lies in the clear into an object that is promised to be encrypted. Each run of bytes becomes a blob of its own, so
/// that memory stays bounded and runs that are encrypted already are shared as in any copy.
/// </summary>
sealed class CopyEncryption(StorageEngine engine)
{
    readonly BodyReceiver _receiver = new(engine);

    /// <summary>Encrypts what a manifest refers to in the clear.</summary>
    /// <exception cref="SourceGoneException">The source was replaced and swept meanwhile.</exception>
    public async ValueTask<EncryptedCopy> EncryptAsync(Manifest source, CancellationToken ct)
    {
        var copy = new EncryptedCopy(source);
        await PinAsync(source, ct);
        try
        {
            foreach (var extent in source.Extents)
            {
                copy.Bodies.Add(extent.Blob.IsEncrypted ? null : await EncryptAsync(extent, ct));
            }

            return copy;
        }
        catch
        {
            await copy.DiscardAsync(engine.Blobs);
            throw;
        }
        finally
        {
            engine.Reads.Unpin(source);
        }
    }

    // What is pinned while its rows are there stays readable, whatever becomes of the rows.
    async ValueTask PinAsync(Manifest source, CancellationToken ct)
    {
        using var ticket = engine.Reads.Enter();
        var unknown = await engine.Metadata.ReadAsync(tx => tx.Blobs.FindUnknownAsync([.. source.Extents.Select(extent => extent.Blob)]), ct);
        if (unknown.Count > 0)
        {
            throw new SourceGoneException();
        }

        engine.Reads.Pin(source);
    }

    async ValueTask<ReceivedBody> EncryptAsync(Extent extent, CancellationToken ct)
    {
        var expected = new BodyExpectation { Length = extent.Length };
        if (extent.Blob.IsInline)
        {
            var bytes = await engine.Metadata.ReadAsync(tx => engine.FindInlineAsync(tx, extent.Blob), ct) ?? throw new SourceGoneException();
            var part = new MemoryStream(bytes, (int)extent.Offset, (int)extent.Length, writable: false);
            return await _receiver.ReceiveAsync(PipeReader.Create(part), expected, encrypt: true, ct);
        }

        await using var reader = await engine.Blobs.OpenAsync(extent.Blob, extent.BlobLength, ct);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 4 * ChunkLength, resumeWriterThreshold: 2 * ChunkLength, useSynchronizationContext: false));
        using var given = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var reading = ReadAsync(reader, extent, pipe.Writer, given.Token);
        try
        {
            return await _receiver.ReceiveAsync(pipe.Reader, expected, encrypt: true, ct);
        }
        finally
        {
            // When the receiver gave up, nobody empties the pipe any more.
            await given.CancelAsync();
            await reading;
            await pipe.Reader.CompleteAsync();
        }
    }

    /// <summary>What is read at a time: whole blocks, few calls.</summary>
    const int ChunkLength = 2 * BlobFormat.BlockSize;

    // Whatever goes wrong is told to the one who reads the pipe.
    static async Task ReadAsync(IBlobReader reader, Extent extent, PipeWriter pipe, CancellationToken ct)
    {
        try
        {
            for (long done = 0; done < extent.Length;)
            {
                var memory = pipe.GetMemory(ChunkLength);
                memory = memory[..(int)Math.Min(memory.Length, extent.Length - done)];
                var read = await reader.ReadAsync(extent.Offset + done, memory, ct);
                pipe.Advance(read);
                done += read;
                await pipe.FlushAsync(ct);
            }

            await pipe.CompleteAsync();
        }
        catch (Exception exception)
        {
            await pipe.CompleteAsync(exception);
        }
    }
}

/// <summary>Encrypted bytes of a copy that no row refers to yet.</summary>
sealed class EncryptedCopy(Manifest source) : IUncommitted
{
    /// <summary>For each extent of the source what takes its place; null where it stays.</summary>
    public List<ReceivedBody?> Bodies { get; } = [];

    /// <summary>Records the new blobs, refers to those that stay, and answers what refers to both.</summary>
    /// <param name="tx">The transaction that makes the copy.</param>
    /// <param name="current">What the source is now.</param>
    /// <param name="engine">The stores.</param>
    /// <exception cref="SourceGoneException">The source is another one by now.</exception>
    public async ValueTask<Manifest> RecordAsync(IMetadataTransaction tx, Manifest current, StorageEngine engine)
    {
        if (!current.Extents.AsSpan().SequenceEqual(source.Extents.AsSpan()))
        {
            throw new SourceGoneException();
        }

        var extents = ImmutableArray.CreateBuilder<Extent>(source.Extents.Length);
        foreach (var (extent, body) in source.Extents.Zip(Bodies))
        {
            if (body is not null)
            {
                extents.AddRange((await body.RecordAsync(tx, engine)).Extents);
            }
            else if (await tx.Blobs.AddReferenceAsync(extent.Blob))
            {
                extents.Add(extent);
            }
            else
            {
                throw new SourceGoneException();
            }
        }

        return new(extents.ToImmutable());
    }

    public async ValueTask DiscardAsync(IBlobStore blobs)
    {
        foreach (var body in Bodies)
        {
            if (body is not null)
            {
                await body.DiscardAsync(blobs);
            }
        }
    }
}
