using System.Security.Cryptography;
using System.Text;
using Moss.Protocol.Signing;
using Moss.Server.Hosting;
using Moss.Server.Tests.AccessControl;
using Moss.Server.Tests.PostObject;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>Server-side encryption: what is asked, told, kept on disk, and refused.</summary>
public sealed class EncryptionTests(TestServer server)
{
    const string Header = "x-oss-server-side-encryption";

    // Nothing that any file of a server holds by chance.
    static readonly byte[] Mark = Encoding.ASCII.GetBytes("THE-PLAIN-TEXT-OF-7b1f2c90e4a85d63");

    [Fact]
    public async Task The_rule_of_a_bucket_is_put_got_told_and_deleted()
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Get(bucket, null, ("encryption", null)))).Is(404, "NoSuchServerSideEncryptionRule");
        (await PutRuleAsync(bucket, "<SSEAlgorithm>AES256</SSEAlgorithm>")).Is(200);
        var got = (await server.SendAsync(Call.Get(bucket, null, ("encryption", null)))).Is(200);
        Assert.Equal("ServerSideEncryptionRule", got.Xml.Name.LocalName);
        Assert.Equal("AES256", got.Xml.Element("ApplyServerSideEncryptionByDefault")!.Element("SSEAlgorithm")!.Value);
        var info = (await server.SendAsync(Call.Get(bucket, null, ("bucketInfo", null)))).Is(200);
        Assert.Equal("AES256", info.Element("SSEAlgorithm"));
        (await server.SendAsync(Call.Delete(bucket, null, ("encryption", null)))).Is(204);
        (await server.SendAsync(Call.Delete(bucket, null, ("encryption", null)))).Is(204);
        (await server.SendAsync(Call.Get(bucket, null, ("encryption", null)))).Is(404, "NoSuchServerSideEncryptionRule");
        (await server.SendAsync(Call.Get("no-such-bucket", null, ("encryption", null)))).Is(404, "NoSuchBucket");
        (await PutRuleAsync("no-such-bucket", "<SSEAlgorithm>AES256</SSEAlgorithm>")).Is(404, "NoSuchBucket");
    }

    [Theory]
    [InlineData("<SSEAlgorithm>KMS</SSEAlgorithm>", 403, "KmsServiceNotEnabled")]
    [InlineData("<SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>id</KMSMasterKeyID><KMSDataEncryption>SM4</KMSDataEncryption>", 403, "KmsServiceNotEnabled")]
    [InlineData("<SSEAlgorithm>SM4</SSEAlgorithm>", 400, "NotImplemented")]
    [InlineData("<SSEAlgorithm>DES</SSEAlgorithm>", 400, "InvalidEncryptionAlgorithmError")]
    [InlineData("<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>id</KMSMasterKeyID>", 400, "InvalidArgument")]
    [InlineData("<SSEAlgorithm>AES256</SSEAlgorithm><KMSDataEncryption>SM4</KMSDataEncryption>", 400, "InvalidDataEncryptionAlgorithmError")]
    [InlineData("<KMSMasterKeyID></KMSMasterKeyID>", 400, "MalformedXML")]
    [InlineData("<SSEAlgorithm>AES256", 400, "MalformedXML")]
    public async Task A_rule_that_is_not_served_changes_nothing(string rule, int status, string code)
    {
        var bucket = await server.BucketAsync();
        (await PutRuleAsync(bucket, rule)).Is(status, code);
        (await server.SendAsync(Call.Get(bucket, null, ("encryption", null)))).Is(404, "NoSuchServerSideEncryptionRule");
    }

    [Theory]
    [InlineData("KMS", 403, "KmsServiceNotEnabled")]
    [InlineData("SM4", 400, "NotImplemented")]
    [InlineData("aes256", 400, "InvalidEncryptionAlgorithmError")]
    public async Task A_header_that_is_not_served_stores_nothing(string algorithm, int status, string code)
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Put(bucket, "k", Mark).With((Header, algorithm)))).Is(status, code);
        (await server.SendAsync(Call.Post(bucket, "k", null, ("uploads", null)).With((Header, algorithm)))).Is(status, code);
        (await server.SendAsync(Call.Head(bucket, "k"))).Is(404, "NoSuchKey");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(32 * 1024)]
    [InlineData((32 * 1024) + 1)]
    [InlineData(700_001)]
    public async Task Every_range_of_an_encrypted_object_is_that_of_the_body(int length)
    {
        var body = Bytes.Random(length, length);
        var bucket = await server.BucketAsync();
        var put = (await server.SendAsync(Call.Put(bucket, "k", body).With((Header, "AES256")))).Is(200);
        Assert.Equal("AES256", put[Header]);
        Assert.Equal($"\"{Convert.ToHexString(MD5.HashData(body))}\"", put["ETag"]);
        var clear = (await server.SendAsync(Call.Put(bucket, "clear", body))).Is(200);
        Assert.Equal((clear["x-oss-hash-crc64ecma"], clear["ETag"]), (put["x-oss-hash-crc64ecma"], put["ETag"]));
        Assert.Null(clear[Header]);
        Assert.Equal("AES256", (await server.SendAsync(Call.Head(bucket, "k"))).Is(200)[Header]);
        Assert.Null((await server.SendAsync(Call.Head(bucket, "clear"))).Is(200)[Header]);

        var got = (await server.SendAsync(Call.Get(bucket, "k"))).Is(200);
        Assert.Equal(("AES256", clear["x-oss-hash-crc64ecma"]), (got[Header], got["x-oss-hash-crc64ecma"]));
        Assert.Equal(body, got.Body);
        await using var connection = await server.ConnectAsync();
        var random = new Random(length);
        for (var round = 0; round < 50; round++)
        {
            var first = random.Next(length);
            var last = random.Next(first, length);
            var part = await server.SendAsync(connection, Call.Get(bucket, "k").With(("Range", $"bytes={first}-{last}")));
            Assert.Equal(body[first..(last + 1)], part.Is(206).Body);
        }
    }

    [Fact]
    public async Task What_a_bucket_asks_for_all_writers_get_and_the_request_before_it()
    {
        var bucket = await server.BucketAsync();
        (await PutRuleAsync(bucket, "<SSEAlgorithm>AES256</SSEAlgorithm>")).Is(200);
        Assert.Equal("AES256", (await server.SendAsync(Call.Put(bucket, "put", Mark))).Is(200)[Header]);
        Assert.Equal("AES256", (await server.SendAsync(Call.Post(bucket, "append", Mark, ("append", null), ("position", "0")))).Is(200)[Header]);
        (await server.SendAsync(Call.Delete(bucket, null, ("encryption", null)))).Is(204);

        // What began encrypted goes on so, and what is there stays so.
        var next = Mark.Length.ToString(null, null);
        Assert.Equal("AES256", (await server.SendAsync(Call.Post(bucket, "append", Mark, ("append", null), ("position", next)))).Is(200)[Header]);
        Assert.Equal("AES256", (await server.SendAsync(Call.Head(bucket, "put"))).Is(200)[Header]);
        Assert.Null((await server.SendAsync(Call.Put(bucket, "put", Mark))).Is(200)[Header]);
    }

    [Fact]
    public async Task A_multipart_upload_is_encrypted_from_its_first_part_and_says_so_at_every_step()
    {
        var bucket = await server.BucketAsync();
        byte[] first = Bytes.Random(200_000, 1), second = Bytes.Of("the end");
        var initiated = (await server.SendAsync(Call.Post(bucket, "k", null, ("uploads", null), ("sequential", null)).With((Header, "AES256")))).Is(200);
        var id = initiated.Element("UploadId")!;
        Assert.Equal("AES256", initiated[Header]);
        Assert.Equal("AES256", (await server.SendAsync(Call.Put(bucket, "k", first, ("partNumber", "1"), ("uploadId", id)))).Is(200)[Header]);
        Assert.Equal("AES256", (await server.SendAsync(Call.Put(bucket, "k", second, ("partNumber", "2"), ("uploadId", id)))).Is(200)[Header]);
        Assert.Equal("AES256", (await server.SendAsync(Call.Post(bucket, "k", null, ("uploadId", id)).With(("x-oss-complete-all", "yes")))).Is(200)[Header]);
        byte[] whole = [.. first, .. second];
        var got = (await server.SendAsync(Call.Get(bucket, "k"))).Is(200);
        Assert.Equal(whole, got.Body);
        Assert.Equal("AES256", got[Header]);

        // The MD5 of a sequential upload went on from part to part although its state is encrypted too.
        Assert.Equal(Convert.ToBase64String(MD5.HashData(whole)), got["Content-MD5"]);
    }

    [Fact]
    public async Task An_object_of_many_small_pieces_is_encrypted_by_a_copy()
    {
        var bucket = await server.BucketAsync();
        var pieces = Enumerable.Range(0, 6).Select(n => Bytes.Random(20_000, n)).ToList();
        for (var n = 0; n < pieces.Count; n++)
        {
            var position = (n * 20_000).ToString(System.Globalization.CultureInfo.InvariantCulture);
            (await server.SendAsync(Call.Post(bucket, "log", pieces[n], ("append", null), ("position", position)))).Is(200);
        }

        (await server.SendAsync(Call.Put(bucket, "copy").With(("x-oss-copy-source", $"/{bucket}/log"), (Header, "AES256")))).Is(200);
        var got = (await server.SendAsync(Call.Get(bucket, "copy"))).Is(200);
        Assert.Equal(pieces.SelectMany(piece => piece), got.Body);
        Assert.Equal((await server.SendAsync(Call.Get(bucket, "log"))).Is(200)["x-oss-hash-crc64ecma"], got["x-oss-hash-crc64ecma"]);
    }

    [Fact]
    public async Task Copies_are_what_their_own_request_asks_whatever_their_source_is()
    {
        var bucket = await server.BucketAsync();
        var body = Bytes.Random(300_000, 3);
        (await server.SendAsync(Call.Put(bucket, "clear", body))).Is(200);
        (await server.SendAsync(Call.Put(bucket, "small", Mark))).Is(200);
        (await server.SendAsync(Call.Put(bucket, "secret", body).With((Header, "AES256")))).Is(200);
        foreach (var (source, algorithm, expected) in new[]
        {
            ("clear", "AES256", body), ("small", "AES256", Mark), ("secret", "AES256", body), ("secret", null, body), ("clear", null, body),
        })
        {
            var call = Call.Put(bucket, "copy").With(("x-oss-copy-source", $"/{bucket}/{source}"));
            var copied = (await server.SendAsync(algorithm is null ? call : call.With((Header, algorithm)))).Is(200);
            Assert.Equal(algorithm, copied[Header]);
            var got = (await server.SendAsync(Call.Get(bucket, "copy"))).Is(200);
            Assert.Equal(algorithm, got[Header]);
            Assert.Equal(expected, got.Body);
        }

        // Onto itself: how an object that is there is encrypted.
        var self = Call.Put(bucket, "clear").With(("x-oss-copy-source", $"/{bucket}/clear"), (Header, "AES256"));
        Assert.Equal("AES256", (await server.SendAsync(self)).Is(200)[Header]);
        Assert.Equal(body, (await server.SendAsync(Call.Get(bucket, "clear"))).Is(200).Body);
    }

    [Fact]
    public async Task Parts_are_copied_from_and_into_the_clear_and_checksums_stay_right()
    {
        var bucket = await server.BucketAsync();
        var body = Bytes.Random(400_000, 4);
        (await server.SendAsync(Call.Put(bucket, "clear", body))).Is(200);
        (await server.SendAsync(Call.Put(bucket, "secret", body).With((Header, "AES256")))).Is(200);
        foreach (var encrypted in new[] { true, false })
        {
            var initiate = Call.Post(bucket, "k", null, ("uploads", null));
            var id = (await server.SendAsync(encrypted ? initiate.With((Header, "AES256")) : initiate)).Is(200).Element("UploadId")!;
            var number = 0;
            foreach (var source in new[] { "clear", "secret" })
            {
                var call = Call.Put(bucket, "k", null, ("partNumber", $"{++number}"), ("uploadId", id));
                (await server.SendAsync(call.With(("x-oss-copy-source", $"/{bucket}/{source}"), ("x-oss-copy-source-range", "bytes=77-333333")))).Is(200);
            }

            var done = (await server.SendAsync(Call.Post(bucket, "k", null, ("uploadId", id)).With(("x-oss-complete-all", "yes")))).Is(200);
            byte[] whole = [.. body[77..333334], .. body[77..333334]];
            Assert.Equal(Moss.Protocol.Hashing.Crc64.Compute(whole).ToString(null, null), done["x-oss-hash-crc64ecma"]);
            var got = (await server.SendAsync(Call.Get(bucket, "k"))).Is(200);
            Assert.Equal(whole, got.Body);
            Assert.Equal(encrypted ? "AES256" : null, got[Header]);
        }
    }

    [Fact]
    public async Task Nothing_of_what_was_sent_lies_on_the_disk_in_the_clear()
    {
        using var directory = new TemporaryDirectory();
        await using (var embedded = await EmbeddedAsync(directory.Path))
        {
            (await embedded.SendAsync("PUT", "secret", by: AccessServer.Root)).Is(200);
            (await embedded.SendAsync("PUT", "secret", by: AccessServer.Root, query: "encryption", content: RuleOf("<SSEAlgorithm>AES256</SSEAlgorithm>"))).Is(200);

            // Inline and in a file, sent in every way; and a sequential upload whose last bytes are kept with the state of its MD5.
            byte[] large = [.. Enumerable.Repeat(Mark, 10_000).SelectMany(bytes => bytes)];
            (await embedded.SendAsync("PUT", "secret", "inline", AccessServer.Root, content: Mark)).Is(200);
            (await embedded.SendAsync("PUT", "secret", "file", AccessServer.Root, content: large)).Is(200);
            (await embedded.SendAsync("POST", "secret", "append", AccessServer.Root, query: "append&position=0", content: Mark)).Is(200);
            (await embedded.SendAsync("POST", "secret", "append", AccessServer.Root, query: $"append&position={Mark.Length}", content: Mark)).Is(200);
            var id = (await embedded.SendAsync("POST", "secret", "parts", AccessServer.Root, query: "uploads&sequential")).Element("UploadId");
            (await embedded.SendAsync("PUT", "secret", "parts", AccessServer.Root, query: $"partNumber=1&uploadId={id}", content: large)).Is(200);
            await PostFormAsync(embedded, large);

            // And copied there from the clear, whose own blobs go.
            (await embedded.SendAsync("PUT", "clear", by: AccessServer.Root)).Is(200);
            (await embedded.SendAsync("PUT", "clear", "k", AccessServer.Root, content: Encoding.ASCII.GetBytes(new string('x', 100_000)))).Is(200);
            (await embedded.SendAsync("PUT", "secret", "copy", AccessServer.Root, headers: ("x-oss-copy-source", "/clear/k"))).Is(200);
            Assert.Equal(large, (await embedded.SendAsync("GET", "secret", "file", AccessServer.Root)).Body);
            byte[] twice = [.. Mark, .. Mark];
            Assert.Equal(twice, (await embedded.SendAsync("GET", "secret", "append", AccessServer.Root)).Body);

            // While it runs: the write-ahead log too.
            Assert.Empty(FilesWith(directory.Path, Mark));
            Assert.NotEmpty(FilesWith(directory.Path, Encoding.ASCII.GetBytes(new string('x', 50_000))));
        }

        Assert.Empty(FilesWith(directory.Path, Mark));
        await using (var embedded = await EmbeddedAsync(directory.Path))
        {
            Assert.Equal(Mark, (await embedded.SendAsync("GET", "secret", "inline", AccessServer.Root)).Body);

            // That the search finds what is there.
            (await embedded.SendAsync("PUT", "clear", "inline", AccessServer.Root, content: Mark)).Is(200);
            Assert.NotEmpty(FilesWith(directory.Path, Mark));
        }
    }

    [Fact]
    public async Task With_another_master_key_the_server_says_so_and_serves_nothing_and_with_both_it_goes_on()
    {
        using var directory = new TemporaryDirectory();
        string first = NewKey(), second = NewKey();
        byte[] young = [.. Mark, .. new byte[100_000]];
        await using (var embedded = await EmbeddedAsync(directory.Path, first))
        {
            (await embedded.SendAsync("PUT", "secret", by: AccessServer.Root)).Is(200);
            (await embedded.SendAsync("PUT", "secret", "old", AccessServer.Root, content: Mark, headers: (Header, "AES256"))).Is(200);
        }

        var refusal = await Assert.ThrowsAsync<StartException>(() => EmbeddedAsync(directory.Path, second));
        Assert.Contains("the master key is another one", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(second, refusal.ToString(), StringComparison.Ordinal);
        await using (var embedded = await EmbeddedAsync(directory.Path, $"{second},{first}"))
        {
            Assert.Equal(Mark, (await embedded.SendAsync("GET", "secret", "old", AccessServer.Root)).Body);
            (await embedded.SendAsync("PUT", "secret", "young", AccessServer.Root, content: young, headers: (Header, "AES256"))).Is(200);
        }

        // The new key alone: what the old one sealed is refused in clear words, the rest is served.
        await using (var embedded = await EmbeddedAsync(directory.Path, second))
        {
            var lost = await embedded.SendAsync("GET", "secret", "old", AccessServer.Root);
            lost.Is(500, "InternalError");
            Assert.Contains("master key", lost.Message, StringComparison.Ordinal);
            (await embedded.SendAsync("HEAD", "secret", "old", AccessServer.Root)).Is(200);
            Assert.Equal(young, (await embedded.SendAsync("GET", "secret", "young", AccessServer.Root)).Body);
        }
    }

    static string NewKey() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    static byte[] RuleOf(string content) => Encoding.ASCII.GetBytes(
        $"<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault>{content}</ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>");

    Task<Answer> PutRuleAsync(string bucket, string content) =>
        server.SendAsync(Call.Put(bucket, null, RuleOf(content), ("encryption", null)));

    static Task<AccessServer> EmbeddedAsync(string directory, string? masterKey = null) => AccessServer.StartAsync(options => options with
    {
        DataDirectory = directory,
        Metadata = "sqlite",
        Blobs = "files",
        MasterKey = masterKey is null ? null : new AccessKeySecret(masterKey),
    });

    static async Task PostFormAsync(AccessServer embedded, byte[] content)
    {
        var policy = Convert.ToBase64String(Encoding.ASCII.GetBytes("""{"expiration":"2099-01-01T00:00:00Z","conditions":[["eq","$bucket","secret"]]}"""));
        var signature = Convert.ToBase64String(HMACSHA1.HashData(Encoding.ASCII.GetBytes(AccessServer.Root.Secret.Reveal()), Encoding.ASCII.GetBytes(policy)));
        var form = new Form().Field("key", "form").Field("OSSAccessKeyId", AccessServer.Root.AccessKeyId).Field("policy", policy).Field("Signature", signature);
        var stored = await form.File(content).PostAsync(embedded, "secret");
        Assert.Equal((204, "AES256"), (stored.Status, stored.Header(Header)));
    }

    static List<string> FilesWith(string directory, byte[] bytes) =>
    [
        .. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(path =>
        {
            // The lock file of a running server cannot be opened, and holds nothing.
            using var file = Path.GetFileName(path) == "moss.lock" ? Stream.Null : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var content = new MemoryStream();
            file.CopyTo(content);
            return content.GetBuffer().AsSpan(0, (int)content.Length).IndexOf(bytes) >= 0;
        }),
    ];
}
