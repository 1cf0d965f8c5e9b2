using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>ListObjects, ListObjectsV2 and ListObjectVersions.</summary>
public sealed class ListObjectsTests(TestServer server)
{
    static readonly string[] Keys =
        ["a", "a b+c", "dir/1", "dir/2", "dir/sub/3", "dir\u0001x", "e", "\ue000 private", "中文/x", "中文/y", "😀", "z%2F"];

    static string[] Sorted => [.. Keys.Order(Comparer<string>.Create(Utf8Order.Compare))];

    async Task<string> FilledAsync()
    {
        var bucket = await server.BucketAsync();
        await using var connection = await server.ConnectAsync();
        foreach (var key in Keys)
        {
            (await server.SendAsync(connection, Call.Put(bucket, key, Bytes.Of(key)))).Is(200);
        }

        return bucket;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public async Task V1_pages_through_every_key_once_in_byte_order(int size)
    {
        var bucket = await FilledAsync();
        var seen = new List<string>();
        var marker = (string?)"";
        do
        {
            var page = XmlDocuments.Parse<ListObjectsResult>((await server.SendAsync(Call.Get(
                bucket, null, ("max-keys", $"{size}"), ("marker", marker), ("encoding-type", "url")))).Is(200).Body);
            seen.AddRange(page.Contents.Select(content => content.Key));
            Assert.Equal(size, page.MaxKeys);
            Assert.Equal(marker, page.Marker);
            Assert.All(page.Contents, content => Assert.Equal(TestServer.OwnerId, content.Owner!.Value.Id));
            Assert.Equal(page.IsTruncated, page.NextMarker is not null);
            marker = page.NextMarker;
        }
        while (marker is not null);
        Assert.Equal(Sorted, seen);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(1000)]
    public async Task V2_pages_through_every_key_once_in_byte_order(int size)
    {
        var bucket = await FilledAsync();
        var seen = new List<string>();
        string? token = null;
        do
        {
            (string, string?)[] more = token is null ? [] : [("continuation-token", token)];
            var page = XmlDocuments.Parse<ListObjectsV2Result>((await server.SendAsync(Call.Get(
                bucket, null, [("list-type", "2"), ("max-keys", $"{size}"), ("encoding-type", "url"), .. more]))).Is(200).Body);
            seen.AddRange(page.Contents.Select(content => content.Key));
            Assert.All(page.Contents, content => Assert.Null(content.Owner));
            Assert.Equal(token, page.ContinuationToken);
            token = page.NextContinuationToken;
            Assert.True(token is null || token.All(c => char.IsAsciiLetterOrDigit(c) || "._-".Contains(c, StringComparison.Ordinal)));
        }
        while (token is not null);
        Assert.Equal(Sorted, seen);
    }

    [Fact]
    public async Task Delimiters_roll_keys_up_and_markers_skip_groups()
    {
        var bucket = await FilledAsync();
        var all = XmlDocuments.Parse<ListObjectsResult>((await server.SendAsync(Call.Get(bucket, null, ("delimiter", "/"), ("encoding-type", "url")))).Is(200).Body);
        Assert.Equal(["dir/", "中文/"], all.Prefixes);
        Assert.Equal(Sorted.Where(key => !key.Contains('/', StringComparison.Ordinal)), all.Contents.Select(content => content.Key));
        var within = XmlDocuments.Parse<ListObjectsResult>((await server.SendAsync(Call.Get(bucket, null, ("delimiter", "/"), ("prefix", "dir/")))).Is(200).Body);
        Assert.Equal(["dir/1", "dir/2"], within.Contents.Select(content => content.Key));
        Assert.Equal(["dir/sub/"], within.Prefixes);
        var behind = XmlDocuments.Parse<ListObjectsResult>((await server.SendAsync(Call.Get(bucket, null, ("delimiter", "/"), ("marker", "dir/")))).Is(200).Body);
        Assert.DoesNotContain("dir/", behind.Prefixes);
        Assert.Equal("e", behind.Contents[0].Key);
        var two = XmlDocuments.Parse<ListObjectsV2Result>((await server.SendAsync(Call.Get(
            bucket, null, ("list-type", "2"), ("delimiter", "/"), ("start-after", "d"), ("max-keys", "2"), ("fetch-owner", "true"), ("encoding-type", "url")))).Is(200).Body);
        Assert.Equal(2, two.KeyCount);
        Assert.Equal("d", two.StartAfter);
        Assert.NotNull(two.Contents[0].Owner);
    }

    [Fact]
    public async Task Says_everything_of_an_object_in_the_documented_order()
    {
        var bucket = await server.BucketWithAsync("only & <one>", Bytes.Of("x"));
        var answer = (await server.SendAsync(Call.Get(bucket, null, ("prefix", "only")))).Is(200);
        Assert.Equal(
            ["Name", "Prefix", "Marker", "MaxKeys", "Delimiter", "IsTruncated", "Contents"], answer.Xml.Elements().Select(element => element.Name.LocalName));
        Assert.Equal(
            ["Key", "LastModified", "ETag", "Type", "Size", "StorageClass", "Owner"],
            answer.Xml.Element("Contents")!.Elements().Select(element => element.Name.LocalName));
        Assert.Equal("only & <one>", answer.Element("Key"));
        Assert.Contains($"<ETag>{Bytes.ETag(Bytes.Of("x"))}</ETag>", answer.Text, StringComparison.Ordinal);
        Assert.Equal("100", answer.Element("MaxKeys"));
    }

    [Theory]
    [InlineData("", "max-keys", "0")]
    [InlineData("", "max-keys", "1001")]
    [InlineData("", "max-keys", "-1")]
    [InlineData("", "max-keys", "many")]
    [InlineData("", "encoding-type", "base64")]
    [InlineData("2", "max-keys", "0")]
    [InlineData("2", "continuation-token", "?")]
    [InlineData("2", "continuation-token", "CgJi")]
    [InlineData("1", "list-type", "1")]
    public async Task Bad_parameters_are_told(string type, string name, string value)
    {
        var bucket = await server.BucketAsync();
        (string, string?)[] query = type == "2" ? [("list-type", "2"), (name, value)] : [(name, value)];
        (await server.SendAsync(Call.Get(bucket, null, query))).Is(400, "InvalidArgument").Has("ArgumentName", name).Has("ArgumentValue", value);
    }

    [Fact]
    public async Task A_plus_in_a_query_is_a_space_or_what_its_signer_says()
    {
        var bucket = await FilledAsync();
        var target = $"/{bucket}/?prefix=a+b%2Bc";
        Assert.Equal(["a b+c"], (await server.SendAsync(Call.Get(bucket, null, ("prefix", "a b+c")) with { RawTarget = target })).Is(200).Elements("Key"));
    }

    [Fact]
    public async Task Versions_of_a_bucket_without_them_are_null()
    {
        var bucket = await FilledAsync();
        var seen = new List<string>();
        var marker = (string?)"";
        do
        {
            var page = XmlDocuments.Parse<ListVersionsResult>((await server.SendAsync(Call.Get(
                bucket, null, ("versions", null), ("max-keys", "5"), ("key-marker", marker), ("encoding-type", "url")))).Is(200).Body);
            seen.AddRange(page.Versions.Select(version => version.Object.Key));
            Assert.All(page.Versions, version => Assert.Equal(("null", true, false), (version.VersionId, version.IsLatest, version.IsDeleteMarker)));
            marker = page.NextKeyMarker;
        }
        while (marker is not null);
        Assert.Equal(Sorted, seen);
        (await server.SendAsync(Call.Get(bucket, null, ("versions", null), ("version-id-marker", "x")))).Is(400, "InvalidArgument");
    }
}
