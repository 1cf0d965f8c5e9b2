using System.Collections.Concurrent;
using Moss.Storage.Blobs;

namespace Moss.Storage.Sweeping;

/// <summary>
/// Lets a read that found an object reach the object's blobs before the sweeper deletes them. A read enters the gate before it looks up its
/// object and leaves it when it has opened what it needs or has pinned what it will open later; the sweeper waits for those inside
/// and spares what is pinned. An open blob needs no pin: deleting it does not hurt its readers.
/// </summary>
sealed class ReadGate
{
    readonly Lock _lock = new();
    readonly ConcurrentDictionary<Manifest, int> _pins = new(ReferenceEqualityComparer.Instance);
    Epoch _current = new();
    Task _left = Task.CompletedTask;

    /// <summary>Enters the gate; dispose the ticket to leave.</summary>
    public Ticket Enter()
    {
        lock (_lock)
        {
            _current.Inside++;
            return new(this, _current);
        }
    }

    /// <summary>Completes when everyone who is inside now has left.</summary>
    public Task QuiesceAsync()
    {
        lock (_lock)
        {
            var old = _current;
            _current = new();
            old.Closed = true;
            if (old.Inside == 0)
            {
                old.Empty.TrySetResult();
            }

            // A sweep that runs beside this one may have closed the epoch of readers who are still inside: they count here too.
            _left = _left.IsCompleted ? old.Empty.Task : Task.WhenAll(_left, old.Empty.Task);
            return _left;
        }
    }

    /// <summary>Keeps the blobs of a manifest until <see cref="Unpin"/>.</summary>
    public void Pin(Manifest manifest) => _pins.AddOrUpdate(manifest, 1, static (_, count) => count + 1);

    public void Unpin(Manifest manifest)
    {
        if (_pins.AddOrUpdate(manifest, 0, static (_, count) => count - 1) == 0)
        {
            _pins.TryRemove(new(manifest, 0));
        }
    }

    /// <summary>The blobs that are pinned now.</summary>
    public IReadOnlySet<BlobId> Pinned()
    {
        var blobs = new HashSet<BlobId>();
        foreach (var manifest in _pins.Keys)
        {
            foreach (var extent in manifest.Extents)
            {
                blobs.Add(extent.Blob);
            }
        }

        return blobs;
    }

    void Leave(Epoch epoch)
    {
        lock (_lock)
        {
            if (--epoch.Inside == 0 && epoch.Closed)
            {
                epoch.Empty.TrySetResult();
            }
        }
    }

    internal sealed class Epoch
    {
        public int Inside;
        public bool Closed;
        public readonly TaskCompletionSource Empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>A stay inside the gate.</summary>
    internal readonly struct Ticket(ReadGate gate, Epoch epoch) : IDisposable
    {
        public void Dispose() => gate.Leave(epoch);
    }
}
