using System.Threading.Tasks.Sources;

namespace Moss.Storage.Files;

/// <summary>Tells one who waits that something is done; may be used anew once it was awaited, and then allocates nothing. Who waits goes on elsewhere.</summary>
sealed class Signal : IValueTaskSource
{
    ManualResetValueTaskSourceCore<bool> _done = new() { RunContinuationsAsynchronously = true };

    /// <summary>Ends with what comes after the last <see cref="Reset"/>.</summary>
    internal ValueTask Completion => new(this, _done.Version);

    internal void Reset() => _done.Reset();

    internal void Set() => _done.SetResult(true);

    internal void Fail(Exception exception) => _done.SetException(exception);

    void IValueTaskSource.GetResult(short token) => _done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);
}
