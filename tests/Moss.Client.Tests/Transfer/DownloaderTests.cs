using Moss.Client.Tests.Servers;
using Moss.Client.Transfer;
using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;

namespace Moss.Client.Tests.Transfer;

/// <summary>Downloads from the real server: whole or not at all, resumed only by bytes that are still right.</summary>
public sealed class DownloaderTests(MossFixture moss) : IDisposable
{
    const int PartSize = 128 * 1024;

    readonly TempDirectory _directory = new();
    readonly OssClient _client = moss.Client();

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    DownloadRequest Request(string bucket, DownloadOptions? options = null) => new()
    {
        Bucket = bucket,
        Key = "k",
        Path = _directory.File("sub/target"),
        Options = options ?? Options,
    };

    DownloadOptions Options => new() { PartSize = PartSize, Parallelism = 3, CheckpointDirectory = _directory.File("checkpoints") };

    async Task<(string Bucket, byte[] Bytes)> ObjectAsync(int size, int seed = 1)
    {
        var bucket = await moss.BucketAsync(_client);
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        await _client.PutObjectAsync(bucket, "k", RequestBody.FromBytes(bytes));
        return (bucket, bytes);
    }

    void AssertOnlyTheFile(byte[] expected)
    {
        Assert.True(expected.AsSpan().SequenceEqual(File.ReadAllBytes(_directory.File("sub/target"))), "The file is not the object.");
        Assert.Single(Directory.GetFileSystemEntries(_directory.File("sub")));
        Assert.Empty(Directory.Exists(_directory.File("checkpoints")) ? Directory.GetFiles(_directory.File("checkpoints")) : []);
    }

    /// <summary>A handler that breaks every request for a range from this part on.</summary>
    static HookHandler FailsFrom(int part) => new(request =>
    {
        if (request.Headers.NonValidated.TryGetValues("Range", out var range)
            && long.Parse(range.ToString()["bytes=".Length..].Split('-')[0]) >= (long)part * PartSize)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "The test cut the line.");
        }
    });

    async Task BreakOffAsync(string bucket, int afterParts)
    {
        using var client = moss.Client(change: options => options with { HttpHandler = FailsFrom(afterParts) });
        await Assert.ThrowsAsync<OssTransportException>(() =>
            new Downloader(client).DownloadAsync(Request(bucket, Options with { MaxAttempts = 1, Parallelism = 1 })));
        Assert.False(File.Exists(_directory.File("sub/target")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(PartSize)]
    [InlineData((7 * PartSize) + 1)]
    public async Task An_object_of_any_size_arrives(int size)
    {
        var (bucket, bytes) = await ObjectAsync(size);
        var result = await new Downloader(_client).DownloadAsync(Request(bucket));
        AssertOnlyTheFile(bytes);
        Assert.Equal((size, size, true, Crc64.Compute(bytes)), (result.Size, result.NetworkBytes, result.IsVerified, result.Crc64));
        Assert.Equal(result.Info.LastModified.UtcDateTime, File.GetLastWriteTimeUtc(result.Path));
    }

    [Fact]
    public async Task A_download_that_broke_off_goes_on()
    {
        var (bucket, bytes) = await ObjectAsync(10 * PartSize);
        await BreakOffAsync(bucket, 6);
        var result = await new Downloader(_client).DownloadAsync(Request(bucket));
        AssertOnlyTheFile(bytes);
        Assert.Equal((6 * PartSize, 4 * PartSize), (result.SkippedBytes, result.NetworkBytes));
    }

    [Fact]
    public async Task Bytes_that_were_damaged_on_this_disk_are_fetched_again()
    {
        var (bucket, bytes) = await ObjectAsync(10 * PartSize);
        await BreakOffAsync(bucket, 6);
        var temporary = Directory.GetFiles(_directory.File("sub"), "*", new EnumerationOptions { AttributesToSkip = default }).Single();
        using (var file = File.OpenWrite(temporary))
        {
            file.Position = 3 * PartSize;
            file.WriteByte((byte)~bytes[3 * PartSize]);
        }

        var result = await new Downloader(_client).DownloadAsync(Request(bucket));
        AssertOnlyTheFile(bytes);
        Assert.Equal(5 * PartSize, result.SkippedBytes);
    }

    [Fact]
    public async Task An_object_replaced_between_tries_is_fetched_anew()
    {
        var (bucket, _) = await ObjectAsync(10 * PartSize);
        await BreakOffAsync(bucket, 6);
        var other = new byte[10 * PartSize];
        new Random(99).NextBytes(other);
        await _client.PutObjectAsync(bucket, "k", RequestBody.FromBytes(other));
        var result = await new Downloader(_client).DownloadAsync(Request(bucket));
        AssertOnlyTheFile(other);
        Assert.Equal(0, result.SkippedBytes);
    }

    [Fact]
    public async Task An_object_replaced_during_the_download_is_fetched_anew()
    {
        var (bucket, _) = await ObjectAsync(10 * PartSize);
        var other = new byte[(9 * PartSize) + 3];
        new Random(98).NextBytes(other);
        var replaced = false;
        using var client = moss.Client(change: options => options with
        {
            HttpHandler = new HookHandler(async request =>
            {
                if (request.Headers.NonValidated.TryGetValues("Range", out var range)
                    && range.ToString().StartsWith($"bytes={5 * PartSize}-", StringComparison.Ordinal) && !replaced)
                {
                    replaced = true;
                    await _client.PutObjectAsync(bucket, "k", RequestBody.FromBytes(other));
                }
            }),
        });
        await new Downloader(client).DownloadAsync(Request(bucket));
        AssertOnlyTheFile(other);
    }

    [Fact]
    public async Task An_object_that_never_holds_still_is_a_clear_error_and_no_file()
    {
        var (bucket, bytes) = await ObjectAsync(4 * PartSize);
        using var client = moss.Client(change: options => options with
        {
            HttpHandler = new HookHandler(async request =>
            {
                if (request.Method == HttpMethod.Get)
                {
                    bytes[0]++;
                    await _client.PutObjectAsync(bucket, "k", RequestBody.FromBytes(bytes.ToArray()));
                }
            }),
        });
        await Assert.ThrowsAsync<ObjectChangedException>(() => new Downloader(client).DownloadAsync(Request(bucket, Options with { Parallelism = 1 })));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.File("sub")));
    }

    [Fact]
    public async Task The_old_file_stays_until_the_new_one_is_whole()
    {
        var (bucket, bytes) = await ObjectAsync(10 * PartSize);
        Directory.CreateDirectory(_directory.File("sub"));
        await File.WriteAllTextAsync(_directory.File("sub/target"), "old");
        using (var client = moss.Client(change: options => options with { HttpHandler = FailsFrom(6) }))
        {
            await Assert.ThrowsAsync<OssTransportException>(() => new Downloader(client).DownloadAsync(Request(bucket, Options with { MaxAttempts = 1 })));
        }

        Assert.Equal("old", await File.ReadAllTextAsync(_directory.File("sub/target")));
        await Assert.ThrowsAsync<IOException>(() => new Downloader(_client).DownloadAsync(Request(bucket, Options with { Overwrite = false })));
        await new Downloader(_client).DownloadAsync(Request(bucket));
        AssertOnlyTheFile(bytes);
    }

    [Fact]
    public async Task Without_a_checkpoint_a_failed_download_leaves_nothing()
    {
        var (bucket, _) = await ObjectAsync(10 * PartSize);
        using var client = moss.Client(change: options => options with { HttpHandler = FailsFrom(6) });
        await Assert.ThrowsAsync<OssTransportException>(() =>
            new Downloader(client).DownloadAsync(Request(bucket, Options with { MaxAttempts = 1, EnableCheckpoint = false })));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.File("sub")));
    }

    [Fact]
    public async Task A_service_whose_checksum_is_not_its_objects_is_found_out()
    {
        var (bucket, _) = await ObjectAsync(4 * PartSize);
        using var client = moss.Client(change: options => options with { HttpHandler = new WrongHeadHandler() });
        await Assert.ThrowsAsync<ChecksumMismatchException>(() => new Downloader(client).DownloadAsync(Request(bucket)));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.File("sub")));
    }

    [Fact]
    public async Task A_missing_object_is_the_services_own_error()
    {
        var bucket = await moss.BucketAsync(_client);
        Assert.Equal("NoSuchKey", (await Assert.ThrowsAsync<OssException>(() => new Downloader(_client).DownloadAsync(Request(bucket)))).Code);
    }

    sealed class WrongHeadHandler : RealHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            if (request.Method == HttpMethod.Head)
            {
                answer.Headers.Remove("x-oss-hash-crc64ecma");
                answer.Headers.Add("x-oss-hash-crc64ecma", "4711");
            }

            return answer;
        }
    }
}
