using Moss.Protocol.Xml;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>ListParts and ListMultipartUploads.</summary>
public sealed class MultipartListingTests(TestServer server)
{
    async Task<string> InitiateAsync(string bucket, string key) =>
        (await server.SendAsync(Call.Post(bucket, key, null, ("uploads", null)))).Is(200).Element("UploadId")!;

    [Fact]
    public async Task Parts_page_by_number()
    {
        var bucket = await server.BucketAsync();
        var id = await InitiateAsync(bucket, "k");
        foreach (var number in new[] { 3, 1, 10, 2 })
        {
            (await server.SendAsync(Call.Put(bucket, "k", Bytes.Random(number, number), ("partNumber", $"{number}"), ("uploadId", id)))).Is(200);
        }

        var first = XmlDocuments.Parse<ListPartsResult>((await server.SendAsync(Call.Get(bucket, "k", ("uploadId", id), ("max-parts", "3")))).Is(200).Body);
        Assert.Equal([1, 2, 3], first.Parts.Select(part => part.PartNumber));
        Assert.True(first.IsTruncated);
        Assert.Equal(3, first.NextPartNumberMarker);
        Assert.Equal(3, first.MaxParts);
        Assert.Equal("Standard", first.StorageClass);
        Assert.Equal(Bytes.ETag(Bytes.Random(2, 2)), first.Parts[1].ETag);
        Assert.Equal(Bytes.Crc(Bytes.Random(2, 2)), $"{first.Parts[1].HashCrc64ecma}");
        Assert.Equal(2, first.Parts[1].Size);
        var rest = XmlDocuments.Parse<ListPartsResult>((await server.SendAsync(Call.Get(bucket, "k", ("uploadId", id), ("part-number-marker", "3")))).Is(200).Body);
        Assert.Equal([10], rest.Parts.Select(part => part.PartNumber));
        Assert.False(rest.IsTruncated);
        Assert.Equal(10, rest.NextPartNumberMarker);
        Assert.Equal(3, rest.PartNumberMarker);
    }

    [Fact]
    public async Task Without_parts_the_next_marker_is_an_empty_element()
    {
        var bucket = await server.BucketAsync();
        var id = await InitiateAsync(bucket, "k");
        Assert.Equal("", (await server.SendAsync(Call.Get(bucket, "k", ("uploadId", id)))).Is(200).Element("NextPartNumberMarker"));
    }

    [Theory]
    [InlineData("max-parts", "0")]
    [InlineData("max-parts", "1001")]
    [InlineData("max-parts", "x")]
    [InlineData("part-number-marker", "x")]
    [InlineData("part-number-marker", "-1")]
    [InlineData("encoding-type", "x")]
    public async Task Bad_parameters_are_told(string name, string value)
    {
        var bucket = await server.BucketAsync();
        var id = await InitiateAsync(bucket, "k");
        (await server.SendAsync(Call.Get(bucket, "k", ("uploadId", id), (name, value)))).Is(400, "InvalidArgument").Has("ArgumentName", name).Has("ArgumentValue", value);
    }

    [Fact]
    public async Task Uploads_page_by_key_and_id()
    {
        var bucket = await server.BucketAsync();
        var ids = new List<(string Key, string Id)>();
        foreach (var key in new[] { "a", "b", "b", "b", "中/1", "中/2", "z" })
        {
            ids.Add((key, await InitiateAsync(bucket, key)));
        }

        var expected = ids.OrderBy(pair => pair.Key, Comparer<string>.Create(Moss.Protocol.Names.Utf8Order.Compare)).ThenBy(pair => pair.Id, StringComparer.Ordinal).ToList();
        var seen = new List<(string, string)>();
        string keyMarker = "", idMarker = "";
        bool truncated;
        do
        {
            var page = XmlDocuments.Parse<ListMultipartUploadsResult>((await server.SendAsync(Call.Get(
                bucket, null, ("uploads", null), ("max-uploads", "2"), ("key-marker", keyMarker), ("upload-id-marker", idMarker), ("encoding-type", "url")))).Is(200).Body);
            seen.AddRange(page.Uploads.Select(upload => (upload.Key, upload.UploadId)));
            (keyMarker, idMarker, truncated) = (page.NextKeyMarker, page.NextUploadIdMarker, page.IsTruncated);
            Assert.NotEmpty(keyMarker);
        }
        while (truncated);
        Assert.Equal(expected, seen);

        var grouped = XmlDocuments.Parse<ListMultipartUploadsResult>((await server.SendAsync(Call.Get(bucket, null, ("uploads", null), ("delimiter", "/"), ("prefix", "中")))).Is(200).Body);
        Assert.Equal(["中/"], grouped.Prefixes);
        Assert.Empty(grouped.Uploads);
        Assert.Equal("中/", grouped.NextKeyMarker);
        Assert.NotEmpty(grouped.NextUploadIdMarker);
    }

    [Fact]
    public async Task An_empty_listing_has_every_marker_empty()
    {
        var bucket = await server.BucketAsync();
        var text = (await server.SendAsync(Call.Get(bucket, null, ("uploads", null)))).Is(200).Text;
        Assert.Equal(
            $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <ListMultipartUploadsResult>
              <Bucket>{bucket}</Bucket>
              <KeyMarker></KeyMarker>
              <UploadIdMarker></UploadIdMarker>
              <NextKeyMarker></NextKeyMarker>
              <NextUploadIdMarker></NextUploadIdMarker>
              <Delimiter></Delimiter>
              <Prefix></Prefix>
              <MaxUploads>1000</MaxUploads>
              <IsTruncated>false</IsTruncated>
            </ListMultipartUploadsResult>

            """,
            text);
    }

    [Fact]
    public async Task What_an_encrypting_client_said_comes_back_as_elements()
    {
        var bucket = await server.BucketAsync();
        var id = (await server.SendAsync(Call.Post(bucket, "k", null, ("uploads", null)).With(
            ("x-oss-meta-client-side-encryption-key", "K"), ("x-oss-meta-client-side-encryption-cek-alg", "AES/CTR"),
            ("x-oss-meta-client-side-encryption-part-size", "102400")))).Is(200).Element("UploadId")!;
        var listed = (await server.SendAsync(Call.Get(bucket, "k", ("uploadId", id)))).Is(200);
        Assert.Equal("K", listed.Element("ClientEncryptionKey"));
        Assert.Equal("AES/CTR", listed.Element("ClientEncryptionCekAlg"));
        Assert.Equal("102400", listed.Element("ClientEncryptionPartSize"));
    }
}
