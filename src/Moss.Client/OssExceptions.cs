namespace Moss.Client;

// What a call of this library throws: Moss.Protocol.Errors.OssException when the service refused, one of the exceptions below when no
// trustworthy answer was had, the BCL's own for misuse and for local files, OperationCanceledException when the caller cancelled.

/// <summary>
/// The service gave no answer that could be used: the connection failed, stood still, broke off or carried damaged data, and trying again
/// was no use or not possible. The request may or may not have had its effect.
/// </summary>
public sealed class OssTransportException(string message, int attempts, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>How often the request was sent.</summary>
    public int Attempts { get; } = attempts;
}

/// <summary>The CRC-64 of the data on this side is not the one the service has. Nothing was deleted.</summary>
public sealed class ChecksumMismatchException(string message, ulong local, ulong remote) : IOException(message)
{
    /// <summary>CRC-64/XZ of the data here.</summary>
    public ulong Local { get; } = local;

    /// <summary>CRC-64/XZ that the service says.</summary>
    public ulong Remote { get; } = remote;
}

/// <summary>
/// The source of an upload changed again and again while it was read, was cut, or vanished. No object was made of it; an object that stood
/// under the key still does.
/// </summary>
public sealed class SourceChangedException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>The object changed while it was downloaded or copied; what was fetched so far is of no use.</summary>
public sealed class ObjectChangedException(string message, Exception? inner = null) : IOException(message, inner);
