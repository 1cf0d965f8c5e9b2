using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Moss.Protocol.Signing;
using Moss.Server.Tests.AccessControl;

namespace Moss.Server.Tests.PostObject;

/// <summary>Tests that measure the process, and so run alone.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class PostObjectMemoryTests
{
    /// <summary>A file of 256 MB through a server that may not hold it: while it streams, the process grows by a small part of it.</summary>
    [Fact]
    public async Task A_large_file_streams_through_constant_memory()
    {
        const long Size = 256L * 1024 * 1024;
        var directory = Directory.CreateTempSubdirectory("moss-form-").FullName;
        await using var server = await AccessServer.StartAsync(options => options with { DataDirectory = directory, Blobs = "files", Durability = Durability.Ci });
        (await server.SendAsync("PUT", "photos", by: AccessServer.Root)).Is(200);
        var head = SignedNow(AccessServer.Root).Field("key", "big")
            .Raw($"--{Form.Boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"big\"\r\n\r\n").Bytes(isClosed: false);
        var tail = Encoding.ASCII.GetBytes($"\r\n--{Form.Boundary}--\r\n");
        using var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /photos/ HTTP/1.1\r\nHost: {server.Address.Authority}\r\nConnection: close\r\nContent-Type: {Form.ContentType}\r\nContent-Length: {head.Length + Size + tail.Length}\r\n\r\n"));
        await stream.WriteAsync(head);
        var block = new byte[1024 * 1024];
        new Random(1).NextBytes(block);
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        long most = 0;
        for (long sent = 0; sent < Size; sent += block.Length)
        {
            await stream.WriteAsync(block);
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false) - before);
        }

        await stream.WriteAsync(tail);
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 204", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(Size.ToString(CultureInfo.InvariantCulture), (await server.SendAsync("HEAD", "photos", "big", AccessServer.Root)).Header("Content-Length"));
        Assert.True(most < Size / 4, $"The process grew by {most >> 20} MB for a file of {Size >> 20} MB.");
    }

    static Form SignedNow(Credential by)
    {
        var expiration = TimeProvider.System.GetUtcNow().AddHours(1).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        var form = new Form();
        foreach (var (name, value) in V1Fields(by, Encode($$"""{"expiration":"{{expiration}}","conditions":[]}""")))
        {
            form.Field(name, value);
        }

        return form;
    }

    static Dictionary<string, string> V1Fields(Credential by, string policy) => new(StringComparer.Ordinal)
    {
        ["OSSAccessKeyId"] = by.AccessKeyId,
        ["policy"] = policy,
        ["Signature"] = Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(by.Secret.Reveal()), Encoding.UTF8.GetBytes(policy))),
    };

    static string Encode(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json));
}
