using Moss.Client.Tests.Servers;
using Moss.Client.Transfer;
using Moss.Protocol.Hashing;

namespace Moss.Client.Tests.Transfer;

/// <summary>A proxy that delays, cuts, stalls, refuses and damages: everything arrives, wrong bytes never.</summary>
public sealed class BadNetworkTests(MossFixture moss) : IDisposable
{
    const int PartSize = 128 * 1024;
    const int Parts = 24;

    readonly TempDirectory _directory = new();
    readonly OssClient _client = moss.Client();

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    /// <summary>The faults of connection after connection, from a seed. A connection that starts well fails later: it is used again and again.</summary>
    static Func<int, Fault> Plan(string kind, int seed) => connection =>
    {
        var random = new Random((seed * 7919) + connection);
        var early = random.Next(100) < 30;
        var offset = early ? random.Next(1, PartSize) : random.Next(2 * PartSize, 8 * PartSize);
        return kind switch
        {
            "latency" => new() { Latency = TimeSpan.FromMilliseconds(50) },
            "cuts" => random.Next(4) == 0 ? new() { CutDown = early ? offset / 100 : offset } : new() { CutUp = offset },
            "stalls" => new() { StallUp = offset },
            "flips" => new() { FlipUp = offset, FlipDown = random.Next(2) == 0 ? random.Next(2000) : offset },
            "storm" => connection % 3 != 0 ? new() { Overloaded = true } : new() { CutUp = 4 * PartSize },
            _ => random.Next(6) switch
            {
                0 => new() { CutUp = offset },
                1 => new() { StallUp = offset },
                2 => new() { FlipUp = offset, FlipDown = offset },
                3 => new() { Overloaded = true },
                4 => new() { CutDown = offset },
                _ => new() { Latency = TimeSpan.FromMilliseconds(20), CutUp = 5 * PartSize },
            },
        };
    };

    OssClient Through(FaultProxy proxy) => moss.Client(proxy.Endpoint, options => options with
    {
        IdleTimeout = TimeSpan.FromMilliseconds(700),
        MaxAttempts = 12,
        BaseDelay = TimeSpan.FromMilliseconds(2),
        MaxDelay = TimeSpan.FromMilliseconds(50),
    });

    [Theory]
    [InlineData("latency", 1)]
    [InlineData("cuts", 2)]
    [InlineData("cuts", 3)]
    [InlineData("stalls", 4)]
    [InlineData("flips", 5)]
    [InlineData("flips", 6)]
    [InlineData("flips", 7)]
    [InlineData("storm", 8)]
    [InlineData("everything", 9)]
    [InlineData("everything", 10)]
    public async Task A_file_arrives_whole_both_ways(string kind, int seed)
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", (Parts * PartSize) + 77, seed);
        var crc = Crc64.Compute(await File.ReadAllBytesAsync(path));
        await using var proxy = new FaultProxy(moss.Port, Plan(kind, seed));
        using var client = Through(proxy);
        var uploaded = await new Uploader(client).UploadAsync(new()
        {
            Bucket = bucket,
            Key = "k",
            Source = UploadSource.FromFile(path),
            Options = new()
            {
                PartSize = PartSize,
                Parallelism = 4,
                MultipartThreshold = 0,
                MaxAttempts = 30,
                CheckpointDirectory = _directory.File("checkpoints"),
            },
        });
        Assert.Equal(crc, uploaded.Crc64);
        Assert.Equal(crc, (await _client.HeadObjectAsync(bucket, "k")).Crc64);

        var downloaded = await new Downloader(client).DownloadAsync(new()
        {
            Bucket = bucket,
            Key = "k",
            Path = _directory.File("back"),
            Options = new() { PartSize = PartSize, Parallelism = 4, MaxAttempts = 30, CheckpointDirectory = _directory.File("checkpoints") },
        });
        Assert.True(downloaded.IsVerified);
        Assert.Equal(crc, Crc64.Compute(await File.ReadAllBytesAsync(_directory.File("back"))));
        Assert.Empty(Directory.GetFiles(_directory.File("checkpoints")));
        if (kind is not "latency")
        {
            Assert.True(uploaded.Retries + downloaded.Retries > 0, "The network was not bad at all.");
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public async Task A_stream_arrives_whole_over_a_bad_network(int seed)
    {
        var bucket = await moss.BucketAsync(_client);
        var bytes = new byte[(10 * PartSize) + 5];
        new Random(seed).NextBytes(bytes);
        await using var proxy = new FaultProxy(moss.Port, Plan("everything", seed));
        using var client = Through(proxy);
        var result = await new Uploader(client).UploadAsync(new()
        {
            Bucket = bucket,
            Key = "k",
            Source = UploadSource.FromStream(new ForwardStream(bytes)),
            Options = new() { PartSize = PartSize, Parallelism = 3, MaxAttempts = 30 },
        });
        Assert.Equal(Crc64.Compute(bytes), result.Crc64);
        Assert.Equal(result.Crc64, (await _client.HeadObjectAsync(bucket, "k")).Crc64);
    }

    [Fact]
    public async Task Reading_an_object_survives_cut_connections()
    {
        var bucket = await moss.BucketAsync(_client);
        var bytes = new byte[PartSize * 8];
        new Random(13).NextBytes(bytes);
        await _client.PutObjectAsync(bucket, "k", RequestBody.FromBytes(bytes));
        await using var proxy = new FaultProxy(moss.Port, _ => new() { CutDown = 3 * PartSize });
        using var client = Through(proxy);
        await using var found = await client.GetObjectAsync(bucket, "k");
        using var copy = new MemoryStream();
        await found.Content.CopyToAsync(copy);
        Assert.True(bytes.AsSpan().SequenceEqual(copy.ToArray()));
        Assert.InRange(proxy.Connections, 3, 12);
    }

    [Fact]
    public async Task A_damaged_answer_is_noticed_at_its_end()
    {
        var bucket = await moss.BucketAsync(_client);
        await _client.PutObjectAsync(bucket, "k", RequestBody.FromBytes(new byte[PartSize]));
        await using var proxy = new FaultProxy(moss.Port, _ => new() { FlipDown = PartSize / 2 });
        using var client = Through(proxy);
        await using var found = await client.GetObjectAsync(bucket, "k");
        await Assert.ThrowsAsync<ChecksumMismatchException>(() => found.Content.CopyToAsync(Stream.Null));
    }
}

/// <summary>A stream that can be read once, forward, in pieces of odd sizes.</summary>
sealed class ForwardStream(byte[] bytes) : MemoryStream(bytes)
{
    public override bool CanSeek => false;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        base.ReadAsync(buffer[..Math.Min(buffer.Length, 50_021)], cancellationToken);
}
