using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Moss.Server.Hosting.Transport;
using Moss.Server.Tests.Support;
using Moss.Storage.Objects;

namespace Moss.Server.Tests.Hosting;

/// <summary>A connection of the server's transport by itself, with a real socket on the other side.</summary>
public sealed class SocketConnectionTests : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly SocketTransport _transport = new(new());
    readonly List<IAsyncDisposable> _opened = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var opened in _opened)
        {
            await opened.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_is_written_in_any_pieces_is_read_in_any_other(int seed)
    {
        var (a, b) = await PairAsync();
        var sent = Bytes.Random(8 << 20, seed);
        var writing = WriteAsync(a.Transport.Output, sent, new Random(seed));
        var ending = EndAsync();
        var received = await ReadAsync(b.Transport.Input, new Random(-seed));
        await ending;
        Assert.True(sent.AsSpan().SequenceEqual(received), "The bytes differ.");

        static async Task WriteAsync(PipeWriter output, byte[] bytes, Random random)
        {
            for (var at = 0; at < bytes.Length;)
            {
                var wanted = Math.Min(random.Next(4) switch { 0 => 1 + random.Next(100), 1 => 1 + random.Next(20_000), _ => 1 + random.Next(400_000) }, bytes.Length - at);
                var memory = output.GetMemory(random.Next(5) == 0 ? wanted : 0);
                var count = Math.Min(wanted, memory.Length);
                bytes.AsSpan(at, count).CopyTo(memory.Span);
                output.Advance(count);
                at += count;
                if (random.Next(3) == 0)
                {
                    Assert.False((await output.FlushAsync()).IsCompleted);
                }
            }

            await output.CompleteAsync();
        }

        // What was not flushed is sent as the connection ends, while it is read here: whoever reads may long wait for it.
        async Task EndAsync()
        {
            await writing;
            await a.DisposeAsync();
        }

        async Task<byte[]> ReadAsync(PipeReader input, Random random)
        {
            var all = new List<byte>(sent.Length);
            while (all.Count < sent.Length)
            {
                if (random.Next(20) == 0)
                {
                    input.CancelPendingRead();
                }

                var result = await input.ReadAsync().AsTask().WaitAsync(Patience);
                var consumed = result.Buffer.GetPosition(random.Next(4) == 0 ? random.NextInt64(result.Buffer.Length + 1) : result.Buffer.Length);
                foreach (var part in result.Buffer.Slice(0, consumed))
                {
                    all.AddRange(part.Span);
                }

                var examined = random.Next(2) == 0 ? consumed : result.Buffer.End;
                input.AdvanceTo(consumed, result.IsCompleted ? consumed : examined);
                Assert.False(result.IsCompleted && result.Buffer.IsEmpty, $"{sent.Length - all.Count} bytes are missing.");
            }

            return [.. all];
        }
    }

    [Fact]
    public async Task A_client_that_takes_nothing_for_a_while_gets_everything_in_the_end()
    {
        var (connection, client) = await OpenAsync();
        var sent = Bytes.Random(32 << 20, 1);
        var writing = connection.Transport.Output.WriteAsync(sent).AsTask();
        Assert.False(writing.IsCompleted, "More was taken than a socket holds.");
        var received = new byte[sent.Length];
        await client.ReceiveAllAsync(received);
        Assert.False((await writing).IsCompleted);
        Assert.True(sent.AsSpan().SequenceEqual(received), "The bytes differ.");
    }

    [Fact]
    public async Task A_small_answer_that_waits_for_room_is_sent_before_what_follows()
    {
        var (connection, client) = await OpenAsync();
        var output = connection.Transport.Output;
        var sent = new List<byte>();
        Task<FlushResult>? waiting = null;
        for (var i = 0; waiting is null || waiting.IsCompleted; i++)
        {
            // The last of these finds the socket full.
            var piece = Bytes.Random(10_000, i);
            sent.AddRange(piece);
            waiting = output.WriteAsync(piece).AsTask();
        }

        var last = Bytes.Random(300_000, -1);
        var received = new byte[sent.Count];
        await client.ReceiveAllAsync(received);
        Assert.False((await waiting).IsCompleted);
        var following = output.WriteAsync(last).AsTask();
        var rest = new byte[last.Length];
        await client.ReceiveAllAsync(rest);
        await following;
        Assert.True(sent.ToArray().AsSpan().SequenceEqual(received), "The bytes differ.");
        Assert.True(last.AsSpan().SequenceEqual(rest), "The last bytes differ.");
    }

    [Fact]
    public async Task Whoever_writes_to_a_client_that_is_gone_is_told_and_the_connection_counts_as_closed()
    {
        var (connection, client) = await OpenAsync();
        client.LingerState = new(enable: true, 0);
        client.Close();
        while (!(await connection.Transport.Output.WriteAsync(new byte[100])).IsCompleted)
        {
            await Task.Yield();
        }

        await ClosedAsync(connection);
        await Assert.ThrowsAsync<ConnectionAbortedException>(async () => await connection.Transport.Input.ReadAsync());
    }

    [Fact]
    public async Task A_client_that_ends_its_side_has_ended_what_is_read_and_not_the_connection()
    {
        var (connection, client) = await OpenAsync();
        client.Shutdown(SocketShutdown.Send);
        var result = await connection.Transport.Input.ReadAsync();
        Assert.True(result.IsCompleted);
        Assert.True(result.Buffer.IsEmpty);
        Assert.False(connection.ConnectionClosed.IsCancellationRequested);
        await connection.Transport.Output.WriteAsync(Bytes.Of("answer"));
        await connection.DisposeAsync();
        var answer = new byte[6];
        await client.ReceiveAllAsync(answer);
        Assert.Equal("answer"u8, answer);
        Assert.Equal(0, await client.ReceiveAsync(answer));
    }

    [Fact]
    public async Task What_is_received_is_where_it_was_wanted_and_nothing_is_put_there_later()
    {
        var (connection, client) = await OpenAsync();
        var input = connection.Transport.Input;
        var placing = connection.Features.Get<IPlacingReader>()!;
        var room = new byte[100_000];

        // More than there is room for, in a room that is filled in one go: the rest comes as it does without one.
        var sent = Bytes.Random(150_000, 1);
        await client.SendAsync(sent);
        await Task.Delay(TimeSpan.FromMilliseconds(100));
        placing.Place(room);
        var result = await input.ReadAsync();
        var first = result.Buffer.First;
        Assert.True(MemoryMarshal.TryGetArray(first, out var placed) && placed.Array == room && placed.Offset == 0, "The bytes are elsewhere.");
        var received = result.Buffer.ToArray().ToList();

        // What was not advanced over stays, and what follows is elsewhere, wherever there is room left.
        input.AdvanceTo(result.Buffer.GetPosition(10), result.Buffer.End);
        var before = room.ToArray();
        while (received.Count < sent.Length)
        {
            result = await input.ReadAsync();
            received = [.. sent[..10], .. result.Buffer.ToArray()];
            input.AdvanceTo(result.Buffer.GetPosition(0), result.Buffer.End);
        }

        Assert.Equal(sent, received);
        Assert.Equal(before, room);
        result = await ReadNowAsync(input);
        input.AdvanceTo(result.Buffer.End);

        // An offer that was taken back, or whose read was cancelled, is none.
        placing.Place(room);
        placing.Place(default);
        await client.SendAsync(sent.AsMemory(0, 50_000));
        await CollectAsync(50_000);
        placing.Place(room);
        var cancelled = input.ReadAsync().AsTask();
        input.CancelPendingRead();
        Assert.True((await cancelled.WaitAsync(Patience)).IsCanceled);
        await client.SendAsync(sent.AsMemory(0, 50_000));
        await CollectAsync(50_000);
        Assert.Equal(before, room);

        static async Task<ReadResult> ReadNowAsync(PipeReader input)
        {
            input.CancelPendingRead();
            return await input.ReadAsync();
        }

        async Task CollectAsync(int length)
        {
            for (var count = 0L; count < length;)
            {
                var read = await input.ReadAsync().AsTask().WaitAsync(Patience);
                count += read.Buffer.Length;
                input.AdvanceTo(read.Buffer.End);
            }
        }
    }

    [Fact]
    public async Task A_client_that_is_gone_in_the_middle_of_a_body_is_no_end_of_it()
    {
        var (connection, client) = await OpenAsync();
        var input = connection.Transport.Input;
        var placing = connection.Features.Get<IPlacingReader>()!;
        await client.SendAsync(Bytes.Random(50_000, 1));
        for (var count = 0L; count < 50_000;)
        {
            placing.Place(new byte[100_000]);
            var result = await input.ReadAsync().AsTask().WaitAsync(Patience);
            count += result.Buffer.Length;
            input.AdvanceTo(result.Buffer.End);
        }

        client.LingerState = new(enable: true, 0);
        client.Close();
        placing.Place(new byte[100_000]);
        await Assert.ThrowsAsync<ConnectionResetException>(() => input.ReadAsync().AsTask().WaitAsync(Patience));
        await ClosedAsync(connection);
    }

    [Fact]
    public async Task An_abort_ends_what_is_waited_for()
    {
        var (connection, _) = await OpenAsync();
        var reading = connection.Transport.Input.ReadAsync().AsTask();
        var writing = connection.Transport.Output.WriteAsync(new byte[32 << 20]).AsTask();
        Assert.False(reading.IsCompleted || writing.IsCompleted);
        connection.Abort(new ConnectionAbortedException("enough"));
        var exception = await Assert.ThrowsAsync<ConnectionAbortedException>(() => reading.WaitAsync(Patience));
        Assert.Equal("enough", exception.Message);
        Assert.True((await writing.WaitAsync(Patience)).IsCompleted);
        await ClosedAsync(connection);
    }

    [Fact]
    public async Task A_read_is_cancelled_by_its_token_or_without_and_nothing_is_lost()
    {
        var (connection, client) = await OpenAsync();
        var input = connection.Transport.Input;
        using var cancellation = new CancellationTokenSource();
        var reading = input.ReadAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Patience));

        reading = input.ReadAsync().AsTask();
        input.CancelPendingRead();
        var result = await reading.WaitAsync(Patience);
        Assert.True(result.IsCanceled);
        input.AdvanceTo(result.Buffer.Start);

        await client.SendAsync(Bytes.Of("here"));
        result = await input.ReadAsync();
        Assert.False(result.IsCanceled);
        Assert.Equal("here"u8, result.Buffer.ToArray());
    }

    [Fact]
    public async Task Nothing_is_accepted_once_it_is_no_longer_listened()
    {
        var listener = await _transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), CancellationToken.None);
        var accepting = listener.AcceptAsync(CancellationToken.None).AsTask();
        await listener.UnbindAsync(CancellationToken.None);
        Assert.Null(await accepting.WaitAsync(Patience));
        await listener.DisposeAsync();
    }

    static async Task ClosedAsync(ConnectionContext connection)
    {
        var closed = new TaskCompletionSource();
        await using var registration = connection.ConnectionClosed.Register(closed.SetResult);
        await closed.Task.WaitAsync(Patience);
    }

    async Task<(ConnectionContext, Socket)> OpenAsync()
    {
        var listener = await _transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), CancellationToken.None);
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.EndPoint);
        var connection = await listener.AcceptAsync(CancellationToken.None);
        await listener.DisposeAsync();
        _opened.Add(connection!);
        return (connection!, client);
    }

    async Task<(ConnectionContext A, ConnectionContext B)> PairAsync()
    {
        var (a, client) = await OpenAsync();
        var b = new SocketConnection(client, new());
        _opened.Add(b);
        return (a, b);
    }
}

static class SocketReceiving
{
    /// <summary>Receives until the buffer is full.</summary>
    public static async Task ReceiveAllAsync(this Socket socket, Memory<byte> buffer)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (buffer.Length > 0)
        {
            var received = await socket.ReceiveAsync(buffer, patience.Token);
            Assert.NotEqual(0, received);
            buffer = buffer[received..];
        }
    }
}
