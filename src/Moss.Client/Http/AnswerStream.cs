namespace Moss.Client.Http;

/// <summary>The body of an answer as it comes in: every read is watched for standing still. Disposing it lets go of the connection.</summary>
sealed class AnswerStream(Stream inner, HttpResponseMessage response, IdleWatch watch, Bandwidth? bandwidth) : Stream
{
    int _disposed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        watch.Resume();
        using var registration = cancellationToken.UnsafeRegister(static state => ((HttpResponseMessage)state!).Dispose(), response);
        try
        {
            var read = await inner.ReadAsync(buffer, watch.Token).ConfigureAwait(false);
            if (read == 0)
            {
                // An answer that is disposed of below a read may seem to have ended.
                cancellationToken.ThrowIfCancellationRequested();
            }

            watch.Suspend();
            Telemetry.BytesReceived.Add(read);
            if (bandwidth is not null)
            {
                await bandwidth.TakeAsync(read, cancellationToken).ConfigureAwait(false);
            }

            return read;
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The reading was cancelled.", e, cancellationToken);
        }
        catch (OperationCanceledException e) when (watch.TimedOut)
        {
            throw new TimeoutException($"The answer stood still for {watch.Limit.TotalSeconds:0.#} s.", e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Read an answer asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            response.Dispose();
            watch.Dispose();
        }

        base.Dispose(disposing);
    }
}
