using System.Security.Cryptography;
using Moss.Protocol.Xml;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>Initiate, UploadPart, UploadPartCopy, Complete and Abort: the way of an upload, and every wrong turn.</summary>
public sealed class MultipartUploadTests(TestServer server)
{
    const int PartSize = 100 * 1024;

    async Task<string> InitiateAsync(string bucket, string key, params (string, string)[] headers) =>
        (await server.SendAsync(Call.Post(bucket, key, null, ("uploads", null)).With(headers))).Is(200).Element("UploadId")!;

    static Call Part(string bucket, string key, string id, int number, byte[] body) =>
        Call.Put(bucket, key, body, ("partNumber", $"{number}"), ("uploadId", id));

    static Call Complete(string bucket, string key, string id, params (int Number, string ETag)[] parts) => Call.Post(
        bucket, key, XmlDocuments.ToUtf8(new CompleteMultipartUpload([.. parts.Select(part => new ListedPart(part.Number, part.ETag))])), ("uploadId", id));

    [Fact]
    public async Task Makes_an_object_of_its_parts_with_the_attributes_of_its_beginning()
    {
        var bucket = await server.BucketAsync();
        var initiated = (await server.SendAsync(Call.Post(bucket, "a/中", null, ("uploads", null), ("encoding-type", "url")).With(
            ("Content-Type", "video/mp4"), ("x-oss-meta-camera", "1"), ("x-oss-storage-class", "IA"), ("x-oss-server-side-encryption", "AES256")))).Is(200);
        Assert.Equal(bucket, initiated.Element("Bucket"));
        Assert.Equal("a%2F%E4%B8%AD", initiated.Element("Key"));
        Assert.Equal("AES256", initiated["x-oss-server-side-encryption"]);
        var id = initiated.Element("UploadId")!;
        Assert.Matches("^[0-9A-F]{32}$", id);

        byte[] first = Bytes.Random(PartSize, 1), second = Bytes.Random(70_000, 2);
        (await server.SendAsync(Part(bucket, "a/中", id, 5, Bytes.Random(10, 9)))).Is(200);
        var stored = (await server.SendAsync(Part(bucket, "a/中", id, 5, second))).Is(200);
        Assert.Equal(Bytes.ETag(second), stored["ETag"]);
        Assert.Equal(Bytes.Crc(second), stored["x-oss-hash-crc64ecma"]);
        Assert.Equal(Bytes.Md5(second), stored["Content-MD5"]);
        Assert.Equal("AES256", stored["x-oss-server-side-encryption"]);
        (await server.SendAsync(Part(bucket, "a/中", id, 1, first) with { ChunkLength = 10_000 })).Is(200);
        (await server.SendAsync(Part(bucket, "a/中", id, 9, Bytes.Of("left out")))).Is(200);

        var done = (await server.SendAsync(Complete(bucket, "a/中", id, (1, Bytes.ETag(first)), (5, Bytes.ETag(second).ToLowerInvariant())))).Is(200);
        var tag = $"\"{Convert.ToHexString(MD5.HashData(Bytes.Of((Bytes.ETag(first) + Bytes.ETag(second)).Replace("\"", "", StringComparison.Ordinal))))}-2\"";
        Assert.Equal(tag, done.Element("ETag"));
        Assert.Equal(tag, done["ETag"]);
        Assert.Equal($"http://{server.Address}/{bucket}/a%2F%E4%B8%AD", done.Element("Location"));
        Assert.Equal("a/中", done.Element("Key"));
        byte[] whole = [.. first, .. second];
        Assert.Equal(Bytes.Crc(whole), done["x-oss-hash-crc64ecma"]);

        var got = (await server.SendAsync(Call.Get(bucket, "a/中"))).Is(200);
        Assert.Equal(whole, got.Body);
        Assert.Equal("Multipart", got["x-oss-object-type"]);
        Assert.Equal("video/mp4", got["Content-Type"]);
        Assert.Equal("1", got["x-oss-meta-camera"]);
        Assert.Equal("IA", got["x-oss-storage-class"]);
        Assert.Null(got["Content-MD5"]);
        Assert.Equal(whole[102_000..103_001], (await server.SendAsync(Call.Get(bucket, "a/中").With(("Range", "bytes=102000-103000")))).Is(206).Body);
    }

    [Fact]
    public async Task Complete_may_be_repeated_but_not_with_another_list()
    {
        var bucket = await server.BucketAsync();
        var id = await InitiateAsync(bucket, "k");
        var tag = (await server.SendAsync(Part(bucket, "k", id, 1, Bytes.Of("x")))).Is(200)["ETag"]!;
        var first = (await server.SendAsync(Complete(bucket, "k", id, (1, tag)))).Is(200);
        var again = (await server.SendAsync(Complete(bucket, "k", id, (1, tag)))).Is(200);
        Assert.Equal(first["ETag"], again["ETag"]);
        Assert.Equal(first["x-oss-hash-crc64ecma"], again["x-oss-hash-crc64ecma"]);
        (await server.SendAsync(Complete(bucket, "k", id))).Is(404, "NoSuchUpload").Has("UploadId", id);
        (await server.SendAsync(Call.Delete(bucket, "k", ("uploadId", id)))).Is(404, "NoSuchUpload");
        (await server.SendAsync(Part(bucket, "k", id, 1, Bytes.Of("y")))).Is(404, "NoSuchUpload").Has("EC", "0042-00000104");
        Assert.Equal("x", (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
    }

    [Fact]
    public async Task Every_refused_complete_leaves_the_upload_to_be_completed_rightly()
    {
        var bucket = await server.BucketAsync();
        var id = await InitiateAsync(bucket, "k");
        var small = (await server.SendAsync(Part(bucket, "k", id, 1, Bytes.Of("small")))).Is(200)["ETag"]!;
        var last = (await server.SendAsync(Part(bucket, "k", id, 2, Bytes.Of("last")))).Is(200)["ETag"]!;
        (await server.SendAsync(Complete(bucket, "k", id, (1, small), (2, last)))).Is(400, "EntityTooSmall")
            .Has("MinSizeAllowed", "102400").Has("ProposedSize", "5").Has("PartNumber", "1").Has("EC", "0042-00000213");
        (await server.SendAsync(Complete(bucket, "k", id, (2, last), (1, small)))).Is(400, "InvalidPartOrder").Has("EC", "0042-00000209");
        (await server.SendAsync(Complete(bucket, "k", id, (2, last), (2, last)))).Is(400, "InvalidPartOrder");
        (await server.SendAsync(Complete(bucket, "k", id, (3, last)))).Is(400, "InvalidPart").Has("PartNumber", "3").Has("UploadId", id);
        (await server.SendAsync(Complete(bucket, "k", id, (2, small)))).Is(400, "InvalidPart").Has("ETag", small);
        (await server.SendAsync(Complete(bucket, "k", id, (0, small)))).Is(400, "InvalidArgument").Has("ArgumentName", "PartNumber");
        (await server.SendAsync(Complete(bucket, "k", id, (10_001, small)))).Is(400, "InvalidArgument");
        var call = Call.Post(bucket, "k", null, ("uploadId", id));
        (await server.SendAsync(call)).Is(400, "MalformedXML").Has("EC", "0042-00000205");
        (await server.SendAsync(call with { Body = Bytes.Of("<CompleteMultipartUpload><Part></Part></CompleteMultipartUpload>") })).Is(400, "MalformedXML");
        (await server.SendAsync(call with { Body = Bytes.Of("<Complete/>") })).Is(400, "MalformedXML");
        (await server.SendAsync(call with { Body = Bytes.Of("{}") })).Is(400, "MalformedXML");
        (await server.SendAsync(Complete(bucket, "k", id, (2, last)).With(("x-oss-complete-all", "yes")))).Is(400, "InvalidArgument").Has("EC", "0042-00000216");
        (await server.SendAsync(call.With(("x-oss-complete-all", "no")))).Is(400, "InvalidArgument");
        (await server.SendAsync(Complete(bucket, "k", id, (2, last)).With(("Content-MD5", Bytes.Md5([]))))).Is(400, "InvalidDigest");
        (await server.SendAsync(Complete(bucket, "other", id, (2, last)))).Is(404, "NoSuchUpload");
        (await server.SendAsync(Complete(bucket, "k", "none", (2, last)))).Is(404, "NoSuchUpload");
        (await server.SendAsync(Complete("no-such-bucket", "k", id, (2, last)))).Is(404, "NoSuchBucket");
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("there")))).Is(200);
        (await server.SendAsync(Complete(bucket, "k", id, (2, last)).With(("x-oss-forbid-overwrite", "true")))).Is(409, "FileAlreadyExists");
        (await server.SendAsync(Complete(bucket, "k", id, (2, last)))).Is(200);
        Assert.Equal("last", (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
    }

    [Theory]
    [InlineData("\"{0}\"")]
    [InlineData("&quot;{0}&quot;")]
    [InlineData("&#34;{0}&#34;")]
    [InlineData("{0}")]
    public async Task Takes_etags_in_every_spelling(string spelling)
    {
        var bucket = await server.BucketAsync();
        var id = await InitiateAsync(bucket, "k");
        var tag = (await server.SendAsync(Part(bucket, "k", id, 1, Bytes.Of("x")))).Is(200)["ETag"]!.Trim('"');
        var text = string.Format(null, spelling, tag);
        var body = $"\ufeff\r\n<CompleteMultipartUpload xmlns=\"http://doc.oss-cn-hangzhou.aliyuncs.com\">\r\n <Part>\r\n  <ETag>{text}</ETag><Extra/>\r\n <PartNumber>1</PartNumber></Part></CompleteMultipartUpload>";
        (await server.SendAsync(Call.Post(bucket, "k", Bytes.Of(body.TrimStart('\ufeff').TrimStart()), ("uploadId", id)))).Is(200);
    }

    [Fact]
    public async Task Complete_all_takes_every_part_and_zero_parts_make_an_empty_object()
    {
        var bucket = await server.BucketAsync();
        var id = await InitiateAsync(bucket, "k", ("x-oss-object-acl", "private"));
        (await server.SendAsync(Part(bucket, "k", id, 7, Bytes.Random(PartSize, 1)))).Is(200);
        (await server.SendAsync(Part(bucket, "k", id, 9, Bytes.Of("end")))).Is(200);
        (await server.SendAsync(Call.Post(bucket, "k", null, ("uploadId", id)).With(("x-oss-complete-all", "yes"), ("x-oss-object-acl", "public-read")))).Is(200);
        Assert.Equal(PartSize + 3, (await server.SendAsync(Call.Get(bucket, "k").Anonymously())).Is(200).Body.Length);
        var empty = await InitiateAsync(bucket, "empty");
        (await server.SendAsync(Complete(bucket, "empty", empty))).Is(200);
        Assert.Equal("0", (await server.SendAsync(Call.Head(bucket, "empty"))).Is(200)["Content-Length"]);
    }

    [Theory]
    [InlineData("partNumber=0&uploadId=ID", "0017-00000220")]
    [InlineData("partNumber=10001&uploadId=ID", "0017-00000220")]
    [InlineData("partNumber=-1&uploadId=ID", "0017-00000220")]
    [InlineData("partNumber=one&uploadId=ID", "0017-00000220")]
    [InlineData("partNumber=&uploadId=ID", "0017-00000220")]
    [InlineData("partNumber=99999999999999999999&uploadId=ID", "0017-00000220")]
    [InlineData("uploadId=ID", "0017-00000219")]
    [InlineData("partNumber=1", "0017-00000219")]
    public async Task A_part_needs_its_number_and_its_upload(string query, string ec)
    {
        var bucket = await server.BucketAsync();
        var id = await InitiateAsync(bucket, "k");
        var pairs = query.Replace("ID", id, StringComparison.Ordinal).Split('&').Select(pair => pair.Split('=')).Select(pair => (pair[0], (string?)pair[1])).ToArray();
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("x"), pairs))).Is(400, "InvalidArgument").Has("EC", ec);
        (await server.SendAsync(Call.Head(bucket, "k"))).Is(404, "NoSuchKey");
    }

    [Fact]
    public async Task A_refused_part_leaves_the_older_one()
    {
        var bucket = await server.BucketAsync();
        var id = await InitiateAsync(bucket, "k");
        (await server.SendAsync(Part(bucket, "k", id, 1, Bytes.Of("good")))).Is(200);
        (await server.SendAsync(Part(bucket, "k", id, 1, Bytes.Of("bad")).With(("Content-MD5", Bytes.Md5([]))))).Is(400, "InvalidDigest");
        (await server.SendAsync(Part(bucket, "k", id, 1, Bytes.Of("bad")).With(("x-oss-hash-crc64ecma", "1")))).Is(400, "InvalidCRC64");
        (await server.SendAsync(Part(bucket, "k", id, 1, Bytes.Of("bad")).With(("x-oss-server-side-encryption", "AES256")))).Is(400, "InvalidArgument");
        (await server.SendAsync(Part(bucket, "k", id, 1, []) with { HasNoLength = true, Body = null })).Is(411, "MissingContentLength");
        (await server.SendAsync(Call.Post(bucket, "k", null, ("uploadId", id)).With(("x-oss-complete-all", "yes")))).Is(200);
        Assert.Equal("good", (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
    }

    [Fact]
    public async Task Abort_frees_the_upload_and_never_the_object()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("older"));
        var id = await InitiateAsync(bucket, "k");
        (await server.SendAsync(Part(bucket, "k", id, 1, Bytes.Of("x")))).Is(200);
        (await server.SendAsync(Call.Delete(bucket, "k", ("uploadId", id)))).Is(204);
        (await server.SendAsync(Call.Delete(bucket, "k", ("uploadId", id)))).Is(404, "NoSuchUpload").Has("EC", "0042-00000002");
        (await server.SendAsync(Call.Get(bucket, "k", ("uploadId", id)))).Is(404, "NoSuchUpload");
        Assert.Equal("older", (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
    }

    [Fact]
    public async Task A_sequential_upload_keeps_its_order_and_has_a_digest()
    {
        var bucket = await server.BucketAsync();
        var id = (await server.SendAsync(Call.Post(bucket, "k", null, ("uploads", null), ("sequential", null)))).Is(200).Element("UploadId")!;
        byte[] first = Bytes.Random(PartSize, 1), second = Bytes.Of("end");
        (await server.SendAsync(Part(bucket, "k", id, 2, second))).Is(400, "PartNotSequential");
        (await server.SendAsync(Part(bucket, "k", id, 1, first))).Is(200);
        (await server.SendAsync(Part(bucket, "k", id, 3, second))).Is(400, "PartNotSequential");
        (await server.SendAsync(Part(bucket, "k", id, 2, second))).Is(200);
        (await server.SendAsync(Complete(bucket, "k", id, (1, Bytes.ETag(first)), (2, Bytes.ETag(second))))).Is(200);
        Assert.Equal(Bytes.Md5([.. first, .. second]), (await server.SendAsync(Call.Head(bucket, "k"))).Is(200)["Content-MD5"]);
    }

    [Fact]
    public async Task Initiate_refuses_what_a_put_refuses()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("x"));
        var call = Call.Post(bucket, "k", null, ("uploads", null));
        (await server.SendAsync(call.With(("x-oss-forbid-overwrite", "true")))).Is(409, "FileAlreadyExists");
        (await server.SendAsync(call.With(("x-oss-storage-class", "Gold")))).Is(400, "InvalidArgument");
        (await server.SendAsync(call.With(("x-oss-tagging", "a=%")))).Is(400, "InvalidArgument");
        (await server.SendAsync(Call.Post(bucket, "k", null, ("uploads", null), ("encoding-type", "rot13")))).Is(400, "InvalidArgument");
        (await server.SendAsync(Call.Post("no-such-bucket", "k", null, ("uploads", null)))).Is(404, "NoSuchBucket");
    }

    [Theory]
    [InlineData("bytes=100-299", 100, 200)]
    [InlineData("bytes=0-199999", 0, 200_000)]
    [InlineData("bytes=100-200000", 0, 200_000)]
    [InlineData("bytes=9-5", 0, 200_000)]
    [InlineData("sometimes", 0, 200_000)]
    [InlineData(null, 0, 200_000)]
    public async Task A_part_copied_from_a_range_is_that_range_or_the_whole(string? range, int offset, int length)
    {
        var body = Bytes.Random(200_000, 5);
        var bucket = await server.BucketWithAsync("源", body);
        var id = await InitiateAsync(bucket, "k");
        var call = Call.Put(bucket, "k", null, ("partNumber", "1"), ("uploadId", id)).With(("x-oss-copy-source", $"/{bucket}/%E6%BA%90"));
        var copied = (await server.SendAsync(range is null ? call : call.With(("x-oss-copy-source-range", range)))).Is(200);
        Assert.Equal(copied["ETag"], copied.Element("ETag"));
        var used = range is "bytes=100-299" or "bytes=0-199999";
        Assert.Equal(used ? $"bytes {offset}-{offset + length - 1}/200000" : null, copied["Content-Range"]);
        var slice = body[offset..(offset + length)];
        Assert.Equal(Bytes.Crc(slice), copied["x-oss-hash-crc64ecma"]);
        (await server.SendAsync(Call.Delete(bucket, "源"))).Is(204);
        (await server.SendAsync(Complete(bucket, "k", id, (1, copied["ETag"]!)))).Is(200);
        Assert.Equal(slice, (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Body);
    }

    [Fact]
    public async Task A_part_copy_needs_a_source_that_fits_its_conditions()
    {
        var bucket = await server.BucketWithAsync("from", Bytes.Of("x"));
        var id = await InitiateAsync(bucket, "k");
        Call Copy(string source, params (string, string)[] headers) =>
            Call.Put(bucket, "k", null, ("partNumber", "1"), ("uploadId", id)).With([("x-oss-copy-source", source), .. headers]);
        (await server.SendAsync(Copy("from"))).Is(400, "InvalidArgument");
        (await server.SendAsync(Copy($"/{bucket}/none"))).Is(404, "NoSuchKey");
        (await server.SendAsync(Copy("/no-such-bucket/none"))).Is(404, "NoSuchBucket");
        (await server.SendAsync(Copy($"/{bucket}/from", ("x-oss-copy-source-if-match", "other")))).Is(412, "PreconditionFailed");
        (await server.SendAsync(Copy($"/{bucket}/from", ("x-oss-copy-source-if-none-match", Bytes.ETag(Bytes.Of("x")))))).Is(304);
        (await server.SendAsync(Call.Put(bucket, "k", null, ("partNumber", "1"), ("uploadId", "none")).With(("x-oss-copy-source", $"/{bucket}/from")))).Is(404, "NoSuchUpload");
        (await server.SendAsync(Call.Put(bucket, "k", null, ("partNumber", "0"), ("uploadId", id)).With(("x-oss-copy-source", $"/{bucket}/from")))).Is(400, "InvalidArgument");
    }

    [Fact]
    public async Task Ten_thousand_parts_complete()
    {
        var bucket = await server.BucketWithAsync("source", Bytes.Random(PartSize, 6));
        var id = await InitiateAsync(bucket, "k");
        await using var connection = await server.ConnectAsync();
        var tags = new (int, string)[10_000];
        for (var number = 1; number <= tags.Length; number++)
        {
            var call = Call.Put(bucket, "k", null, ("partNumber", $"{number}"), ("uploadId", id)).With(("x-oss-copy-source", $"/{bucket}/source"));
            tags[number - 1] = (number, (await server.SendAsync(connection, call)).Is(200)["ETag"]!);
        }

        (await server.SendAsync(connection, Complete(bucket, "k", id, tags))).Is(200);
        Assert.Equal($"{10_000L * PartSize}", (await server.SendAsync(connection, Call.Head(bucket, "k"))).Is(200)["Content-Length"]);
    }
}
