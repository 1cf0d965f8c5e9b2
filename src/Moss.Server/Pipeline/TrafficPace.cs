using System.Globalization;
using System.IO.Pipelines;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;

namespace Moss.Server.Pipeline;

/// <summary>
/// Keeps a transfer to <c>x-oss-traffic-limit</c>: whoever is ahead of the pace waits. Slowing the reader down slows the sender, for the
/// socket's back-pressure does the rest.
/// </summary>
sealed class TrafficPace(TimeProvider time, long bitsPerSecond)
{
    readonly long _started = time.GetTimestamp();
    long _bytes;

    /// <summary>How long the transfer was held back so far.</summary>
    public TimeSpan Delayed { get; private set; }

    public string DelayedMilliseconds => ((long)Delayed.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>The limit a request asks for, in a header or in the query; null for none.</summary>
    /// <exception cref="OssException"><c>InvalidArgument</c>: given twice, not a number, or out of range.</exception>
    public static TrafficPace? Requested(OssContext context)
    {
        const string name = "x-oss-traffic-limit";
        var header = context.Header(name);
        var query = context.Query[name];
        if ((header ?? query) is not { } text)
        {
            return null;
        }

        if (header is not null && query is not null)
        {
            throw OssErrors.Argument(name, text, "x-oss-traffic-limit is given both as a header and as a query parameter.");
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is >= OssLimits.MinTrafficLimit and <= OssLimits.MaxTrafficLimit
            ? new(context.Services.Time, limit)
            : throw OssErrors.Argument(
                name,
                text,
                $"x-oss-traffic-limit is invalid, should be specified between {OssLimits.MinTrafficLimit} and {OssLimits.MaxTrafficLimit}.");
    }

    /// <summary>Counts bytes that went by.</summary>
    public void Add(long bytes) => _bytes += bytes;

    /// <summary>Waits until what went by is no more than the pace allows.</summary>
    public async ValueTask WaitAsync(CancellationToken ct)
    {
        var due = TimeSpan.FromSeconds(_bytes * 8.0 / bitsPerSecond) - time.GetElapsedTime(_started);
        if (due.TotalMilliseconds >= 1)
        {
            Delayed += due;
            await Task.Delay(due, time, ct);
        }
    }
}

/// <summary>A response that keeps to a pace: each flush is paid for before it is sent.</summary>
sealed class PacedWriter(PipeWriter inner, TrafficPace pace) : PipeWriter
{
    public override void Advance(int bytes)
    {
        inner.Advance(bytes);
        pace.Add(bytes);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        await pace.WaitAsync(cancellationToken);
        return await inner.FlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);
}
