namespace Moss.Server.Hosting;

/// <summary>The server cannot start, for a reason that its operator can mend. The message is one line that says which.</summary>
public sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);
