using System.IO.Pipelines;

namespace Moss.Server.Pipeline;

/// <summary>Counts what a download sent, for it may break off before its announced length.</summary>
sealed class SentBytes(OssContext context, PipeWriter inner) : PipeWriter
{
    public override void Advance(int bytes)
    {
        context.BytesOut = (context.BytesOut ?? 0) + bytes;
        inner.Advance(bytes);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        context.BytesOut = (context.BytesOut ?? 0) + source.Length;
        return inner.WriteAsync(source, cancellationToken);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);
}
