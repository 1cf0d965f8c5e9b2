namespace Moss.Cli.Frame;

/// <summary>What the process ends with; the numbers are those of ossutil 2, so that scripts keep working.</summary>
static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The command line or the configuration makes no sense; nothing was done.</summary>
    public const int Usage = 1;

    /// <summary>The service refused.</summary>
    public const int Server = 2;

    /// <summary>Something on this side failed: a file, the network, a checksum.</summary>
    public const int Client = 3;

    /// <summary>Of many items some failed; the report names them.</summary>
    public const int Partial = 4;

    /// <summary>Ctrl-C, or the process was told to end.</summary>
    public const int Interrupted = 5;
}

/// <summary>The command cannot be carried out as it was given; the message says what to change.</summary>
sealed class UsageException(string message) : Exception(message);

/// <summary>The command failed for a reason of its own, with an exit code of its own, and has nothing more to say than this.</summary>
sealed class FailedException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
