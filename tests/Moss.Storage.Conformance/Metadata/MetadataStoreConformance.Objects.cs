using Moss.Protocol.Names;
using Moss.Storage.Metadata;
using static Moss.Storage.Conformance.Metadata.MetadataSamples;

namespace Moss.Storage.Conformance.Metadata;

public abstract partial class MetadataStoreConformance
{
    [Fact]
    public async Task Object_comes_back_as_it_was_stored()
    {
        var full = FullObject(1, Key("full"));
        var plain = PlainObject(1, Key("plain"));
        var history = FullObject(1, Key("full"), sequence: 0, current: false);
        await Put(full, plain, history);
        AssertSame(full, await Read(transaction => transaction.Objects.FindAsync(1, full.Key)));
        AssertSame(plain, await Read(transaction => transaction.Objects.FindAsync(1, plain.Key)));
        AssertSame(history, await Read(transaction => transaction.Objects.FindVersionAsync(1, history.Key, history.VersionId)));
        Assert.Null(await Read(transaction => transaction.Objects.FindAsync(2, full.Key)));
        Assert.Null(await Read(transaction => transaction.Objects.FindAsync(1, Key("ful"))));
    }

    [Fact]
    public async Task Object_with_a_long_manifest_and_attributes_comes_back()
    {
        var record = FullObject(1, Key(new string('k', 1023))) with
        {
            Manifest = ManifestOf([.. Enumerable.Range(0, 10_000)]),
            Attributes = FullAttributes with { UserMetadata = [new("m", new string('v', 8192))] },
        };
        await Put(record);
        AssertSame(record, await Read(transaction => transaction.Objects.FindAsync(1, record.Key)));
    }

    [Fact]
    public async Task Times_are_kept_to_the_millisecond_in_utc()
    {
        var time = new DateTimeOffset(2025, 1, 2, 3, 4, 5, TimeSpan.FromHours(8)).AddTicks(1_239_999);
        await Put(PlainObject(1, Key("k")) with { LastModified = time });
        var stored = await Read(transaction => transaction.Objects.FindAsync(1, Key("k")));
        Assert.Equal(new DateTimeOffset(2025, 1, 1, 19, 4, 5, 123, TimeSpan.Zero), stored!.LastModified);
        Assert.Equal(TimeSpan.Zero, stored.LastModified.Offset);
    }

    [Fact]
    public async Task Current_row_replaces_the_current_row_of_its_key_and_nothing_else()
    {
        var key = Key("k");
        var history = PlainObject(1, key, sequence: 1, current: false);
        await Put(history, PlainObject(1, key, sequence: 2), PlainObject(1, Key("k2")), PlainObject(2, key));
        var newer = FullObject(1, key, sequence: 9);
        await Put(newer);
        AssertSame(newer, await Read(transaction => transaction.Objects.FindAsync(1, key)));
        Assert.Equal("k:9+ k:1", await Versions(1, "k", toKey: "k2"));

        var older = PlainObject(1, key, sequence: 3);
        await Put(older);
        AssertSame(older, await Read(transaction => transaction.Objects.FindAsync(1, key)));
        Assert.Equal("k:3+ k:1 k2:1+", await Versions(1));
        Assert.Equal("k:1+", await Versions(2));
    }

    [Fact]
    public async Task History_row_replaces_the_history_row_of_its_sequence_and_nothing_else()
    {
        var key = Key("k");
        await Put(PlainObject(1, key, 2), PlainObject(1, key, 1, current: false), PlainObject(1, key, 0, current: false));
        var replaced = FullObject(1, key, 1, current: false) with { IsDeleteMarker = true };
        await Put(replaced);
        Assert.Equal("k:2+ k:1 k:0", await Versions(1));
        AssertSame(replaced, await Read(transaction => transaction.Objects.FindVersionAsync(1, key, replaced.VersionId)));
        Assert.Null(await Read(transaction => transaction.Objects.FindVersionAsync(1, key, new("v1"))));
    }

    [Fact]
    public async Task Delete_removes_the_named_row_and_nothing_else()
    {
        var key = Key("k");
        ObjectRecord[] rows =
            [PlainObject(1, key, 2), PlainObject(1, key, 1, current: false), PlainObject(1, key, 2, current: false), PlainObject(2, key, 2)];
        await Put(rows);
        await Delete(PlainObject(1, key, 1));
        await Delete(PlainObject(1, Key("other"), 2));
        Assert.Equal("k:2 k:1", (await Versions(1)).Replace("k:2+ ", "", StringComparison.Ordinal));
        await Delete(rows[0]);
        Assert.Null(await Read(transaction => transaction.Objects.FindAsync(1, key)));
        Assert.Equal("k:2 k:1", await Versions(1));
        await Delete(rows[1]);
        Assert.Equal("k:2", await Versions(1));
        Assert.Equal("k:2+", await Versions(2));

        Task Delete(ObjectRecord record) => Write(transaction => transaction.Objects.DeleteAsync(record));
    }

    [Fact]
    public async Task Versions_are_found_by_id_and_the_newest_by_sequence()
    {
        var key = Key("k");
        var marker = PlainObject(1, key, 30, current: false) with { IsDeleteMarker = true, VersionId = new("marker") };
        var older = PlainObject(1, key, 10, current: false) with { VersionId = VersionId.Null };
        var current = FullObject(1, key, 20);
        await Put(older, current);
        AssertSame(current, await Newest("k"));
        await Put(marker);
        AssertSame(marker, await Newest("k"));
        AssertSame(current, await Version("CAEQ20"));
        AssertSame(older, await Version("null"));
        AssertSame(marker, await Version("marker"));
        Assert.Null(await Version("caeq20"));
        Assert.Null(await Version(""));
        Assert.Null(await Version("\0\ud800"));
        Assert.Null(await Newest("kk"));

        await Write(transaction => transaction.Objects.DeleteAsync(current));
        AssertSame(marker, await Newest("k"));

        Task<ObjectRecord?> Version(string id) => Read(transaction => transaction.Objects.FindVersionAsync(1, key, new(id)));
        Task<ObjectRecord?> Newest(string name) => Read(transaction => transaction.Objects.FindNewestAsync(1, Key(name)));
    }

    [Fact]
    public async Task Weird_keys_are_found_and_scan_in_the_order_of_their_bytes()
    {
        await Put([.. WeirdKeys.Reverse().Select(key => PlainObject(1, key))]);
        foreach (var key in WeirdKeys)
        {
            Assert.Equal(key, (await Read(transaction => transaction.Objects.FindAsync(1, key)))?.Key);
        }

        var scanned = await Read(transaction => transaction.Objects.ScanAsync(1, default, null, int.MaxValue));
        Assert.Equal(WeirdKeys, scanned.Select(row => row.Key));
        for (var i = 0; i < WeirdKeys.Count; i++)
        {
            var (from, to) = (WeirdKeys[i].ToUtf8(), WeirdKeys[^1].ToUtf8());
            var page = await Read(transaction => transaction.Objects.ScanAsync(1, from, to, 3));
            Assert.Equal(WeirdKeys.SkipLast(1).Skip(i).Take(3), page.Select(row => row.Key));
        }
    }

    [Fact]
    public async Task Scan_takes_ranges_of_bytes_that_are_no_text()
    {
        await Put([.. new[] { "a", "a\0", "a\u007f", "a\u0080", "a\uffff", "a\U0010ffff", "b" }.Select(key => PlainObject(1, Key(key)))]);
        Assert.Equal("a|a\0|a\u007f|a\u0080|a\uffff|a\U0010ffff", await Scan("a"u8.ToArray(), [(byte)'a', 0xff]));
        Assert.Equal("a\uffff|a\U0010ffff", await Scan([(byte)'a', 0xc3], [(byte)'b']));
        Assert.Equal("b", await Scan([(byte)'a', 0xff], null));
        Assert.Equal("", await Scan([0xff], null));
        Assert.Equal("", await Scan([], []));
        Assert.Equal("", await Scan([(byte)'b'], [(byte)'a']));

        async Task<string> Scan(byte[] from, byte[]? to) => string.Join('|', (await Read(transaction => transaction.Objects.ScanAsync(
            1, from, to, 100))).Select(row => row.Key));
    }

    [Fact]
    public async Task Scan_shows_summaries_of_the_current_rows_of_one_bucket()
    {
        var rows = new[] { FullObject(1, Key("a")), PlainObject(1, Key("b")), FullObject(1, Key("c")) };
        await Put([.. rows, PlainObject(2, Key("a")), PlainObject(1, Key("bb"), current: false)]);
        var scanned = await Read(transaction => transaction.Objects.ScanAsync(1, default, null, 100));
        AssertSameRows(rows.Select(SummaryOf), scanned);
        Assert.All(scanned, row => Assert.IsType<ObjectSummary>(row));
        Assert.Empty(await Read(transaction => transaction.Objects.ScanAsync(1, default, null, 0)));
        Assert.Empty(await Read(transaction => transaction.Objects.ScanAsync(3, default, null, 100)));
        AssertSameRows(rows.Select(SummaryOf).Take(2), await Read(transaction => transaction.Objects.ScanAsync(1, default, null, 2)));
    }

    [Fact]
    public async Task Version_scan_goes_by_key_and_newest_first_from_any_position()
    {
        var rows = new List<ObjectRecord>();
        foreach (var key in new[] { "a", "a\0", "b", "c" })
        {
            for (var sequence = 1L; sequence <= 5; sequence++)
            {
                var current = key == "a" ? sequence == 5 : key == "b" && sequence == 3;
                rows.Add(FullObject(1, Key(key), sequence, current) with { IsDeleteMarker = !current && sequence % 2 == 0 });
            }
        }

        rows.Add(FullObject(1, Key("d"), long.MaxValue, current: false));
        rows.Add(FullObject(1, Key("d"), 0, current: true));
        await Put([.. rows, PlainObject(2, Key("a"))]);
        var expected = rows.OrderBy(row => row.Key).ThenByDescending(row => row.Sequence).Select(SummaryOf).ToList();
        AssertSameRows(expected, await Scan(default, long.MaxValue, null, 100));
        for (var i = 0; i < expected.Count; i++)
        {
            var (key, sequence) = (expected[i].Key.ToUtf8(), expected[i].Sequence);
            AssertSameRows(expected.Skip(i), await Scan(key, sequence, null, 100));
            AssertSameRows(expected.Skip(i).Take(2), await Scan(key, sequence, null, 2));
            AssertSameRows(
                expected.Skip(i).Where(row => row.Key < Key("c")), await Scan(key, sequence, Utf8("c"), 100));
        }

        AssertSameRows(expected.Where(row => row.Key > Key("a")), await Scan(Utf8("a"), 0, null, 100));
        Assert.Empty(await Scan(default, long.MaxValue, null, 0));

        Task<IReadOnlyList<ObjectSummary>> Scan(ReadOnlyMemory<byte> from, long sequence, byte[]? to, int limit) =>
            Read(transaction => transaction.Objects.ScanVersionsAsync(1, from, sequence, to, limit));
    }

    [Fact]
    public async Task Totals_count_versions_by_storage_class()
    {
        Assert.Empty(await Read(transaction => transaction.Objects.TotalsAsync(1)));
        await Put(
            PlainObject(1, Key("a")) with { Size = 3 },
            PlainObject(1, Key("b")) with { Size = 1L << 60 },
            PlainObject(1, Key("c")) with { Size = 5, StorageClass = StorageClass.Archive },
            PlainObject(1, Key("a"), 0, current: false) with { Size = 7 },
            PlainObject(1, Key("d"), 0, current: false) with { IsDeleteMarker = true },
            PlainObject(2, Key("a")) with { Size = 100 });
        Assert.Equal(
            [new(StorageClass.Standard, 3, 10 + (1L << 60), 1), new(StorageClass.Archive, 1, 5, 0)],
            await Read(transaction => transaction.Objects.TotalsAsync(1)));
    }

    static ObjectSummary SummaryOf(ObjectSummary row) => new()
    {
        BucketId = row.BucketId,
        Key = row.Key,
        VersionId = row.VersionId,
        Sequence = row.Sequence,
        IsCurrent = row.IsCurrent,
        IsDeleteMarker = row.IsDeleteMarker,
        Type = row.Type,
        Size = row.Size,
        ETag = row.ETag,
        StorageClass = row.StorageClass,
        LastModified = row.LastModified,
        OwnerId = row.OwnerId,
    };

    // Each row as key:sequence, a current one with a plus.
    async Task<string> Versions(long bucketId, string fromKey = "", string? toKey = null)
    {
        var rows = await Read(transaction => transaction.Objects.ScanVersionsAsync(
            bucketId, Utf8(fromKey), long.MaxValue, toKey is null ? null : Utf8(toKey), 1000));
        return string.Join(' ', rows.Select(row => $"{row.Key}:{row.Sequence}{(row.IsCurrent ? "+" : "")}"));
    }
}
