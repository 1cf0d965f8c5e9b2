using System.Net.Sockets;
using System.Text;

namespace Moss.Cli.Tests.Support;

/// <summary>A metadata or token service on the loopback that has one answer for whoever asks, or one for each path.</summary>
public sealed class OneAnswer : IDisposable
{
    readonly LoopbackListener _listener;
    readonly Func<string, string?> _answer;

    public OneAnswer(string json)
        : this(_ => json)
    {
    }

    /// <param name="answer">What is said to a request's head: its first line and its headers, each with a line feed. Null says 404.</param>
    public OneAnswer(Func<string, string?> answer)
    {
        _answer = answer;
        _listener = new(AnswerAsync);
    }

    /// <summary>Ends in a slash.</summary>
    public string Address => _listener.Address + "/";

    /// <summary>What the last one who asked sent.</summary>
    public string LastBody { get; private set; } = "";

    public void Dispose() => _listener.Dispose();

    async Task AnswerAsync(TcpClient socket)
    {
        using var open = socket;
        await using var stream = socket.GetStream();
        var (length, head) = (0, new StringBuilder());
        using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            head.Append(line).Append('\n');
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            {
                length = int.Parse(line[15..]);
            }
        }

        if (length > 0)
        {
            var body = new char[length];
            await reader.ReadBlockAsync(body);
            LastBody = new(body);
        }

        var text = _answer(head.ToString());
        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {(text is null ? "404 Not Found" : "200 OK")}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(text ?? "")}\r\nConnection: close\r\n\r\n{text}"));
    }
}
