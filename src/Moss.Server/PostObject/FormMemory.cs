using Moss.Protocol.Errors;
using Moss.Server.Pipeline;

namespace Moss.Server.PostObject;

/// <summary>
/// What one form holds of the memory that all forms share while their fields are read: whoever fills forms and never ends them has half of it at most, and the
/// others go on.
/// </summary>
/// <param name="all">The memory of all forms, in bytes.</param>
/// <param name="holder">Who sends the form. Its signature is in the form itself, so before that is read the client's address is all there is.</param>
sealed class FormMemory(FairShare all, string holder) : IDisposable
{
    long _held;

    /// <summary>Holds so many bytes instead of those it held, if those were fewer.</summary>
    /// <exception cref="OssException"><c>ServiceUnavailable</c>: forms hold as much as they may.</exception>
    public void Hold(long bytes)
    {
        if (bytes <= _held)
        {
            return;
        }

        if (!all.TryTake(holder, bytes - _held))
        {
            throw new OssException(OssErrors.ServiceUnavailable) { Headers = [new("Connection", "close")] };
        }

        _held = bytes;
    }

    public void Dispose()
    {
        if (_held > 0)
        {
            all.Return(holder, _held);
            _held = 0;
        }
    }
}
