using System.Collections.Immutable;
using System.IO.Pipelines;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;

namespace Moss.Storage.Objects;

/// <summary>
/// The one copy that moves bytes: of a source that lies in the clear into an object that is promised to be encrypted. Each run of clear extents becomes a blob of its
/// own, so that memory stays bounded, however small the extents are; extents that are encrypted already are shared as in any copy.
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
            for (var at = 0; at < source.Extents.Length;)
            {
                var run = RunAt(source.Extents, at);
                copy.Add(source.Extents[at].Blob.IsEncrypted ? null : await EncryptAsync(source.Extents.Slice(at, run), copy.InlineBytes, ct), run);
                at += run;
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

    // How many extents go into one blob: an encrypted one stays as it is, clear ones go together.
    static int RunAt(ImmutableArray<Extent> extents, int at)
    {
        var (run, length) = (1, extents[at].Length);
        while (!extents[at].Blob.IsEncrypted && at + run < extents.Length && !extents[at + run].Blob.IsEncrypted && length < MaxRunLength)
        {
            length += extents[at + run].Length;
            run++;
        }

        return run;
    }

    async ValueTask<ReceivedBody> EncryptAsync(ImmutableArray<Extent> run, long inlineBytes, CancellationToken ct)
    {
        var expected = new BodyExpectation { Length = run.Sum(extent => extent.Length) };
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 4 * BlobCopying.ChunkLength, resumeWriterThreshold: 2 * BlobCopying.ChunkLength, useSynchronizationContext: false));
        using var given = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var reading = ReadAsync(run, pipe.Writer, given.Token);
        try
        {
            return await _receiver.ReceiveAsync(pipe.Reader, expected, encrypt: true, ct, mayBeInline: inlineBytes < MaxInlineBytes);
        }
        finally
        {
            // When the receiver gave up, nobody empties the pipe any more.
            await given.CancelAsync();
            await reading;
            await pipe.Reader.CompleteAsync();
        }
    }

    /// <summary>A run ends behind the extent that reaches this: with the longest extent, a part of 5 GB, it is still a body that may be put.</summary>
    const long MaxRunLength = 64 * 1024 * 1024;

    /// <summary>Short runs between encrypted ones are kept in memory for their rows up to this many bytes in all; the others get files.</summary>
    const long MaxInlineBytes = 1024 * 1024;

    // Whatever goes wrong is told to the one who reads the pipe.
    async Task ReadAsync(ImmutableArray<Extent> run, PipeWriter pipe, CancellationToken ct)
    {
        try
        {
            foreach (var extent in run)
            {
                await ReadAsync(extent, pipe, ct);
            }

            await pipe.CompleteAsync();
        }
        catch (Exception exception)
        {
            await pipe.CompleteAsync(exception);
        }
    }

    async ValueTask ReadAsync(Extent extent, PipeWriter pipe, CancellationToken ct)
    {
        if (extent.Blob.IsInline)
        {
            var bytes = await engine.Metadata.ReadAsync(tx => engine.FindInlineAsync(tx, extent.Blob), ct) ?? throw new SourceGoneException();
            await pipe.WriteAsync(bytes.AsMemory((int)extent.Offset, (int)extent.Length), ct);
            return;
        }

        await using var reader = await engine.Blobs.OpenAsync(extent.Blob, extent.BlobLength, ct);
        await reader.CopyToAsync(pipe, extent.Offset, extent.Length, ct);
    }
}

/// <summary>Encrypted bytes of a copy that no row refers to yet.</summary>
sealed class EncryptedCopy(Manifest source) : IUncommitted
{
    // For each run of the source's extents what takes its place; null where it stays.
    readonly List<(ReceivedBody? Body, int Extents)> _runs = [];

    /// <summary>Bytes that wait in memory for their rows.</summary>
    public long InlineBytes { get; private set; }

    /// <summary>Says what takes the place of the next extents of the source.</summary>
    public void Add(ReceivedBody? body, int extents)
    {
        _runs.Add((body, extents));
        InlineBytes += body?.Inline?.Length ?? 0;
    }

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
        var at = 0;
        foreach (var (body, run) in _runs)
        {
            if (body is not null)
            {
                extents.AddRange((await body.RecordAsync(tx, engine)).Extents);
            }
            else if (await tx.Blobs.AddReferenceAsync(source.Extents[at].Blob))
            {
                extents.Add(source.Extents[at]);
            }
            else
            {
                throw new SourceGoneException();
            }

            at += run;
        }

        return new(extents.ToImmutable());
    }

    public async ValueTask DiscardAsync(IBlobStore blobs)
    {
        foreach (var (body, _) in _runs)
        {
            if (body is not null)
            {
                await body.DiscardAsync(blobs);
            }
        }
    }
}
