using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Moss.Server.PostObject;
using Moss.Server.Tests.AccessControl;

namespace Moss.Server.Tests.PostObject;

/// <summary>Forms that are begun and never ended. Nobody has to be known for that: the signature is in the form itself.</summary>
public sealed class PostObjectAttackTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task For_a_bucket_that_is_not_there_nothing_is_read()
    {
        await using var server = await StartAsync();
        using var client = await BeginAsync(server, "no-such-bucket", new Form().Raw("--"), FormLimits.MaxPolicy);
        Assert.StartsWith("HTTP/1.1 404 ", await AnswerAsync(client), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forms_that_never_end_hold_their_share_of_the_memory_and_the_others_are_served()
    {
        await using var server = await StartAsync();
        var most = (int)(FormLimits.MaxMemory / 2 / FormLimits.MaxPolicy);
        var unfinished = new Form().Raw($"--{Form.Boundary}\r\nContent-Disposition: form-data; name=\"policy\"\r\n\r\n{new string('x', FormLimits.MaxPolicy - 200)}");
        var clients = new List<Socket>();
        try
        {
            for (var i = 0; i < most; i++)
            {
                clients.Add(await BeginAsync(server, "public", unfinished, FormLimits.MaxPolicy));
            }

            var refused = await RefusedAsync(server, unfinished, clients);
            Assert.StartsWith("HTTP/1.1 503 ", refused, StringComparison.Ordinal);
            Assert.Contains("<Code>ServiceUnavailable</Code>", refused, StringComparison.Ordinal);

            // An ordinary form holds no more than the head of any request may, and is not counted.
            (await new Form().Field("key", "own").Field("x-oss-meta-a", new string('m', 4000)).File([1]).PostAsync(server, "public")).Is(204);

            // Somebody else, by another address.
            using var other = await BeginAsync(server, "public", new Form().Field("key", "k").File([1]), 0, from: "127.0.0.2");
            Assert.StartsWith("HTTP/1.1 204 ", await AnswerAsync(other), StringComparison.Ordinal);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        // And the memory is there again when the connections are gone, which the server learns in its own time.
        while ((await new Form().Field("key", "k").Field("policy", new string(' ', FormLimits.MaxPolicy)).File([1]).PostAsync(server, "public")).Status == 503)
        {
            await Task.Delay(20, Ct);
        }
    }

    [Fact]
    public async Task Fields_that_do_not_come_are_waited_for_a_minute()
    {
        await using var server = await StartAsync(new ShortMinute());
        using var client = await BeginAsync(server, "public", new Form().Field("key", "k").Raw($"--{Form.Boundary}\r\nContent-Disposition: form-da"), 1000);
        var answer = await AnswerAsync(client);
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("<Code>RequestTimeout</Code>", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.OrdinalIgnoreCase);

        // A file may take longer than the fields before it.
        var form = new Form().Field("key", "slow").Raw($"--{Form.Boundary}\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nfirst").Bytes(isClosed: false);
        var rest = Encoding.ASCII.GetBytes($" second\r\n--{Form.Boundary}--\r\n");
        using var slow = await ConnectAsync(server, "127.0.0.1");
        await slow.SendAsync(Head(server, "public", form.Length + rest.Length), Ct);
        await slow.SendAsync(form, Ct);
        await Task.Delay(2 * ShortMinute.Length, Ct);
        await slow.SendAsync(rest, Ct);
        Assert.StartsWith("HTTP/1.1 204 ", await AnswerAsync(slow), StringComparison.Ordinal);
        Assert.Equal("first second", (await server.SendAsync("GET", "public", "slow", AccessServer.Root)).Text);
    }

    [Fact]
    public async Task Refusals_do_not_send_megabytes_back()
    {
        await using var server = await StartAsync();
        var policy = Convert.ToBase64String(Encoding.UTF8.GetBytes($$"""{"expiration":"2099-01-01T00:00:00Z","conditions":[["in","$key",["{{new string('x', 1_000_000)}}"]]]}"""));
        Form Form(string signature) => new Form().Field("key", "k").Field("OSSAccessKeyId", AccessServer.Root.AccessKeyId).Field("policy", policy).Field("Signature", signature).File([1]);
        var unsigned = await Form("x").PostAsync(server, "public");
        unsigned.Is(403, "SignatureDoesNotMatch");
        Assert.StartsWith(unsigned.Element("StringToSign"), policy, StringComparison.Ordinal);
        Assert.InRange(unsigned.Body.Length, 1000, 32 * 1024);
        var signature = Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(AccessServer.Root.Secret.Reveal()), Encoding.UTF8.GetBytes(policy)));
        var failed = await Form(signature).PostAsync(server, "public");
        failed.Is(403, "AccessDenied");
        Assert.InRange(failed.Body.Length, 1000, 32 * 1024);
    }

    static async Task<AccessServer> StartAsync(TimeProvider? time = null)
    {
        var server = await AccessServer.StartAsync(time: time);
        (await server.SendAsync("PUT", "public", by: AccessServer.Root, headers: ("x-oss-acl", "public-read-write"))).Is(200);
        return server;
    }

    // The next one that is too many; what of the others has not arrived yet does not count.
    static async Task<string> RefusedAsync(AccessServer server, Form unfinished, List<Socket> clients)
    {
        while (true)
        {
            var client = await BeginAsync(server, "public", unfinished, FormLimits.MaxPolicy);
            clients.Add(client);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            var answer = AnswerAsync(client);
            if (await Task.WhenAny(answer, Task.Delay(500, patience.Token)) == answer)
            {
                return await answer;
            }
        }
    }

    static async Task<Socket> BeginAsync(AccessServer server, string bucket, Form form, int toCome, string from = "127.0.0.1")
    {
        var client = await ConnectAsync(server, from);
        var bytes = form.Bytes(isClosed: toCome == 0);
        await client.SendAsync(Head(server, bucket, bytes.Length + toCome), Ct);
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await client.SendAsync(bytes.AsMemory(sent), Ct);
        }

        return client;
    }

    static async Task<Socket> ConnectAsync(AccessServer server, string from)
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        client.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await client.ConnectAsync(IPAddress.Loopback, server.Address.Port, Ct);
        return client;
    }

    static byte[] Head(AccessServer server, string bucket, int length) => Encoding.ASCII.GetBytes(
        $"POST /{bucket}/ HTTP/1.1\r\nHost: {server.Address.Authority}\r\nContent-Type: {Form.ContentType}\r\nContent-Length: {length}\r\n\r\n");

    static async Task<string> AnswerAsync(Socket client)
    {
        var buffer = new byte[8192];
        return Encoding.UTF8.GetString(buffer, 0, await client.ReceiveAsync(buffer, Ct));
    }

    /// <summary>A clock that lets the patience with a form end soon.</summary>
    sealed class ShortMinute : TimeProvider
    {
        public static readonly TimeSpan Length = TimeSpan.FromMilliseconds(500);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == FormLimits.MaxTimeBeforeFile ? Length : dueTime, period);
    }
}
