using System.Globalization;
using System.Text.Unicode;
using Microsoft.Extensions.Logging;

namespace Moss.Cli.Output;

/// <summary>
/// Writes log events as lines, many in one write: under load a write for each line, and the waking of a thread to do it, cost a server more than the rest of its
/// log. A line waits <see cref="Patience"/> at most; what is worse than information goes out at once, with all lines before it.
/// </summary>
sealed class LogLines(Stream output, TimeProvider time) : ILoggerProvider
{
    /// <summary>How long a line may wait for company. What a killed process may lose of its log.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    /// <summary>Who fills the buffer beyond this writes it out, so that nobody logs faster than the lines can go.</summary>
    const int MaxWaiting = 64 * 1024;

    readonly Lock _gate = new();
    readonly MemoryStream _waiting = new();
    ITimer? _timer;
    bool _isDisposed;

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            Flush();
            _timer?.Dispose();
        }
    }

    void Add(LogLevel level, string category, EventId id, string message, Exception? exception)
    {
        Span<byte> head = stackalloc byte[256];
        Utf8.TryWrite(head, CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {Word(level)}: {category}[{id.Id}] ", out var length);
        lock (_gate)
        {
            var first = _waiting.Length == 0;
            _waiting.Write(head[..length]);
            Write(message);
            if (exception is not null)
            {
                Write(" ");
                Write(exception.ToString().ReplaceLineEndings(" "));
            }

            _waiting.WriteByte((byte)'\n');
            if (level > LogLevel.Information || _waiting.Length > MaxWaiting || _isDisposed)
            {
                Flush();
            }
            else if (first)
            {
                _timer ??= time.CreateTimer(static lines => ((LogLines)lines!).FlushLate(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _timer.Change(Patience, Timeout.InfiniteTimeSpan);
            }
        }
    }

    void Write(string text)
    {
        Span<byte> piece = stackalloc byte[512];
        for (ReadOnlySpan<char> rest = text; rest.Length > 0;)
        {
            Utf8.FromUtf16(rest, piece, out var read, out var written);
            _waiting.Write(piece[..written]);
            rest = rest[read..];
        }
    }

    void FlushLate()
    {
        lock (_gate)
        {
            Flush();
        }
    }

    // A log that nobody can read any more must not stop the server.
    void Flush()
    {
        try
        {
            output.Write(_waiting.GetBuffer(), 0, (int)_waiting.Length);
            output.Flush();
        }
        catch (IOException)
        {
        }

        _waiting.SetLength(0);
    }

    static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };

    sealed class Category(LogLines lines, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add(logLevel, name, eventId, formatter(state, exception), exception);
    }
}
