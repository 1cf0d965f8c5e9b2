using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Moss.Protocol.Hashing;

namespace Moss.Load;

/// <summary>
/// The limit of a verified GET: one thread a connection that reads a file into its own memory, takes the checksum of what it read and sends it, and does
/// nothing else. What is left to the kernel's sendfile cannot be verified before it is sent.
/// </summary>
static class CheckedSendServer
{
    const int Block = 64 * 1024;

    /// <param name="port">Of the loopback address.</param>
    /// <param name="file">What every request is answered with.</param>
    /// <param name="chunk">Bytes a read and a send.</param>
    public static void Run(int port, string file, int chunk)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen();
        while (true)
        {
            var client = listener.Accept();
            new Thread(() => Serve(client, file, chunk)) { IsBackground = true }.Start();
        }
    }

    static void Serve(Socket client, string file, int chunk)
    {
        using (client)
        {
            var buffer = GC.AllocateUninitializedArray<byte>(chunk, pinned: true);
            var request = new byte[8192];
            while (ReadHead(client, request))
            {
                using var handle = File.OpenHandle(file);
                var length = RandomAccess.GetLength(handle);
                client.Send(Encoding.ASCII.GetBytes(
                    string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n")));
                ulong sum = 0;
                for (long at = 0; at < length;)
                {
                    var count = RandomAccess.Read(handle, buffer, at);
                    for (var block = 0; block < count; block += Block)
                    {
                        sum ^= Crc64.Compute(buffer.AsSpan(block, Math.Min(Block, count - block)));
                    }

                    client.Send(buffer.AsSpan(0, count));
                    at += count;
                }

                GC.KeepAlive(sum);
            }
        }
    }

    static bool ReadHead(Socket client, byte[] request)
    {
        var read = 0;
        while (!request.AsSpan(0, read).EndsWith("\r\n\r\n"u8))
        {
            var count = client.Receive(request.AsSpan(read));
            if (count == 0)
            {
                return false;
            }

            read += count;
        }

        return true;
    }
}
