using System.Text;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Attacks;

/// <summary>Documents, heads and connections that are made to hurt: refused in a few lines, and everybody else is served meanwhile.</summary>
public sealed class DocumentAttackTests(TestServer server)
{
    const string Laughs =
        """<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>""";

    /// <summary>Every call that takes a document of XML, the object's ones on a key.</summary>
    public static TheoryData<string, string?, string, string> Documents => new()
    {
        { "POST", null, "delete", "Delete" },
        { "PUT", null, "tagging", "Tagging" },
        { "PUT", null, "cors", "CORSConfiguration" },
        { "PUT", null, "referer", "RefererConfiguration" },
        { "PUT", null, "website", "WebsiteConfiguration" },
        { "PUT", null, "encryption", "ServerSideEncryptionRule" },
        { "PUT", null, "versioning", "VersioningConfiguration" },
        { "PUT", null, "requestPayment", "RequestPaymentConfiguration" },
        { "PUT", "k", "tagging", "Tagging" },
        { "POST", "k", "uploadId", "CompleteMultipartUpload" },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Entities_are_neither_expanded_nor_fetched(string method, string? key, string subResource, string root)
    {
        var (bucket, query) = await TargetAsync(key, subResource);
        using var secret = new TemporaryDirectory();
        var file = Path.Combine(secret.Path, "secret.txt");
        await File.WriteAllTextAsync(file, "THE-SECRET-OF-A-FILE", TestContext.Current.CancellationToken);
        foreach (var document in new[]
        {
            $"{Laughs}<{root}>&d;</{root}>",
            $"""<!DOCTYPE {root} [<!ENTITY x SYSTEM "file://{file}">]><{root}><Key>&x;</Key></{root}>""",
            $"""<!DOCTYPE {root} SYSTEM "file://{file}"><{root}/>""",
            $"""<!DOCTYPE {root} [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]><{root}/>""",
        })
        {
            var call = new Call(method, bucket, key) { Query = [(subResource, query)], Body = Encoding.UTF8.GetBytes(document) };
            var answer = (await server.SendAsync(call)).Is(400, "MalformedXML");
            Assert.DoesNotContain("THE-SECRET", answer.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("haha", answer.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Deep_cut_and_foreign_documents_are_refused(string method, string? key, string subResource, string root)
    {
        var (bucket, query) = await TargetAsync(key, subResource);
        foreach (var document in new[]
        {
            string.Concat(Enumerable.Repeat($"<{root}>", 5000)),
            $"<{root}>{string.Concat(Enumerable.Repeat("<a>", 5000))}",
            $"<{root}",
            $"<{root}></Other>",
            "\0\0\0\0",
            "{\"json\":true}",
            $"<{root} {string.Concat(Enumerable.Range(0, 5000).Select(i => $"a{i}=\"\" "))}",
        })
        {
            var call = new Call(method, bucket, key) { Query = [(subResource, query)], Body = Encoding.UTF8.GetBytes(document) };
            (await server.SendAsync(call)).Is(400, "MalformedXML");
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task A_document_that_is_announced_too_long_is_not_read(string method, string? key, string subResource, string root)
    {
        Assert.NotEmpty(root);
        var (bucket, query) = await TargetAsync(key, subResource);
        await using var announced = await server.ConnectAsync();
        var call = new Call(method, bucket, key) { Query = [(subResource, query)], HasNoLength = true, Headers = [("Content-Length", "1099511627776")] };
        await announced.SendAsync(call.Head(server.Address, TimeProvider.System.GetUtcNow(), TestServer.Root));
        (await announced.ReadAsync()).Is(400, "MalformedXML");
    }

    /// <summary>
    /// In chunks nobody says how long a document is: it is read as far as the longest one may be, and answered. What still comes is thrown away for the few seconds
    /// that a client has to notice, and then the connection is cut.
    /// </summary>
    [Theory]
    [InlineData("PUT", null, "tagging", "Tagging")]
    [InlineData("POST", "k", "uploadId", "CompleteMultipartUpload")]
    public async Task A_document_without_an_end_is_not_waited_for(string method, string? key, string subResource, string root)
    {
        var (bucket, query) = await TargetAsync(key, subResource);
        var call = new Call(method, bucket, key) { Query = [(subResource, query)], ChunkLength = 1 };
        await using var endless = await server.ConnectAsync();
        var chunk = Encoding.ASCII.GetBytes($"10000\r\n{new string(' ', 0x10000)}\r\n");
        await endless.SendAsync(call.Head(server.Address, TimeProvider.System.GetUtcNow(), TestServer.Root));
        await endless.SendAsync($"{root.Length + 2:x}\r\n<{root}>\r\n");
        var sending = SendUntilClosedAsync(endless, chunk);
        (await endless.ReadAsync()).Is(400, "MalformedXML");
        Assert.True(await sending, "the server went on reading");
    }

    [Fact]
    public async Task Policies_in_json_have_an_end_in_every_direction()
    {
        var bucket = await server.BucketAsync();
        foreach (var document in new[]
        {
            new string('[', 10_000),
            string.Concat(Enumerable.Repeat("{\"Statement\":", 1000)),
            $$"""{"Version":"1","Statement":[{{string.Join(',', Enumerable.Repeat("""{"Effect":"Allow","Action":"*","Principal":["*"],"Resource":["*"]}""", 5000))}}]}""",
            $$"""{"Version":"1","Statement":[{"Effect":"Allow","Principal":["*"],"Resource":["*"],"Action":["{{new string('*', 300_000)}}"]}]}""",
        })
        {
            var answer = await server.SendAsync(Call.Put(bucket, null, Encoding.UTF8.GetBytes(document), ("policy", null)));
            Assert.InRange(answer.Status, 400, 403);
        }

        (await server.SendAsync(Call.Get(bucket, null, ("policy", null)))).Is(404, "NoSuchBucketPolicy");
    }

    /// <summary>A pattern of many stars is matched in steps that grow with its length, not with every way to read it.</summary>
    [Fact]
    public async Task A_pattern_of_stars_costs_no_more_than_its_length()
    {
        var bucket = await server.BucketAsync();
        var stars = string.Concat(Enumerable.Repeat("a*", 400));
        var policy = $$"""{"Version":"1","Statement":[{"Effect":"Allow","Principal":["*"],"Action":["oss:GetObject"],"Resource":["acs:oss:*:*:{{bucket}}/{{stars}}b"]}]}""";
        (await server.SendAsync(Call.Put(bucket, null, Encoding.UTF8.GetBytes(policy), ("policy", null)))).Is(200);
        (await server.SendAsync(Call.Get(bucket, new string('a', 1000)).Anonymously())).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task Bombs_of_headers_and_lines_are_refused_before_they_are_kept()
    {
        await RefusedAsync($"GET / HTTP/1.1\r\nHost: h\r\n{string.Concat(Enumerable.Range(0, 1100).Select(i => $"h{i}: v\r\n"))}\r\n", 431);
        await RefusedAsync($"GET / HTTP/1.1\r\nHost: h\r\nx: {new string('v', 70_000)}\r\n\r\n", 431);
        await RefusedAsync($"GET /{new string('k', 40_000)} HTTP/1.1\r\nHost: h\r\n\r\n", 414);
        await RefusedAsync($"GET /?{new string('&', 40_000)} HTTP/1.1\r\nHost: h\r\n\r\n", 414);

        async Task RefusedAsync(string request, int status)
        {
            await using var connection = await server.ConnectAsync();
            await connection.SendAsync(request);
            Assert.Equal(status, (await connection.ReadAsync()).Status);
            Assert.True(await connection.IsClosedAsync());
        }
    }

    [Fact]
    public async Task As_many_parameters_and_headers_as_fit_are_read_or_refused()
    {
        var bucket = await server.BucketAsync();
        foreach (var query in new[] { new string('&', 30_000), string.Concat(Enumerable.Repeat("a&", 15_000)), string.Concat(Enumerable.Repeat("acl=&", 6000)), new string('=', 30_000) })
        {
            var answer = await server.SendRawAsync($"GET /{bucket}/?{query} HTTP/1.1\r\nHost: h\r\nAuthorization: OSS rootkey:x\r\nDate: {TimeProvider.System.GetUtcNow():R}\r\n\r\n");
            Assert.InRange(answer.Status, 400, 403);
        }

        var many = Enumerable.Range(0, 900).Select(i => ($"x-oss-meta-{i}", "0123456789")).ToArray();
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("x")).With(many))).Is(400, "InvalidArgument");
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("x")).With(("x-oss-tagging", string.Join('&', Enumerable.Range(0, 1000).Select(i => $"t{i}=v")))))).Is(400, "InvalidTag");
        (await server.SendAsync(Call.Head(bucket, "k"))).Is(404, "NoSuchKey");
    }

    [Fact]
    public async Task Whoever_sends_half_a_head_or_nothing_keeps_nobody_from_being_served()
    {
        var slow = new List<RawConnection>();
        try
        {
            for (var i = 0; i < 300; i++)
            {
                var connection = await server.ConnectAsync();
                slow.Add(connection);
                await connection.SendAsync(i % 3 == 0 ? "" : i % 3 == 1 ? "GET / HT" : "PUT /bucket/k HTTP/1.1\r\nHost: h\r\nx-slow:");
            }

            var bucket = await server.BucketWithAsync("k", Bytes.Of("here"));
            Assert.Equal("here", (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
        }
        finally
        {
            foreach (var connection in slow)
            {
                await connection.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task A_body_that_trickles_is_given_up_and_stores_nothing()
    {
        var bucket = await server.BucketAsync();
        await using var connection = await server.ConnectAsync();
        var call = Call.Put(bucket, "slow") with { HasNoLength = true, Headers = [("Content-Length", "100000")] };
        await connection.SendAsync(call.Head(server.Address, TimeProvider.System.GetUtcNow(), TestServer.Root));
        await connection.SendAsync("x");
        (await connection.ReadAsync()).Is(400, "RequestTimeout");
        Assert.True(await connection.IsClosedAsync());
        (await server.SendAsync(Call.Head(bucket, "slow"))).Is(404, "NoSuchKey");
    }

    [Fact]
    public async Task What_comes_back_in_headers_cannot_end_them()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("x"));
        foreach (var name in new[] { "response-content-type", "response-content-disposition", "response-cache-control", "response-expires" })
        {
            var answer = await server.SendAsync(Call.Get(bucket, "k", (name, "a\r\nSet-Cookie: evil=1")));
            Assert.Null(answer["Set-Cookie"]);
            Assert.NotEqual(500, answer.Status);
        }

        var stored = await server.SendAsync(Call.Put(bucket, "m", Bytes.Of("x")).With(("x-oss-meta-a", "v\u0001w")));
        Assert.NotEqual(500, stored.Status);
    }

    async Task<(string Bucket, string? Query)> TargetAsync(string? key, string subResource)
    {
        var bucket = await server.BucketAsync();
        if (key is not null)
        {
            (await server.SendAsync(Call.Put(bucket, key, Bytes.Of("x")))).Is(200);
        }

        return subResource == "uploadId"
            ? (bucket, (await server.SendAsync(Call.Post(bucket, key, null, ("uploads", null)))).Is(200).Element("UploadId"))
            : (bucket, null);
    }

    static async Task<bool> SendUntilClosedAsync(RawConnection connection, byte[] chunk)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            while (!patience.IsCancellationRequested)
            {
                await connection.SendAsync(chunk);
            }

            return false;
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The server has hung up.
            return true;
        }
    }
}
