using System.IO.Pipelines;
using Moss.Client.Tests.Servers;
using Moss.Client.Transfer;
using Moss.Protocol.Hashing;

namespace Moss.Client.Tests.Transfer;

/// <summary>Sources whose end nobody knows: streams, pipes, and files that still grow.</summary>
public sealed class StreamAndFollowTests(MossFixture moss) : IDisposable
{
    const int PartSize = 100 * 1024;

    readonly TempDirectory _directory = new();
    readonly OssClient _client = moss.Client();

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    UploadOptions Options => new()
    {
        PartSize = PartSize,
        Parallelism = 3,
        MultipartThreshold = PartSize,
        CheckpointDirectory = _directory.File("checkpoints"),
    };

    static byte[] Bytes(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    async Task AssertObjectAsync(string bucket, byte[] expected)
    {
        await using var found = await _client.GetObjectAsync(bucket, "k");
        using var copy = new MemoryStream();
        await found.Content.CopyToAsync(copy);
        Assert.True(expected.AsSpan().SequenceEqual(copy.ToArray()), "The object is not the source.");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(PartSize - 1)]
    [InlineData(PartSize)]
    [InlineData(PartSize + 1)]
    [InlineData(10 * PartSize)]
    [InlineData((10 * PartSize) + 1)]
    public async Task A_stream_of_any_length_arrives(int size)
    {
        var bucket = await moss.BucketAsync(_client);
        var bytes = Bytes(size, size);
        var result = await new Uploader(_client).UploadAsync(new()
        {
            Bucket = bucket,
            Key = "k",
            Source = UploadSource.FromStream(new ForwardStream(bytes)),
            Options = Options,
        });
        Assert.Equal((size, Crc64.Compute(bytes)), (result.Size, result.Crc64));
        await AssertObjectAsync(bucket, bytes);
    }

    [Fact]
    public async Task Whoever_writes_into_a_pipe_is_told_that_its_upload_has_failed()
    {
        var pipe = new System.IO.Pipelines.Pipe();
        var uploading = new Uploader(_client).UploadAsync(
            new() { Bucket = "no-such-bucket", Key = "k", Source = UploadSource.FromPipe(pipe.Reader), Options = new() { PartSize = 100 * 1024, Parallelism = 1 } });
        System.IO.Pipelines.FlushResult flushed;
        do
        {
            flushed = await pipe.Writer.WriteAsync(new byte[64 * 1024]);
        }
        while (!flushed.IsCompleted);

        await Assert.ThrowsAsync<Moss.Protocol.Errors.OssException>(() => uploading);
    }

    [Fact]
    public async Task A_pipe_is_uploaded_to_its_end()
    {
        var bucket = await moss.BucketAsync(_client);
        var bytes = Bytes(5 * PartSize, 1);
        var pipe = new Pipe();
        var upload = new Uploader(_client).UploadAsync(new()
        {
            Bucket = bucket,
            Key = "k",
            Source = UploadSource.FromPipe(pipe.Reader),
            Options = Options,
        });
        for (var at = 0; at < bytes.Length; at += 7777)
        {
            await pipe.Writer.WriteAsync(bytes.AsMemory(at, Math.Min(7777, bytes.Length - at)));
        }

        await pipe.Writer.CompleteAsync();
        await upload;
        await AssertObjectAsync(bucket, bytes);
    }

    [Fact]
    public async Task A_seekable_stream_is_resumed_by_its_parts()
    {
        var bucket = await moss.BucketAsync(_client);
        var bytes = Bytes((9 * PartSize) + 3, 2);
        var upload = await _client.InitiateMultipartUploadAsync(bucket, "k");
        await _client.UploadPartAsync(bucket, "k", upload, 2, RequestBody.FromBytes(bytes.AsMemory(PartSize, PartSize)));
        using var stream = new MemoryStream([.. "head"u8, .. bytes]) { Position = 4 };
        var result = await new Uploader(_client).UploadAsync(new()
        {
            Bucket = bucket,
            Key = "k",
            Source = UploadSource.FromStream(stream),
            Options = Options,
        });
        Assert.Equal((upload, PartSize), (result.UploadId, result.SkippedBytes));
        await AssertObjectAsync(bucket, bytes);
    }

    [Fact]
    public async Task A_stream_that_fails_leaves_neither_object_nor_parts()
    {
        var bucket = await moss.BucketAsync(_client);
        await Assert.ThrowsAsync<InvalidDataException>(() => new Uploader(_client).UploadAsync(new()
        {
            Bucket = bucket,
            Key = "k",
            Source = UploadSource.FromStream(new FailingStream(4 * PartSize)),
            Options = Options,
        }));
        Assert.Null(await _client.FindObjectAsync(bucket, "k"));
        await foreach (var open in _client.ListMultipartUploadsAsync(bucket))
        {
            Assert.Fail($"{open.UploadId} was left.");
        }
    }

    [Fact]
    public void Part_sizes_of_an_endless_stream_grow_so_that_its_parts_reach_48_8_terabytes()
    {
        var schedule = new StreamSchedule(new() { MaxMemory = 64L << 30 }, new());
        long sent = 0;
        for (var number = 1; number <= 10_000; number++)
        {
            sent += schedule.PartSize(sent);
        }

        Assert.True(sent >= 48_800_000_000_000, $"{sent} bytes");
    }

    [Fact]
    public void Within_the_default_memory_parts_never_take_more_than_half_of_it()
    {
        var options = new UploadOptions();
        var schedule = new StreamSchedule(options, new());
        long sent = 0, largest = 0;
        for (var number = 1; number <= 10_000; number++)
        {
            largest = Math.Max(largest, schedule.PartSize(sent));
            sent += schedule.PartSize(sent);
        }

        Assert.Equal(options.MaxMemory / 2, largest);
        Assert.True(sent > 1_000_000_000_000, $"{sent} bytes");
    }

    [Theory]
    [InlineData("idle")]
    [InlineData("close")]
    [InlineData("rename")]
    [InlineData("signal")]
    public async Task A_growing_file_is_sent_while_it_grows_and_finished_by(string sign)
    {
        var bucket = await moss.BucketAsync(_client);
        var bytes = Bytes((12 * PartSize) + 999, 3);
        var path = _directory.File("recording");
        var writer = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 1);
        var handle = await new Uploader(_client).StartAsync(new()
        {
            Bucket = bucket,
            Key = "k",
            Source = UploadSource.FromFile(path),
            Options = Options,
            Follow = new()
            {
                IdleTimeout = sign == "idle" ? TimeSpan.FromSeconds(1.5) : null,
                FinishOnClose = sign == "close",
                FinishOnRename = sign == "rename",
                PollEvery = TimeSpan.FromMilliseconds(20),
            },
        });
        for (var at = 0; at < bytes.Length; at += PartSize / 2)
        {
            await writer.WriteAsync(bytes.AsMemory(at, Math.Min(PartSize / 2, bytes.Length - at)));
            await Task.Delay(5);
        }

        for (var i = 0; handle.Progress.PartsDone < 12 && i < 500; i++)
        {
            await Task.Delay(20);
        }

        Assert.Equal((12, TransferStatus.Running), (handle.Progress.PartsDone, handle.Status));
        // The head is written last, as MP4 has it.
        writer.Position = 10;
        new byte[100].CopyTo(bytes.AsSpan(10));
        writer.Write(new byte[100]);
        await Task.Delay(1100); // So that a look at the writers falls into its time.
        switch (sign)
        {
            case "close":
                await writer.DisposeAsync();
                break;
            case "rename":
                File.Move(path, path + ".done");
                File.WriteAllText(path, "the next recording");
                break;
            case "signal":
                handle.Finish();
                break;
        }

        var result = await handle.WaitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await writer.DisposeAsync();
        Assert.Equal(bytes.Length, result.Size);
        await AssertObjectAsync(bucket, bytes);
        Assert.Equal(bytes.Length + PartSize, result.NetworkBytes); // The first part went twice.
    }

    [Fact]
    public async Task A_followed_file_goes_on_after_a_crash()
    {
        var bucket = await moss.BucketAsync(_client);
        var bytes = Bytes((8 * PartSize) + 5, 4);
        var path = _directory.File("recording");
        await File.WriteAllBytesAsync(path, bytes[..(5 * PartSize)]);
        UploadRequest Follow() => new()
        {
            Bucket = bucket,
            Key = "k",
            Source = UploadSource.FromFile(path),
            Options = Options,
            Follow = new() { IdleTimeout = null, FinishOnClose = false, PollEvery = TimeSpan.FromMilliseconds(20) },
        };
        var first = await new Uploader(_client).StartAsync(Follow());
        for (var i = 0; first.Progress.PartsDone < 5 && i < 500; i++)
        {
            await Task.Delay(20);
        }

        await first.CancelAsync();
        await File.WriteAllBytesAsync(path, bytes);
        var second = await new Uploader(_client).StartAsync(Follow());
        second.Finish();
        var result = await second.WaitAsync();
        Assert.Equal((5 * PartSize, (3 * PartSize) + 5), (result.SkippedBytes, result.NetworkBytes));
        await AssertObjectAsync(bucket, bytes);
    }

    [Fact]
    public async Task A_followed_file_that_stays_small_is_one_object()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.File("recording");
        await File.WriteAllTextAsync(path, "short");
        var handle = await new Uploader(_client).StartAsync(new()
        {
            Bucket = bucket,
            Key = "k",
            Source = UploadSource.FromFile(path),
            Options = Options,
            Follow = new() { IdleTimeout = TimeSpan.FromMilliseconds(100) },
        });
        var result = await handle.WaitAsync();
        Assert.Equal((5, 0), (result.Size, result.Parts));
    }

    sealed class FailingStream(int after) : Stream
    {
        int _given;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get; set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _given += buffer.Length;
            return _given > after ? throw new InvalidDataException("The tape is torn.") : new(buffer.Length);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
