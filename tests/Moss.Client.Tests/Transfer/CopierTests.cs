using Moss.Client.Tests.Servers;
using Moss.Client.Transfer;
using Moss.Protocol.Hashing;

namespace Moss.Client.Tests.Transfer;

/// <summary>Copies within the real server.</summary>
public sealed class CopierTests(MossFixture moss) : IDisposable
{
    const int PartSize = 128 * 1024;

    readonly TempDirectory _directory = new();
    readonly OssClient _client = moss.Client();

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    CopyOptions Options => new()
    {
        PartSize = PartSize,
        MultipartThreshold = 2 * PartSize,
        Parallelism = 1,
        CheckpointDirectory = _directory.File("checkpoints"),
    };

    async Task<(string Bucket, ulong Crc)> SourceAsync(int size, int seed = 1)
    {
        var bucket = await moss.BucketAsync(_client);
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        await _client.PutObjectAsync(bucket, "source ü", RequestBody.FromBytes(bytes), new()
        {
            ContentType = "a/b",
            UserMetadata = new Dictionary<string, string> { ["k"] = "v" },
            Tags = new Dictionary<string, string> { ["t"] = "1" },
        });
        return (bucket, Crc64.Compute(bytes));
    }

    CopyRequest Request(string bucket) => new() { Source = new(bucket, "source ü"), Bucket = bucket, Key = "copy", Options = Options };

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2 * PartSize, 0)]
    [InlineData((9 * PartSize) + 1, 10)]
    public async Task An_object_of_any_size_is_copied_with_its_properties(int size, int parts)
    {
        var (bucket, crc) = await SourceAsync(size);
        var result = await new Copier(_client).CopyAsync(Request(bucket));
        Assert.Equal((crc, parts), (result.Crc64, result.Parts));
        var info = await _client.HeadObjectAsync(bucket, "copy");
        Assert.Equal((crc, "a/b", "v"), (info.Crc64, info.ContentType, info.UserMetadata["k"]));
        Assert.Equal("1", Assert.Single(await _client.GetObjectTaggingAsync(bucket, "copy")).Value);
    }

    [Fact]
    public async Task A_copy_that_broke_off_goes_on()
    {
        var (bucket, crc) = await SourceAsync(9 * PartSize);
        await BreakOffAsync(bucket);
        var copied = 0;
        using var counting = moss.Client(change: options => options with
        {
            HttpHandler = new HookHandler(request => copied += request.RequestUri!.Query.Contains("partNumber=", StringComparison.Ordinal) ? 1 : 0),
        });
        var result = await new Copier(counting).CopyAsync(Request(bucket));
        Assert.Equal((crc, 5, 4 * PartSize), (result.Crc64, copied, result.SkippedBytes));
        Assert.Empty(Directory.GetFiles(_directory.File("checkpoints")));
    }

    [Fact]
    public async Task A_source_replaced_between_tries_is_copied_anew()
    {
        var (bucket, _) = await SourceAsync(9 * PartSize);
        await BreakOffAsync(bucket);
        var other = new byte[8 * PartSize];
        await _client.PutObjectAsync(bucket, "source ü", RequestBody.FromBytes(other));
        var result = await new Copier(_client).CopyAsync(Request(bucket));
        Assert.Equal((Crc64.Compute(other), 0), (result.Crc64, result.SkippedBytes));
        await foreach (var open in _client.ListMultipartUploadsAsync(bucket))
        {
            Assert.Fail($"{open.UploadId} was left.");
        }
    }

    [Fact]
    public async Task A_source_replaced_during_the_copy_is_an_error()
    {
        var (bucket, _) = await SourceAsync(9 * PartSize);
        using var client = moss.Client(change: options => options with
        {
            HttpHandler = new HookHandler(async request =>
            {
                if (request.RequestUri!.Query.Contains("partNumber=5", StringComparison.Ordinal))
                {
                    await _client.PutObjectAsync(bucket, "source ü", RequestBody.FromBytes(new byte[9 * PartSize]));
                }
            }),
        });
        await Assert.ThrowsAsync<ObjectChangedException>(() => new Copier(client).CopyAsync(Request(bucket)));
        Assert.Null(await _client.FindObjectAsync(bucket, "copy"));
    }

    [Fact]
    public async Task A_copy_that_broke_off_does_not_go_on_with_other_properties()
    {
        var (bucket, crc) = await SourceAsync(9 * PartSize);
        await BreakOffAsync(bucket);
        var other = Request(bucket) with { Properties = new() { CacheControl = "no-cache", Tags = new Dictionary<string, string> { ["a"] = "b" } } };
        var result = await new Copier(_client).CopyAsync(other);
        Assert.Equal((crc, 0), (result.Crc64, result.SkippedBytes));
        var info = await _client.HeadObjectAsync(bucket, "copy");
        Assert.Equal(("no-cache", 0), (info.Headers.Get("Cache-Control"), info.UserMetadata.Count));
        Assert.Equal("a", Assert.Single(await _client.GetObjectTaggingAsync(bucket, "copy")).Key);
        await foreach (var open in _client.ListMultipartUploadsAsync(bucket))
        {
            Assert.Fail($"{open.UploadId} was left.");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9 * PartSize)]
    public async Task A_source_that_is_not_the_one_that_was_read_is_not_copied(int size)
    {
        var (bucket, crc) = await SourceAsync(size);
        var read = await _client.HeadObjectAsync(bucket, "source ü");
        Assert.Equal(crc, (await new Copier(_client).CopyAsync(Request(bucket) with { Key = "same", IfMatch = $"\"{read.ETag}\"" })).Crc64);
        await _client.PutObjectAsync(bucket, "source ü", RequestBody.FromBytes(new byte[size]));
        var problem = await Assert.ThrowsAsync<ObjectChangedException>(() => new Copier(_client).CopyAsync(Request(bucket) with { IfMatch = read.ETag }));
        Assert.Contains("Nothing was changed", problem.Message, StringComparison.Ordinal);
        Assert.Null(await _client.FindObjectAsync(bucket, "copy"));
    }

    [Fact]
    public async Task A_newer_version_of_the_same_bytes_is_not_the_one_that_was_read()
    {
        var bucket = await moss.BucketAsync(_client);
        await _client.PutBucketVersioningAsync(bucket, enabled: true);
        await _client.PutObjectAsync(bucket, "source ü", RequestBody.FromBytes(new byte[1]));
        var read = await _client.HeadObjectAsync(bucket, "source ü");
        var request = Request(bucket) with { IfMatch = read.ETag, IfVersionId = read.VersionId };
        await new Copier(_client).CopyAsync(request with { Key = "same" });
        await _client.PutObjectAsync(bucket, "source ü", RequestBody.FromBytes(new byte[1]));
        await Assert.ThrowsAsync<ObjectChangedException>(() => new Copier(_client).CopyAsync(request));
        Assert.Null(await _client.FindObjectAsync(bucket, "copy"));
    }

    [Fact]
    public async Task An_object_written_after_the_last_part_of_a_copy_onto_itself_stays()
    {
        var (bucket, _) = await SourceAsync(4 * PartSize);
        var (parts, written) = (0, false);
        using var client = moss.Client(change: options => options with
        {
            HttpHandler = new HookHandler(async request =>
            {
                if (request.RequestUri!.Query.Contains("partNumber=", StringComparison.Ordinal))
                {
                    parts++;
                }
                else if (parts == 4 && !written)
                {
                    written = true;
                    await _client.PutObjectAsync(bucket, "source ü", RequestBody.FromBytes(new byte[1]));
                }
            }),
        });
        var onto = Request(bucket) with { Key = "source ü", Options = Options with { EnableCheckpoint = false } };
        await Assert.ThrowsAsync<ObjectChangedException>(() => new Copier(client).CopyAsync(onto));
        Assert.Equal(1, (await _client.HeadObjectAsync(bucket, "source ü")).Size);
        await foreach (var open in _client.ListMultipartUploadsAsync(bucket))
        {
            Assert.Fail($"{open.UploadId} was left.");
        }

        // When nobody writes it is one like any other.
        await _client.PutObjectAsync(bucket, "source ü", RequestBody.FromBytes(new byte[4 * PartSize]));
        Assert.Equal(4, (await new Copier(_client).CopyAsync(onto)).Parts);
    }

    async Task BreakOffAsync(string bucket)
    {
        using var client = moss.Client(change: options => options with
        {
            MaxAttempts = 1,
            HttpHandler = new HookHandler(request =>
            {
                if (request.RequestUri!.Query.Contains("partNumber=5", StringComparison.Ordinal))
                {
                    throw new HttpRequestException(HttpRequestError.ConnectionError, "The test cut the line.");
                }
            }),
        });
        await Assert.ThrowsAsync<OssTransportException>(() => new Copier(client).CopyAsync(Request(bucket)));
    }
}
