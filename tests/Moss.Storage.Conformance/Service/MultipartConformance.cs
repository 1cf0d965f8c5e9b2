using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Storage.Metadata;
using Moss.Storage.Multipart;
using Moss.Storage.Objects;
using static Moss.Storage.Conformance.Service.ServiceHarness;

namespace Moss.Storage.Conformance.Service;

/// <summary>What every pair of stores must give multipart uploads. Inheriting it is running it.</summary>
public abstract class MultipartConformance
{
    const int PartSize = (int)OssLimits.MinPartSize;

    protected abstract Task<ServiceHarness> StartAsync(StorageOptions? options = null, TimeProvider? time = null);

    [Fact]
    public async Task Completed_parts_are_one_object_with_composed_checksums()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var bodies = new[] { Bytes(1, PartSize), Bytes(2, PartSize + 77), Bytes(3, 5) };
        var upload = await harness.InitiateAsync("k");
        var third = await harness.UploadPartAsync("k", upload, 9, bodies[2]);
        var first = await harness.UploadPartAsync("k", upload, 1, bodies[0]);
        var second = await harness.UploadPartAsync("k", upload, 5, bodies[1]);

        var done = await harness.CompleteAsync("k", upload, [first, second, third]);

        byte[] whole = [.. bodies[0], .. bodies[1], .. bodies[2]];
        Assert.Equal(whole, await harness.GetAsync("k"));
        Assert.Equal(Crc64.Compute(whole), done.Crc64);
        var tags = string.Concat(bodies.Select(Md5));
        Assert.Equal($"{Md5(System.Text.Encoding.ASCII.GetBytes(tags))}-3", done.ETag.Value);
        var head = await harness.Service.Objects.HeadAsync(Bucket(), Key("k"), null, ReadConditions.None, default);
        Assert.Equal(ObjectType.Multipart, head.Record.Type);
        Assert.Null(head.Record.Md5);
    }

    [Fact]
    public async Task Uploading_a_number_again_replaces_the_part_and_sweeps_the_older_one()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var upload = await harness.InitiateAsync("k");
        var old = await harness.UploadPartAsync("k", upload, 1, Bytes(1, PartSize));
        var current = await harness.UploadPartAsync("k", upload, 1, Bytes(2, PartSize + 1));

        await RefusedAsync("InvalidPart", () => harness.CompleteAsync("k", upload, [old]));
        await harness.CompleteAsync("k", upload, [current]);

        Assert.Equal(Bytes(2, PartSize + 1), await harness.GetAsync("k"));
        Assert.Single(await harness.BlobsAfterSweepAsync());
    }

    [Fact]
    public async Task Unlisted_parts_are_discarded_and_swept()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var upload = await harness.InitiateAsync("k");
        var first = await harness.UploadPartAsync("k", upload, 1, Bytes(1, PartSize));
        await harness.UploadPartAsync("k", upload, 2, Bytes(2, PartSize));

        await harness.CompleteAsync("k", upload, [first]);

        Assert.Equal(Bytes(1, PartSize), await harness.GetAsync("k"));
        Assert.Single(await harness.BlobsAfterSweepAsync());
    }

    [Fact]
    public async Task Complete_all_takes_every_part_in_order()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var upload = await harness.InitiateAsync("k");
        await harness.UploadPartAsync("k", upload, 7, Bytes(2, 10));
        await harness.UploadPartAsync("k", upload, 3, Bytes(1, PartSize));

        await harness.CompleteAsync("k", upload, parts: null);

        byte[] expected = [.. Bytes(1, PartSize), .. Bytes(2, 10)];
        Assert.Equal(expected, await harness.GetAsync("k"));
    }

    [Fact]
    public async Task Complete_of_no_parts_makes_an_empty_object()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var done = await harness.CompleteAsync("k", await harness.InitiateAsync("k"), []);
        Assert.Equal("D41D8CD98F00B204E9800998ECF8427E-0", done.ETag.Value);
        Assert.Equal(0UL, done.Crc64);
        Assert.Empty(await harness.GetAsync("k"));
    }

    [Fact]
    public async Task A_repeated_complete_gets_the_same_answer_and_another_list_does_not()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var upload = await harness.InitiateAsync("k");
        var first = await harness.UploadPartAsync("k", upload, 1, Bytes(1, PartSize));
        var second = await harness.UploadPartAsync("k", upload, 2, Bytes(2, 9));

        var done = await harness.CompleteAsync("k", upload, [first, second]);
        await harness.PutAsync("k", Bytes(3, 3));
        var again = await harness.CompleteAsync("k", upload, [first, second], forbidOverwrite: true);

        Assert.Equal((done.ETag, done.Crc64), (again.ETag, again.Crc64));
        Assert.Equal(Bytes(3, 3), await harness.GetAsync("k"));
        await RefusedAsync("NoSuchUpload", () => harness.CompleteAsync("k", upload, [first]));
        await RefusedAsync("NoSuchUpload", () => harness.CompleteAsync("k", upload, null));
        await RefusedAsync("NoSuchUpload", () => harness.CompleteAsync("other", upload, [first, second]));
    }

    [Fact]
    public async Task A_completion_is_forgotten_after_a_day()
    {
        var time = new ManualTimeProvider();
        await using var harness = await StartAsync(time: time);
        await harness.MakeBucketAsync();
        var upload = await harness.InitiateAsync("k");
        var part = await harness.UploadPartAsync("k", upload, 1, Bytes(1, 9));
        await harness.CompleteAsync("k", upload, [part]);

        time.Advance(TimeSpan.FromHours(25));
        await harness.Service.Sweeper.SweepAsync(default);

        await RefusedAsync("NoSuchUpload", () => harness.CompleteAsync("k", upload, [part]));
    }

    [Theory]
    [InlineData("duplicate", "InvalidPartOrder")]
    [InlineData("descending", "InvalidPartOrder")]
    [InlineData("unknown", "InvalidPart")]
    [InlineData("etag", "InvalidPart")]
    [InlineData("zero", "InvalidArgument")]
    [InlineData("small", "EntityTooSmall")]
    public async Task A_bad_list_is_refused_and_leaves_the_upload_as_it_was(string what, string code)
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var upload = await harness.InitiateAsync("k");
        var first = await harness.UploadPartAsync("k", upload, 1, Bytes(1, PartSize));
        var second = await harness.UploadPartAsync("k", upload, 2, Bytes(2, PartSize));
        var small = await harness.UploadPartAsync("k", upload, 3, Bytes(3, 1));
        var fourth = await harness.UploadPartAsync("k", upload, 4, Bytes(4, 1));
        CompletePart Line(PartRecord part) => new(part.Number.Value, part.ETag.Value);
        CompletePart[] list = what switch
        {
            "duplicate" => [Line(first), Line(first)],
            "descending" => [Line(second), Line(first)],
            "unknown" => [Line(first), new(77, second.ETag.Value)],
            "etag" => [Line(first), new(2, first.ETag.Value)],
            "zero" => [new(0, first.ETag.Value)],
            _ => [Line(first), Line(small), Line(fourth)],
        };

        await RefusedAsync(code, async () => await harness.Service.Uploads.CompleteAsync(
            Bucket(), Key("k"), upload, new() { Parts = list }, default));

        await RefusedAsync("NoSuchKey", () => harness.GetAsync("k"));
        await harness.CompleteAsync("k", upload, [first, second, small]);
        Assert.Equal((2 * PartSize) + 1, (await harness.GetAsync("k")).Length);
    }

    [Fact]
    public async Task Abort_frees_the_parts_and_leaves_the_object_alone()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        await harness.PutAsync("k", Bytes(1, 100_000));
        var upload = await harness.InitiateAsync("k");
        await harness.UploadPartAsync("k", upload, 1, Bytes(2, PartSize));

        await harness.Service.Uploads.AbortAsync(Bucket(), Key("k"), upload, default);

        Assert.Equal(Bytes(1, 100_000), await harness.GetAsync("k"));
        Assert.Single(await harness.BlobsAfterSweepAsync());
        await RefusedAsync("NoSuchUpload", async () => await harness.Service.Uploads.AbortAsync(Bucket(), Key("k"), upload, default));
        await RefusedAsync("NoSuchUpload", () => harness.UploadPartAsync("k", upload, 1, Bytes(2, 3)));
    }

    [Fact]
    public async Task Abort_after_complete_harms_nothing()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var upload = await harness.InitiateAsync("k");
        var part = await harness.UploadPartAsync("k", upload, 1, Bytes(1, PartSize));
        await harness.CompleteAsync("k", upload, [part]);

        await RefusedAsync("NoSuchUpload", async () => await harness.Service.Uploads.AbortAsync(Bucket(), Key("k"), upload, default));

        Assert.Single(await harness.BlobsAfterSweepAsync());
        Assert.Equal(Bytes(1, PartSize), await harness.GetAsync("k"));
    }

    [Fact]
    public async Task Complete_abort_and_parts_may_race()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        for (var round = 0; round < 20; round++)
        {
            var key = $"race-{round}";
            var upload = await harness.InitiateAsync(key);
            var body = Bytes(round, PartSize);
            var part = await harness.UploadPartAsync(key, upload, 1, body);
            var racers = new[]
            {
                Outcome(() => harness.CompleteAsync(key, upload, [part])),
                Outcome(() => harness.CompleteAsync(key, upload, [part])),
                Outcome(async () => await harness.Service.Uploads.AbortAsync(Bucket(), Key(key), upload, default)),
                Outcome(() => harness.UploadPartAsync(key, upload, 2, body)),
                Outcome(() => harness.UploadPartAsync(key, upload, 1, body)),
            };
            var outcomes = await Task.WhenAll(racers);

            Assert.All(outcomes, outcome => Assert.Contains(outcome, new[] { "ok", "NoSuchUpload" }));
            var completed = outcomes[0] == "ok";
            Assert.Equal(completed, outcomes[1] == "ok");
            Assert.NotEqual(completed, outcomes[2] == "ok");
            if (completed)
            {
                Assert.Equal(body, await harness.GetAsync(key));
                await harness.DeleteAsync(key);
            }
            else
            {
                await RefusedAsync("NoSuchKey", () => harness.GetAsync(key));
            }
        }

        Assert.Empty(await harness.BlobsAfterSweepAsync());
    }

    [Fact]
    public async Task The_last_of_many_writers_of_one_part_wins_whole()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var upload = await harness.InitiateAsync("k");
        await Task.WhenAll(Enumerable.Range(0, 32).Select(i => harness.UploadPartAsync("k", upload, 1, Bytes(i, PartSize + i))));
        var page = await harness.Service.Uploads.ListPartsAsync(Bucket(), Key("k"), upload, 0, 10, default);
        var part = Assert.Single(page.Parts);
        await harness.CompleteAsync("k", upload, [part]);
        Assert.Equal(part.ETag.Value, Md5(await harness.GetAsync("k")));
        Assert.Single(await harness.BlobsAfterSweepAsync());
    }

    [Fact]
    public async Task Parts_page_by_number()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var upload = await harness.InitiateAsync("k");
        foreach (var number in new[] { 10, 2, 7, 10_000, 1 })
        {
            await harness.UploadPartAsync("k", upload, number, Bytes(number, 10));
        }

        var first = await harness.Service.Uploads.ListPartsAsync(Bucket(), Key("k"), upload, 0, 3, default);
        var second = await harness.Service.Uploads.ListPartsAsync(Bucket(), Key("k"), upload, 7, 3, default);

        Assert.Equal([1, 2, 7], first.Parts.Select(p => p.Number.Value));
        Assert.True(first.IsTruncated);
        Assert.Equal([10, 10_000], second.Parts.Select(p => p.Number.Value));
        Assert.False(second.IsTruncated);
    }

    [Fact]
    public async Task Sequential_parts_come_in_order_and_make_an_md5()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var upload = await harness.InitiateAsync("k", sequential: true);
        await RefusedAsync("PartNotSequential", () => harness.UploadPartAsync("k", upload, 2, Bytes(2, 10)));
        var first = await harness.UploadPartAsync("k", upload, 1, Bytes(1, PartSize + 13));
        await RefusedAsync("PartNotSequential", () => harness.UploadPartAsync("k", upload, 3, Bytes(2, 10)));
        await harness.UploadPartAsync("k", upload, 2, Bytes(9, PartSize));
        var second = await harness.UploadPartAsync("k", upload, 2, Bytes(2, PartSize + 1));
        await RefusedAsync("PartNotSequential", () => harness.UploadPartAsync("k", upload, 1, Bytes(2, 10)));
        var third = await harness.UploadPartAsync("k", upload, 3, Bytes(3, 10));
        await harness.CompleteAsync("k", upload, [first, second, third]);

        var head = await harness.Service.Objects.HeadAsync(Bucket(), Key("k"), null, ReadConditions.None, default);
        Assert.Equal(Md5(await harness.GetAsync("k")), Convert.ToHexString(head.Record.Md5!));
    }

    [Fact]
    public async Task A_body_that_is_not_what_was_promised_is_refused_and_the_older_part_stays()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var upload = await harness.InitiateAsync("k");
        var kept = await harness.UploadPartAsync("k", upload, 1, Bytes(1, PartSize));
        var body = Bytes(2, PartSize);
        BodyExpectation[] promises =
        [
            new() { Length = body.Length, Md5 = new byte[16] },
            new() { Length = body.Length, Crc64 = 1 },
            new() { Length = body.Length + 1 },
        ];
        string[] codes = ["InvalidDigest", "InvalidCRC64", "IncompleteBody"];
        foreach (var (promise, code) in promises.Zip(codes))
        {
            await RefusedAsync(code, async () => await harness.Service.Uploads.UploadPartAsync(
                Bucket(), Key("k"), upload, PartNumber.Of(1), promise, Pipe(body), default));
        }

        await harness.CompleteAsync("k", upload, [kept]);
        Assert.Equal(Bytes(1, PartSize), await harness.GetAsync("k"));
        Assert.Single(await harness.BlobsAfterSweepAsync());
    }

    [Fact]
    public async Task Copied_parts_have_exact_checksums_and_outlive_their_source()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var body = Bytes(1, 700_001);
        await harness.PutAsync("source", body);
        var upload = await harness.InitiateAsync("k");
        var (ranged, whole) = (await CopyAsync(1, 123_456, 399_999), await CopyAsync(2, null, null));
        var past = await CopyAsync(3, 5, 700_001);
        await harness.PutAsync("source", Bytes(2, 10));
        await harness.BlobsAfterSweepAsync();

        Assert.True(ranged.RangeWasUsed);
        Assert.Equal(Crc64.Compute(body.AsSpan(123_456, 276_544)), ranged.Part.Crc64);
        Assert.Equal(Md5(body), whole.Part.ETag.Value);
        Assert.False(past.RangeWasUsed);
        Assert.Equal(Md5(body), past.Part.ETag.Value);
        var done = await harness.CompleteAsync("k", upload, [ranged.Part, whole.Part, past.Part]);
        byte[] expected = [.. body[123_456..400_000], .. body, .. body];
        Assert.Equal(expected, await harness.GetAsync("k"));
        Assert.Equal(Crc64.Compute(expected), done.Crc64);
        await harness.DeleteAsync("k");
        await harness.DeleteAsync("source");
        Assert.Empty(await harness.BlobsAfterSweepAsync());

        async Task<CopyPartOutcome> CopyAsync(int number, long? first, long? last) =>
            await harness.Service.Uploads.CopyPartAsync(
                Bucket(), Key("k"), upload, PartNumber.Of(number), new(new(Bucket(), Key("source"), null), first, last), default);
    }

    [Fact]
    public async Task Uploads_are_listed_by_key_and_id_with_markers_and_delimiter()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var ids = new List<(string Key, string Id)>();
        foreach (var key in new[] { "b", "a/2", "a/1", "b", "c/x", "b" })
        {
            ids.Add((key, (await harness.InitiateAsync(key)).Value));
        }

        var expected = ids.OrderBy(x => x.Key, StringComparer.Ordinal).ThenBy(x => x.Id, StringComparer.Ordinal).ToList();
        var listed = new List<(string Key, string Id)>();
        var request = new Listing.ListRequest { MaxEntries = 2 };
        while (true)
        {
            var page = await harness.Service.Listings.UploadsAsync(Bucket(), request, default);
            listed.AddRange(page.Items.Select(u => (u.Key.Value, u.Id.Value)));
            if (!page.IsTruncated)
            {
                break;
            }

            request = request with { KeyMarker = page.NextKeyMarker, UploadIdMarker = page.Last!.Id.Value };
        }

        Assert.Equal(expected, listed);
        var rolled = await harness.Service.Listings.UploadsAsync(Bucket(), new() { MaxEntries = 10, Delimiter = "/" }, default);
        Assert.Equal(["a/", "c/"], rolled.CommonPrefixes);
        Assert.Equal(3, rolled.Items.Count);
    }

    static async Task<string> Outcome(Func<Task> action)
    {
        await Task.Yield();
        try
        {
            await action();
            return "ok";
        }
        catch (OssException refusal)
        {
            return refusal.Code;
        }
    }

    static async Task RefusedAsync(string code, Func<Task> action) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<OssException>(action)).Code);
}
