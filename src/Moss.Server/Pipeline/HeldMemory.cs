namespace Moss.Server.Pipeline;

/// <summary>
/// What one request holds of a memory that many share: whoever begins what it never ends has half of it at most, and the others go on.
/// </summary>
/// <param name="all">The memory, in bytes.</param>
/// <param name="holder">On whose behalf.</param>
sealed class HeldMemory(FairShare all, string holder) : IDisposable
{
    long _held;

    /// <summary>Holds so many bytes instead of those it held, if those were fewer; false when that is more than its share.</summary>
    public bool TryHold(long bytes)
    {
        if (bytes > _held)
        {
            if (!all.TryTake(holder, bytes - _held))
            {
                return false;
            }

            _held = bytes;
        }

        return true;
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
