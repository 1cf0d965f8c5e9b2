using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Moss.Load;

/// <summary>
/// One keep-alive HTTP/1.1 connection that costs the machine as little as possible, so that the cores are left to the server: blocking calls, requests
/// built beforehand, bodies by sendfile, answers thrown away as they come.
/// </summary>
sealed class Connection : IDisposable
{
    readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    readonly byte[] _buffer;
    int _start;
    int _end;

    public Connection(IPEndPoint server, int bufferLength = 256 * 1024)
    {
        _buffer = new byte[bufferLength];
        _socket.Connect(server);
    }

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <param name="head">The request's head, and a small body if it has one.</param>
    /// <param name="bodyFile">A file that follows as the body, by sendfile; null when the body is in the head.</param>
    /// <param name="keepBody">Whether the answer's body is wanted as text.</param>
    /// <exception cref="InvalidDataException">The status is not a 2xx.</exception>
    public Answer Send(ReadOnlySpan<byte> head, string? bodyFile = null, bool keepBody = false)
    {
        if (bodyFile is null)
        {
            SendAll(head);
        }
        else
        {
            _socket.SendFile(bodyFile, head, [], TransmitFileOptions.UseDefaultWorkerThread);
        }

        var text = ReadHead();
        var length = Length(text);
        var body = keepBody ? new MemoryStream() : null;
        Skip(length, body);
        var answer = new Answer(text, length, body is null ? "" : Encoding.UTF8.GetString(body.ToArray()));
        return text.AsSpan(9, 1) is "2"
            ? answer
            : throw new InvalidDataException($"{text.Split("\r\n")[0]} {answer.Body}");
    }

    public void Dispose() => _socket.Dispose();

    void SendAll(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    string ReadHead()
    {
        while (true)
        {
            var at = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8);
            if (at >= 0)
            {
                var text = Encoding.ASCII.GetString(_buffer, _start, at + 2);
                _start += at + 4;
                return text;
            }

            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            Fill();
        }
    }

    void Skip(long length, MemoryStream? body)
    {
        while (length > 0)
        {
            if (_start == _end)
            {
                (_start, _end) = (0, 0);
                Fill();
            }

            var take = (int)Math.Min(length, _end - _start);
            body?.Write(_buffer, _start, take);
            _start += take;
            length -= take;
        }
    }

    void Fill()
    {
        var read = _socket.Receive(_buffer, _end, _buffer.Length - _end, SocketFlags.None);
        _end += read > 0 ? read : throw new EndOfStreamException("The server closed the connection.");
    }

    static long Length(string head)
    {
        const string Name = "\r\ncontent-length:";
        var at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return 0;
        }

        var value = head.AsSpan(at + Name.Length);
        return long.Parse(value[..value.IndexOf('\r')].Trim(), CultureInfo.InvariantCulture);
    }
}

/// <summary>An answer.</summary>
sealed record Answer(string Head, long Length, string Body);
