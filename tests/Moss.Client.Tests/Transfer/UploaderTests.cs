using Moss.Client.Tests.Servers;
using Moss.Client.Transfer;
using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;

namespace Moss.Client.Tests.Transfer;

/// <summary>Uploads to the real server: what is skipped, what is sent again, and that the object is always the file.</summary>
public sealed class UploaderTests(MossFixture moss) : IDisposable
{
    const int PartSize = 256 * 1024;

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
        Parallelism = 4,
        MultipartThreshold = PartSize,
        CheckpointDirectory = _directory.File("checkpoints"),
    };

    UploadRequest Request(string bucket, string path, UploadOptions? options = null) => new()
    {
        Bucket = bucket,
        Key = "dir/key ü",
        Source = UploadSource.FromFile(path),
        Options = options ?? Options,
    };

    static async Task<byte[]> ReadAsync(OssClient client, string bucket, string key = "dir/key ü")
    {
        await using var found = await client.GetObjectAsync(bucket, key);
        using var bytes = new MemoryStream();
        await found.Content.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    async Task AssertIsFileAsync(string bucket, string path, UploadResult result)
    {
        var bytes = await File.ReadAllBytesAsync(path);
        Assert.Equal(bytes.Length, result.Size);
        Assert.Equal(Crc64.Compute(bytes), result.Crc64);
        var stored = await ReadAsync(_client, bucket);
        Assert.True(bytes.AsSpan().SequenceEqual(stored), "The object is not the file.");
    }

    /// <summary>Sends some parts and breaks off, as a process that is killed does: what is on disk and on the server stays.</summary>
    async Task BreakOffAsync(string bucket, string path, int afterParts, UploadOptions? options = null)
    {
        // Every connection dies after so many bytes; with one connection at a time, so many parts get through.
        await using var proxy = new FaultProxy(moss.Port, _ => new() { CutUp = 3000 + (long)((afterParts + 0.5) * PartSize) });
        using var handler = new OneConnectionHandler();
        using var client = moss.Client(proxy.Endpoint, options => options with { HttpHandler = handler });
        var chosen = (options ?? Options) with { Parallelism = 1, MaxAttempts = 1, KeepPartsOnFailure = true };
        await Assert.ThrowsAnyAsync<IOException>(() => new Uploader(client).UploadAsync(Request(bucket, path, chosen)));
        // The checkpoint is bound to the endpoint; that of the proxy stands for the server's from here on.
        foreach (var file in Directory.Exists(_directory.File("checkpoints")) ? Directory.GetFiles(_directory.File("checkpoints")) : [])
        {
            Rebind(file, proxy.Endpoint, moss.Endpoint, bucket, path);
        }
    }

    void Rebind(string file, string from, string to, string bucket, string path)
    {
        var lines = Checkpoint.Read(file);
        if (lines[0][2] != from)
        {
            return;
        }

        var target = Checkpoint.PathOf(_directory.File("checkpoints"), Uploader.IdOf("upload", to, bucket, "dir/key ü", path));
        using var moved = Checkpoint.Create(target, new("upload", to, bucket, "dir/key ü", path), TimeProvider.System, [.. lines.Skip(1)]);
        File.Delete(file);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(PartSize - 1)]
    [InlineData(PartSize)]
    [InlineData(PartSize + 1)]
    [InlineData(20 * PartSize)]
    [InlineData((20 * PartSize) + 1)]
    public async Task A_file_of_any_size_arrives(int size)
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", size, size);
        var result = await new Uploader(_client).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.Equal(size, result.NetworkBytes);
        Assert.Empty(Directory.Exists(_directory.File("checkpoints")) ? Directory.GetFiles(_directory.File("checkpoints")) : []);
    }

    [Fact]
    public async Task Properties_are_stored()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 3 * PartSize, 1);
        await new Uploader(_client).UploadAsync(Request(bucket, path) with
        {
            Properties = new()
            {
                ContentType = "video/mp4",
                UserMetadata = new Dictionary<string, string> { ["camera"] = "7" },
                Acl = Protocol.Names.Acl.PublicRead,
            },
        });
        var info = await _client.HeadObjectAsync(bucket, "dir/key ü");
        Assert.Equal(("video/mp4", "7"), (info.ContentType, info.UserMetadata["camera"]));
        Assert.Equal("public-read", (await _client.GetObjectAclAsync(bucket, "dir/key ü")).Grant);
    }

    [Fact]
    public async Task An_upload_that_broke_off_goes_on_and_sends_only_what_is_missing()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 10 * PartSize, 2);
        await BreakOffAsync(bucket, path, 6);
        var result = await new Uploader(_client).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.Equal((6 * PartSize, 4 * PartSize), (result.SkippedBytes, result.NetworkBytes));
    }

    [Fact]
    public async Task Without_the_checkpoint_the_upload_is_found_by_its_parts()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 40 * PartSize, 3);
        await BreakOffAsync(bucket, path, 33);
        Directory.Delete(_directory.File("checkpoints"), recursive: true);
        // Another open upload of the key, with foreign parts, and one of a key that begins alike.
        var foreign = await _client.InitiateMultipartUploadAsync(bucket, "dir/key ü");
        await _client.UploadPartAsync(bucket, "dir/key ü", foreign, 1, RequestBody.FromBytes(new byte[PartSize]));
        await _client.InitiateMultipartUploadAsync(bucket, "dir/key üü");
        var result = await new Uploader(_client).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.Equal(33 * PartSize, result.SkippedBytes);
    }

    [Fact]
    public async Task An_adopted_upload_gets_the_properties_that_are_asked_for_now()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 5 * PartSize, 4);
        await BreakOffAsync(bucket, path, 3);
        Directory.Delete(_directory.File("checkpoints"), recursive: true);
        var result = await new Uploader(_client).UploadAsync(Request(bucket, path) with { Properties = new() { ContentType = "a/b" } });
        Assert.Equal(3 * PartSize, result.SkippedBytes);
        Assert.Equal("a/b", (await _client.HeadObjectAsync(bucket, "dir/key ü")).ContentType);
        await AssertIsFileAsync(bucket, path, result);
    }

    [Fact]
    public async Task Other_properties_start_a_new_upload()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 5 * PartSize, 4);
        await BreakOffAsync(bucket, path, 3);
        var result = await new Uploader(_client).UploadAsync(Request(bucket, path) with { Properties = new() { ContentType = "a/b" } });
        Assert.Equal(0, result.SkippedBytes);
        Assert.Equal("a/b", (await _client.HeadObjectAsync(bucket, "dir/key ü")).ContentType);
        Assert.Empty(await ToListAsync(_client.ListMultipartUploadsAsync(bucket)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(9)]
    public async Task A_byte_changed_between_tries_is_sent_again_whatever_size_and_time_say(int changedPart)
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 10 * PartSize, 5);
        var time = File.GetLastWriteTimeUtc(path);
        await BreakOffAsync(bucket, path, 7);
        FlipByte(path, (changedPart * PartSize) + 1234);
        File.SetLastWriteTimeUtc(path, time);
        var result = await new Uploader(_client).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.Equal((changedPart < 7 ? 6 : 7) * PartSize, result.SkippedBytes);
    }

    [Theory]
    [InlineData(3 * PartSize)]
    [InlineData((4 * PartSize) + 17)]
    [InlineData(PartSize / 2)]
    [InlineData(0)]
    [InlineData(15 * PartSize)]
    [InlineData((30 * PartSize) + 5)]
    public async Task A_file_cut_or_grown_between_tries_arrives_as_it_is_now(int size)
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", (10 * PartSize) + 100, 6);
        await BreakOffAsync(bucket, path, 7);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(size);
        }

        var result = await new Uploader(_client).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.Empty(await ToListAsync(_client.ListMultipartUploadsAsync(bucket)));
    }

    [Fact]
    public async Task A_file_replaced_between_tries_arrives_whole()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 10 * PartSize, 7);
        await BreakOffAsync(bucket, path, 7);
        File.Delete(path);
        _directory.RandomFile("file", 10 * PartSize, 8);
        var result = await new Uploader(_client).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.Equal(0, result.SkippedBytes);
    }

    [Fact]
    public async Task A_part_that_another_wrote_into_the_upload_is_sent_again()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 10 * PartSize, 9);
        await BreakOffAsync(bucket, path, 7);
        var upload = Assert.Single(await ToListAsync(_client.ListMultipartUploadsAsync(bucket)));
        await _client.UploadPartAsync(bucket, upload.Key, upload.UploadId, 2, RequestBody.FromBytes(new byte[PartSize]));
        var result = await new Uploader(_client).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.Equal(6 * PartSize, result.SkippedBytes);
    }

    [Fact]
    public async Task An_upload_that_was_aborted_meanwhile_begins_anew()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 10 * PartSize, 10);
        await BreakOffAsync(bucket, path, 7);
        var upload = Assert.Single(await ToListAsync(_client.ListMultipartUploadsAsync(bucket)));
        await _client.AbortMultipartUploadAsync(bucket, upload.Key, upload.UploadId);
        var result = await new Uploader(_client).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.Equal(0, result.SkippedBytes);
    }

    [Theory]
    [InlineData("torn")]
    [InlineData("garbled")]
    [InlineData("empty")]
    [InlineData("foreign")]
    public async Task A_damaged_checkpoint_costs_work_at_most(string damage)
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 10 * PartSize, 11);
        await BreakOffAsync(bucket, path, 7);
        var checkpoint = Assert.Single(Directory.GetFiles(_directory.File("checkpoints")));
        var bytes = await File.ReadAllBytesAsync(checkpoint);
        await File.WriteAllBytesAsync(checkpoint, damage switch
        {
            "torn" => bytes[..^7],
            "garbled" => [.. bytes[..(bytes.Length / 2)], .. new byte[bytes.Length / 2]],
            "empty" => [],
            _ => "anything else\n"u8.ToArray(),
        });
        var result = await new Uploader(_client).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.Equal(7 * PartSize, result.SkippedBytes);
    }

    [Fact]
    public async Task A_lost_answer_of_Initiate_leaves_no_second_upload()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 5 * PartSize, 1);
        using var losing = new LosingHandler("uploads", HttpMethod.Post);
        using var client = moss.Client(change: options => options with { HttpHandler = losing });
        await AssertIsFileAsync(bucket, path, await new Uploader(client).UploadAsync(Request(bucket, path)));
        Assert.Equal(1, losing.Lost);
        Assert.Empty(await OpenUploadsAsync(bucket));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upload_that_began_before_its_id_was_recorded_is_found_again(bool isStillLarge)
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 5 * PartSize, 1);
        var another = await _client.InitiateMultipartUploadAsync(bucket, "dir/key ü");
        using (var losing = new LosingHandler("uploads", HttpMethod.Post, always: true))
        {
            using var client = moss.Client(change: options => options with { HttpHandler = losing, MaxAttempts = 1 });
            await Assert.ThrowsAsync<OssTransportException>(() => new Uploader(client).UploadAsync(Request(bucket, path)));
        }

        var begun = Assert.Single(await OpenUploadsAsync(bucket), id => id != another);
        if (!isStillLarge)
        {
            await File.WriteAllTextAsync(path, "small");
        }

        var result = await new Uploader(_client).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.Equal(isStillLarge ? begun : null, result.UploadId);
        Assert.Equal([another], await OpenUploadsAsync(bucket)); // It was there before, so that it is another's.
        Assert.Empty(Directory.GetFiles(_directory.File("checkpoints")));
    }

    [Fact]
    public async Task An_upload_with_parts_that_another_began_meanwhile_is_not_taken()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 5 * PartSize, 1);
        // The request never arrives; another client's does, and sends a part.
        using (var hook = new HookHandler(request => throw new HttpRequestException("The test has no network.")))
        {
            using var client = moss.Client(change: options => options with { HttpHandler = hook, MaxAttempts = 1 });
            await Assert.ThrowsAsync<OssTransportException>(() => new Uploader(client).UploadAsync(Request(bucket, path)));
        }

        var another = await _client.InitiateMultipartUploadAsync(bucket, "dir/key ü");
        await _client.UploadPartAsync(bucket, "dir/key ü", another, 1, RequestBody.FromBytes("other bytes"u8.ToArray()));
        var result = await new Uploader(_client).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.NotEqual(another, result.UploadId);
        Assert.Equal([another], await OpenUploadsAsync(bucket));
    }

    [Fact]
    public async Task Whoever_may_not_list_uploads_can_upload()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 5 * PartSize, 1);
        using var refusing = new RefusingHandler(HttpMethod.Get, "uploads", "AccessDenied");
        using var client = moss.Client(change: options => options with { HttpHandler = refusing });
        await AssertIsFileAsync(bucket, path, await new Uploader(client).UploadAsync(Request(bucket, path)));
        Assert.True(refusing.Refused > 0);
    }

    async Task<List<string>> OpenUploadsAsync(string bucket)
    {
        var open = new List<string>();
        await foreach (var upload in _client.ListMultipartUploadsAsync(bucket))
        {
            open.Add(upload.UploadId);
        }

        return open;
    }

    [Fact]
    public async Task A_lost_answer_of_Complete_is_found_out()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 4 * PartSize, 12);
        // The service completes, and the client never hears of it; on the real service the upload is then unknown.
        var requests = new LosingHandler("uploadId", HttpMethod.Post);
        using var client = moss.Client(change: options => options with { HttpHandler = requests, MaxAttempts = 1 });
        await Assert.ThrowsAsync<OssTransportException>(() => new Uploader(client).UploadAsync(Request(bucket, path)));
        Assert.Equal(1, requests.Lost);
        using var later = moss.Client(change: options => options with { HttpHandler = new ForgetfulHandler() });
        var result = await new Uploader(later).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.Equal((4 * PartSize, 0L), (result.SkippedBytes, result.NetworkBytes));
    }

    [Fact]
    public async Task A_lost_answer_of_Complete_is_no_proof_of_a_file_that_changed_since()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 4 * PartSize, 13);
        using var client = moss.Client(change: options => options with { HttpHandler = new LosingHandler("uploadId", HttpMethod.Post), MaxAttempts = 1 });
        await Assert.ThrowsAsync<OssTransportException>(() => new Uploader(client).UploadAsync(Request(bucket, path)));
        FlipByte(path, 99);
        using var later = moss.Client(change: options => options with { HttpHandler = new ForgetfulHandler() });
        var result = await new Uploader(later).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.Equal(4 * PartSize, result.NetworkBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(9)]
    public async Task A_byte_changed_during_the_upload_is_noticed_and_sent_again(int changedPart)
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 10 * PartSize, 14);
        var time = File.GetLastWriteTimeUtc(path);
        var changed = false;
        using var client = moss.Client(change: options => options with
        {
            HttpHandler = new HookHandler(request =>
            {
                // While the sixth part is on its way: an earlier one was sent, a later one was not.
                if (request.RequestUri!.Query.Contains("partNumber=6", StringComparison.Ordinal) && !changed)
                {
                    changed = true;
                    FlipByte(path, (changedPart * PartSize) + 7);
                    File.SetLastWriteTimeUtc(path, time);
                }
            }),
        });
        var result = await new Uploader(client).UploadAsync(Request(bucket, path, Options with { Parallelism = 1 }));
        await AssertIsFileAsync(bucket, path, result);
        Assert.Equal(changedPart < 5 ? 1 : 0, result.SourceChanges);
        Assert.Equal((changedPart < 5 ? 11 : 10) * PartSize, result.NetworkBytes);
    }

    [Theory]
    [InlineData(3 * PartSize)]
    [InlineData(14 * PartSize)]
    [InlineData(0)]
    public async Task A_file_cut_or_grown_during_the_upload_arrives_as_it_is_in_the_end(int size)
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 10 * PartSize, 15);
        using var client = moss.Client(change: options => options with
        {
            HttpHandler = new HookHandler(request =>
            {
                if (request.RequestUri!.Query.Contains("partNumber=6", StringComparison.Ordinal))
                {
                    using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                    file.SetLength(size);
                }
            }),
        });
        var result = await new Uploader(client).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
    }

    [Fact]
    public async Task A_file_that_never_holds_still_is_a_clear_error_and_no_object()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 10 * PartSize, 16);
        await _client.PutObjectAsync(bucket, "dir/key ü", RequestBody.FromBytes("before"u8.ToArray()));
        var count = 0;
        using var client = moss.Client(change: options => options with
        {
            HttpHandler = new HookHandler(request =>
            {
                if (request.RequestUri!.Query.Contains("partNumber=", StringComparison.Ordinal))
                {
                    FlipByte(path, (Interlocked.Increment(ref count) % 5 * PartSize) + count);
                }
            }),
        });
        await Assert.ThrowsAsync<SourceChangedException>(() => new Uploader(client).UploadAsync(Request(bucket, path, Options with { Parallelism = 1 })));
        Assert.Equal("before"u8.ToArray(), await ReadAsync(_client, bucket));
    }

    [Fact]
    public async Task A_file_removed_during_the_upload_is_a_clear_error()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 4 * PartSize, 17);
        using var client = moss.Client(change: options => options with { HttpHandler = new HookHandler(_ => File.Delete(path)) });
        await Assert.ThrowsAsync<SourceChangedException>(() => new Uploader(client).UploadAsync(Request(bucket, path)));
        Assert.Null(await _client.FindObjectAsync(bucket, "dir/key ü"));
    }

    [Fact]
    public async Task A_small_file_that_changes_while_it_is_sent_is_never_stored_as_a_mix()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", PartSize - 10, 18);
        var count = 0;
        using var client = moss.Client(change: options => options with
        {
            HttpHandler = new HookHandler(request =>
            {
                if (request.Method == HttpMethod.Put && Interlocked.Increment(ref count) == 1)
                {
                    FlipByte(path, PartSize - 20);
                }
            }),
        });
        var result = await new Uploader(client).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.Equal(1, result.SourceChanges);
    }

    [Fact]
    public async Task A_service_that_completes_other_bytes_is_found_out()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 4 * PartSize, 19);
        using var client = moss.Client(change: options => options with { HttpHandler = new LyingHandler() });
        var e = await Assert.ThrowsAsync<ChecksumMismatchException>(() => new Uploader(client).UploadAsync(Request(bucket, path)));
        Assert.Equal((Crc64.Compute(await File.ReadAllBytesAsync(path)), 4711UL), (e.Local, e.Remote));
        Assert.NotNull(await _client.FindObjectAsync(bucket, "dir/key ü"));
    }

    [Fact]
    public async Task Pause_lets_requests_finish_and_resume_goes_on()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 40 * PartSize, 20);
        await using var proxy = new FaultProxy(moss.Port, _ => new() { Latency = TimeSpan.FromMilliseconds(20) });
        using var client = moss.Client(proxy.Endpoint);
        var handle = await new Uploader(client).StartAsync(Request(bucket, path));
        await WaitUntilAsync(() => handle.Progress.PartsDone >= 4);
        await handle.PauseAsync();
        Assert.Equal(TransferStatus.Paused, handle.Status);
        var before = handle.Progress;
        await Task.Delay(200);
        Assert.Equal((0, before.PartsDone), (handle.Progress.InFlight, handle.Progress.PartsDone));
        Assert.InRange(before.PartsDone, 4, 39);
        await handle.ResumeAsync();
        var result = await handle.WaitAsync();
        Assert.Equal(TransferStatus.Completed, handle.Status);
        await AssertIsFileAsync(bucket, path, result);
        Assert.Equal(40 * PartSize, result.NetworkBytes);
    }

    [Fact]
    public async Task A_cancelled_upload_goes_on_later()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 20 * PartSize, 21);
        var reached = new TaskCompletionSource();
        using var client = moss.Client(change: options => options with
        {
            HttpHandler = new HookHandler(request =>
            {
                if (request.RequestUri!.Query.Contains("partNumber=9", StringComparison.Ordinal))
                {
                    reached.TrySetResult();
                }
            }),
        });
        var handle = await new Uploader(client).StartAsync(Request(bucket, path, Options with { Parallelism = 1 }));
        await reached.Task;
        await handle.CancelAsync();
        Assert.Equal(TransferStatus.Cancelled, handle.Status);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handle.WaitAsync());
        var result = await new Uploader(_client).UploadAsync(Request(bucket, path));
        await AssertIsFileAsync(bucket, path, result);
        Assert.InRange(result.SkippedBytes, 8 * PartSize, 20 * PartSize);
    }

    [Fact]
    public async Task A_failed_upload_without_a_checkpoint_leaves_nothing()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 5 * PartSize, 22);
        using var client = moss.Client(change: options => options with { HttpHandler = new LosingHandler("partNumber=3", HttpMethod.Put, always: true) });
        await Assert.ThrowsAsync<OssTransportException>(() =>
            new Uploader(client).UploadAsync(Request(bucket, path, Options with { EnableCheckpoint = false, MaxAttempts = 2 })));
        Assert.Empty(await ToListAsync(_client.ListMultipartUploadsAsync(bucket)));
    }

    [Fact]
    public async Task Two_uploads_of_the_same_file_to_the_same_key_do_not_share_a_checkpoint()
    {
        var bucket = await moss.BucketAsync(_client);
        var path = _directory.RandomFile("file", 5 * PartSize, 23);
        Exception? second = null;
        using var client = moss.Client(change: options => options with
        {
            HttpHandler = new HookHandler(async request =>
            {
                if (request.RequestUri!.Query.Contains("partNumber=2", StringComparison.Ordinal) && second is null)
                {
                    second = await Record.ExceptionAsync(() => new Uploader(_client).UploadAsync(Request(bucket, path)));
                }
            }),
        });
        var result = await new Uploader(client).UploadAsync(Request(bucket, path, Options with { Parallelism = 1 }));
        Assert.Contains("Another transfer", Assert.IsType<IOException>(second).Message, StringComparison.Ordinal);
        await AssertIsFileAsync(bucket, path, result);
    }

    [Fact]
    public async Task A_refusal_reaches_the_caller_as_it_is()
    {
        var path = _directory.RandomFile("file", 5 * PartSize, 24);
        var e = await Assert.ThrowsAsync<OssException>(() => new Uploader(_client).UploadAsync(Request("no-such-bucket", path)));
        Assert.Equal("NoSuchBucket", e.Code);
        Assert.NotNull(e.RequestId);
    }

    static void FlipByte(string path, int offset)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = offset;
        var value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 1));
    }

    static async Task WaitUntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 1000 && !condition(); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(condition(), "It did not come about within 10 s.");
    }

    static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
        {
            list.Add(item);
        }

        return list;
    }
}
