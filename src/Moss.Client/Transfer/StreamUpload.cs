using Moss.Protocol.Hashing;
using Moss.Protocol.Limits;

namespace Moss.Client.Transfer;

/// <summary>
/// Uploads a stream that can be read once, of a length nobody knows. Parts are filled in order and sent side by side; (parallelism + 1) of
/// them are in memory at most. The CRC-64 taken while reading is compared with that composed of the parts, and with the service's.
/// </summary>
sealed class StreamUpload(
    OssClient client, UploadRequest request, UploadOptions options, Stream stream, TransferControl control, Pace pace)
{
    readonly StreamSchedule _schedule = new(options, pace);
    Crc64 _read;

    public async Task<UploadResult> RunAsync()
    {
        var ct = control.Token;
        using var memory = new PartMemory();
        control.Phase("sending");
        var first = await FillAsync(memory, _schedule.PartSize(0), ct).ConfigureAwait(false);
        if (first.IsLast)
        {
            return await PutAsync(first, ct).ConfigureAwait(false);
        }

        var id = await client.InitiateMultipartUploadAsync(request.Bucket, request.Key, request.Properties, ct: ct).ConfigureAwait(false);
        using var session = new UploadSession(client, request, options, control, pace, id, null);
        try
        {
            await SendAsync(session, memory, first, ct).ConfigureAwait(false);
            var result = await session.CompleteAsync(0, ct).ConfigureAwait(false)
                ?? throw new OssTransportException($"Parts of '{request.Key}' are no longer on the service, and a stream cannot be read again.", 1);
            UploadSession.Prove(request.Key, _read.Value, result.Crc64);
            return result;
        }
        catch (Exception e) when (e is not ChecksumMismatchException && options.KeepPartsOnFailure != true)
        {
            await session.AbortAsync().ConfigureAwait(false);
            throw;
        }
    }

    async Task SendAsync(UploadSession session, PartMemory memory, PartBuffer first, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var room = new SemaphoreSlim(0);
        var running = new List<Task>();
        var held = 0L;
        var inFlight = 0;
        try
        {
            var part = first;
            for (var number = 1; ; number++)
            {
                Interlocked.Add(ref held, part.Capacity);
                await session.Limiter.AcquireAsync(stop.Token).ConfigureAwait(false);
                await control.EnterAsync(stop.Token).ConfigureAwait(false);
                running.RemoveAll(static task => task.IsCompletedSuccessfully);
                var sending = part;
                Interlocked.Increment(ref inFlight);
                running.Add(SendOneAsync(session, number, sending, stop, () =>
                {
                    memory.Return(sending);
                    Interlocked.Add(ref held, -sending.Capacity);
                    Interlocked.Decrement(ref inFlight);
                    room.Release();
                }));
                if (part.IsLast)
                {
                    break;
                }

                var size = NextSize(number);
                while (!_schedule.HasRoom(Interlocked.Read(ref held), Volatile.Read(ref inFlight), size))
                {
                    await room.WaitAsync(stop.Token).ConfigureAwait(false);
                }

                part = await FillAsync(memory, size, stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // A part failed; its exception is thrown below.
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var failure in running.Where(static task => task.IsFaulted))
        {
            await failure.ConfigureAwait(false);
        }

        ct.ThrowIfCancellationRequested();
    }

    long NextSize(int number) => number < OssLimits.MaxPartNumber
        ? _schedule.PartSize(_read.Length)
        : throw new IOException(
            $"The stream is longer than 10,000 parts can hold within {options.MaxMemory} bytes of memory. Allow more memory, or larger parts.");

    static async Task SendOneAsync(UploadSession session, int number, PartBuffer part, CancellationTokenSource stop, Action done)
    {
        try
        {
            await session.SendAsync(number, RequestBody.FromRange(part, 0, part.Length), stop.Token).ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            done();
        }
    }

    // The stream is over when a part cannot be filled, or when not a byte follows a full one: then the full one is the last.
    async Task<PartBuffer> FillAsync(PartMemory memory, long size, CancellationToken ct)
    {
        var part = PartMemory.Rent(size);
        while (part.Length < size)
        {
            var block = memory.Room(part);
            var read = await stream.ReadAsync(block, ct).ConfigureAwait(false);
            if (read == 0)
            {
                part.IsLast = true;
                break;
            }

            _read.Append(block.Span[..read]);
            part.Length += read;
        }

        return part;
    }

    async Task<UploadResult> PutAsync(PartBuffer whole, CancellationToken ct)
    {
        var progress = new RequestProgress(control);
        control.Total(whole.Length);
        await control.EnterAsync(ct).ConfigureAwait(false);
        try
        {
            var put = OssClient.PutObjectRequest(
                request.Bucket, request.Key, RequestBody.FromRange(whole, 0, whole.Length), request.Properties) with
            {
                Observer = progress,
                MaxAttempts = options.MaxAttempts,
                Retrying = _ =>
                {
                    progress.Restart();
                    control.Retried();
                },
            };
            var answer = await client.PutObjectAsync(put, ct).ConfigureAwait(false);
            UploadSession.Prove(request.Key, _read.Value, answer.Crc64 ?? put.Body!.Crc64);
            control.PartDone(skipped: false, whole.Length);
            var now = control.Progress;
            return new()
            {
                Bucket = request.Bucket,
                Key = request.Key,
                Size = whole.Length,
                ETag = answer.ETag,
                Crc64 = _read.Value,
                VersionId = answer.VersionId,
                NetworkBytes = now.NetworkBytes,
                Retries = now.Retries,
                RequestId = answer.RequestId,
                CallbackBody = answer.CallbackBody,
            };
        }
        finally
        {
            control.Leave();
        }
    }
}

/// <summary>
/// The part sizes of a stream whose end nobody knows, within a budget of memory. A part is a hundredth of what was sent before it, so that
/// 10,000 parts reach 48.8 TB (5 GiB parts from 500 GiB on), but no more than (parallelism + 1) of them fit the budget; only when the numbers
/// would run out, the parts grow to half the budget and go out one by one.
/// </summary>
sealed class StreamSchedule(UploadOptions options, Pace pace)
{
    const long Unit = 1024 * 1024;

    /// <summary>Fewer than 1,000 parts are spent on growing from 1 MiB to 5 GiB; the others hold 48.8 TB.</summary>
    const int GrowthDivisor = 100;

    /// <summary>At this share of what was sent, half of the part numbers last for ever.</summary>
    const int NeedDivisor = 2000;

    /// <summary>Parallelism the memory is shared out for when nothing is said.</summary>
    const int AssumedParallelism = 4;

    public long PartSize(long sent)
    {
        var parallelism = options.Parallelism ?? Math.Min(AssumedParallelism, options.MaxParallelism);
        var wished = Math.Max(options.PartSize ?? Math.Min(pace.PartSize(null), 8 * Unit), sent / GrowthDivisor);
        var share = options.PartSize ?? 0;
        var comfortable = Math.Max(share, options.MaxMemory / (parallelism + 1));
        var most = Math.Max(share, options.MaxMemory / 2);
        var size = Math.Max(Math.Min(wished, comfortable), Math.Min(sent / NeedDivisor, most));
        return Math.Clamp(size >= Unit ? size / Unit * Unit : size, OssLimits.MinPartSize, OssLimits.MaxPartSize);
    }

    /// <summary>Whether another part may be filled: one is, whatever its size, as long as at most one is in flight.</summary>
    public bool HasRoom(long heldBytes, int inFlight, long partSize) =>
        options.Parallelism is { } parallelism && options.PartSize is not null
            ? inFlight <= parallelism // Both were said: they are the bound.
            : inFlight <= 1 || heldBytes + partSize <= options.MaxMemory;
}

/// <summary>The memory of the parts of one stream, in blocks that are used again and again.</summary>
sealed class PartMemory : IDisposable
{
    const int BlockSize = 1024 * 1024;

    readonly Lock _lock = new();
    readonly Stack<byte[]> _free = new();

    public static PartBuffer Rent(long size) => new((int)Math.Min(BlockSize, size), size);

    /// <summary>Where the next bytes of a part go.</summary>
    public Memory<byte> Room(PartBuffer part)
    {
        var at = (int)(part.Length % part.BlockSize);
        if (part.Length / part.BlockSize == part.Blocks.Count)
        {
            part.Blocks.Add(Take(part.BlockSize));
        }

        return part.Blocks[^1].AsMemory(at, (int)Math.Min(part.BlockSize - at, part.Capacity - part.Length));
    }

    public void Return(PartBuffer part)
    {
        lock (_lock)
        {
            foreach (var block in part.Blocks)
            {
                _free.Push(block);
            }
        }

        part.Blocks.Clear();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _free.Clear();
        }
    }

    byte[] Take(int size)
    {
        lock (_lock)
        {
            if (_free.TryPop(out var block) && block.Length == size)
            {
                return block;
            }
        }

        return GC.AllocateUninitializedArray<byte>(size);
    }
}

/// <summary>A part in memory.</summary>
sealed class PartBuffer(int blockSize, long capacity) : IRangeReader
{
    public int BlockSize { get; } = blockSize;

    public long Capacity { get; } = capacity;

    public long Length { get; set; }

    /// <summary>The stream ended within or right after this part.</summary>
    public bool IsLast { get; set; }

    public List<byte[]> Blocks { get; } = [];

    public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken ct)
    {
        var at = (int)(offset % BlockSize);
        var count = (int)Math.Min(Math.Min(buffer.Length, BlockSize - at), Length - offset);
        if (count > 0)
        {
            Blocks[(int)(offset / BlockSize)].AsSpan(at, count).CopyTo(buffer.Span);
        }

        return new(count);
    }
}
