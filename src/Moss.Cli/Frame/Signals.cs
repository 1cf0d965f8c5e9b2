using System.Runtime.InteropServices;

namespace Moss.Cli.Frame;

/// <summary>
/// Ctrl-C and the polite signals cancel the verb; the second one ends the process at once. What must survive is safe at every instant
/// anyhow: nothing here is needed to go on later.
/// </summary>
sealed class Signals : IDisposable
{
    readonly CancellationTokenSource _cancel = new();
    readonly List<PosixSignalRegistration> _registrations = [];
    int _count;

    public Signals()
    {
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle));
        if (!OperatingSystem.IsWindows())
        {
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle));
        }
    }

    public CancellationToken Token => _cancel.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _cancel.Dispose();
    }

    void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _count) > 1)
        {
            Environment.Exit(ExitCode.Interrupted);
        }

        _cancel.Cancel();
    }
}
