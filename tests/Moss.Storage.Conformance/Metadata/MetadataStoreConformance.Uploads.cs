using Moss.Protocol.Names;
using Moss.Storage.Metadata;
using static Moss.Storage.Conformance.Metadata.MetadataSamples;

namespace Moss.Storage.Conformance.Metadata;

public abstract partial class MetadataStoreConformance
{
    [Fact]
    public async Task Upload_comes_back_as_it_was_stored()
    {
        var inserted = await InsertUpload("k", "ID");
        AssertSame(Upload(1, "k", "ID") with { RowId = inserted.RowId }, inserted);
        AssertSame(inserted, await Read(transaction => transaction.Uploads.FindAsync(new("ID"))));
        foreach (var other in new[] { "id", "", "ID\0", "\0", "\ud800", "ID ", new string('x', 100_000) })
        {
            Assert.Null(await Read(transaction => transaction.Uploads.FindAsync(new(other))));
        }

        var plain = await Write(transaction => transaction.Uploads.InsertAsync(new()
        {
            BucketId = 1,
            Key = Key("k"),
            Id = new("plain"),
            Initiated = Time,
            OwnerId = "",
        }));
        AssertSame(plain, await Read(transaction => transaction.Uploads.FindAsync(new("plain"))));
    }

    [Fact]
    public async Task Upload_rows_are_never_used_again_and_take_their_parts_along()
    {
        var (first, other) = (await InsertUpload("k", "1"), await InsertUpload("k", "2"));
        await PutPart(first, Part(1));
        await PutPart(other, Part(2));
        var last = other;
        await Write(transaction => transaction.Uploads.DeleteAsync(first));
        await Write(transaction => transaction.Uploads.DeleteAsync(last));
        Assert.Null(await Read(transaction => transaction.Uploads.FindAsync(first.Id)));
        var next = await InsertUpload("k", "1");
        Assert.True(next.RowId > last.RowId, $"{next.RowId} after {last.RowId}");
        Assert.Empty(await Parts(next));
        Assert.Empty(await Parts(first));
        Assert.Equal(new(1, 0, 0), await Read(transaction => transaction.Uploads.TotalsAsync(null)));
    }

    [Fact]
    public async Task Uploads_scan_by_key_and_id_from_any_position()
    {
        var rows = new List<UploadRecord>();
        foreach (var key in new[] { "b", "a\0", "\uffff", "\U00010000", "a" })
        {
            foreach (var id in new[] { "2", "1", "A", "a" })
            {
                rows.Add(await InsertUpload(key, key + id));
            }
        }

        await Write(transaction => transaction.Uploads.InsertAsync(Upload(2, "a", "other bucket")));
        var expected = rows.OrderBy(row => row.Key).ThenBy(row => row.Id.Value, StringComparer.Ordinal).ToList();
        AssertSameRows(expected, await Scan(default, "", null, 100));
        for (var i = 0; i < expected.Count; i++)
        {
            var (key, id) = (expected[i].Key.ToUtf8(), expected[i].Id.Value);
            AssertSameRows(expected.Skip(i), await Scan(key, id, null, 100));
            AssertSameRows(expected.Skip(i + 1).Take(3), await Scan(key, id + "\0", null, 3));
            AssertSameRows(expected.Skip(i).Where(row => row.Key < Key("b")), await Scan(key, id, Utf8("b"), 100));
        }

        AssertSameRows(expected.Where(row => row.Key > Key("a")), await Scan(Utf8("a"), "z", null, 100));
        Assert.Empty(await Scan(default, "", null, 0));

        Task<IReadOnlyList<UploadRecord>> Scan(ReadOnlyMemory<byte> from, string id, byte[]? to, int limit) =>
            Read(transaction => transaction.Uploads.ScanAsync(1, from, id, to, limit));
    }

    [Fact]
    public async Task Upload_totals_count_one_bucket_or_all()
    {
        Assert.Equal(new(0, 0, 0), await Read(transaction => transaction.Uploads.TotalsAsync(null)));
        var upload = await InsertUpload("k", "1");
        await InsertUpload("k", "2");
        var other = await Write(transaction => transaction.Uploads.InsertAsync(Upload(2, "k", "3")));
        await PutPart(upload, Part(1, size: 1L << 50));
        await PutPart(upload, Part(2, size: 3));
        await PutPart(other, Part(1, size: 4));
        Assert.Equal(new(2, 2, 3 + (1L << 50)), await Read(transaction => transaction.Uploads.TotalsAsync(1)));
        Assert.Equal(new(3, 3, 7 + (1L << 50)), await Read(transaction => transaction.Uploads.TotalsAsync(null)));
        Assert.Equal(new(0, 0, 0), await Read(transaction => transaction.Uploads.TotalsAsync(9)));
    }

    [Fact]
    public async Task Parts_are_stored_replaced_and_listed_by_number()
    {
        var upload = await InsertUpload("k", "1");
        foreach (var number in new[] { 10_000, 2, 10, 1, 9 })
        {
            await PutPart(upload, Part(number));
        }

        AssertSame(Part(10), await Read(transaction => transaction.Parts.FindAsync(upload, PartNumber.Of(10))));
        Assert.Null(await Read(transaction => transaction.Parts.FindAsync(upload, PartNumber.Of(3))));
        AssertSameRows([Part(1), Part(2), Part(9), Part(10), Part(10_000)], await Parts(upload));
        AssertSameRows([Part(9), Part(10)], await Read(transaction => transaction.Parts.ListAsync(upload, 2, 2)));
        AssertSame(Part(10_000), await Read(transaction => transaction.Parts.FindLastAsync(upload)));

        var replaced = Part(2, size: 99) with
        {
            ETag = new("new"),
            Crc64 = 1,
            LastModified = Time.AddHours(1),
            Manifest = ManifestOf(1, 2, 3),
            RunningMd5 = null,
        };
        await PutPart(upload, replaced);
        AssertSameRows([Part(1), replaced, Part(9)], await Read(transaction => transaction.Parts.ListAsync(upload, 0, 3)));
        var empty = await InsertUpload("k", "2");
        Assert.Null(await Read(transaction => transaction.Parts.FindLastAsync(empty)));
    }

    [Fact]
    public async Task Completions_are_remembered_until_they_are_too_old()
    {
        var completions = Enumerable.Range(0, 3).Select(i => Completion("c" + i, Time.AddMinutes(i))).ToList();
        foreach (var completion in completions)
        {
            await Write(transaction => transaction.Uploads.PutCompletionAsync(completion));
        }

        AssertSame(completions[1], await Find("c1"));
        Assert.Null(await Find("C1"));
        var replaced = completions[2] with { ETag = new("other"), Key = Key("other") };
        await Write(transaction => transaction.Uploads.PutCompletionAsync(replaced));
        AssertSame(replaced, await Find("c2"));
        Assert.Equal(1, await Write(transaction => transaction.Uploads.DeleteCompletionsAsync(Time.AddMinutes(1))));
        Assert.Null(await Find("c0"));
        AssertSame(completions[1], await Find("c1"));
        Assert.Equal(2, await Write(transaction => transaction.Uploads.DeleteCompletionsAsync(Time.AddDays(1))));
        Assert.Equal(0, await Write(transaction => transaction.Uploads.DeleteCompletionsAsync(Time.AddDays(1))));

        Task<CompletionRecord?> Find(string id) => Read(transaction => transaction.Uploads.FindCompletionAsync(new(id)));
    }

    Task<UploadRecord> InsertUpload(string key, string id) =>
        Write(transaction => transaction.Uploads.InsertAsync(Upload(1, key, id)));

    Task PutPart(UploadRecord upload, PartRecord part) => Write(transaction => transaction.Parts.PutAsync(upload, part));

    Task<IReadOnlyList<PartRecord>> Parts(UploadRecord upload) => Read(transaction => transaction.Parts.ListAsync(upload, 0, 10_000));
}
