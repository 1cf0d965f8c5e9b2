using Moss.Protocol.Names;
using Moss.Storage.Metadata;
using static Moss.Storage.Conformance.Metadata.MetadataSamples;

namespace Moss.Storage.Conformance.Metadata;

/// <summary>
/// Runs a sequence of transactions over rows and writes down everything they see. Two stores that get the same sequence must give the same
/// transcript; a transaction is a number, so that a failing sequence shrinks by itself. Ids that a store gives are left out.
/// </summary>
sealed class MetadataModelRun(IMetadataStore store)
{
    static readonly ObjectKey[] Keys = [.. new[] { "a", "a\0", "a/b", "b", "\uffff", "\U00010000" }.Select(Key)];
    static readonly string[] Buckets = ["aaa", "aab", "bbb"];

    readonly List<string> _transcript = [];

    public static async Task<IReadOnlyList<string>> TranscriptAsync(IMetadataStore store, IReadOnlyList<int> transactions)
    {
        var run = new MetadataModelRun(store);
        await store.InitializeAsync(default);
        foreach (var seed in transactions)
        {
            await run.TransactAsync(seed);
        }

        run._transcript.AddRange(await store.ReadAsync(DescribeAsync, default));
        return run._transcript;
    }

    async Task TransactAsync(int seed)
    {
        try
        {
            _transcript.Add(await store.WriteAsync(
                [MetadataLock.Named("all")],
                async transaction =>
                {
                    // A body may run more than once: it draws the same choices each time.
                    var dice = new Random(seed);
                    var seen = new List<string>();
                    for (var left = dice.Next(1, 6); left > 0; left--)
                    {
                        seen.Add(await StepAsync(transaction, dice));
                    }

                    return dice.Next(6) == 0 ? throw new InvalidTimeZoneException(string.Join("; ", seen)) : string.Join("; ", seen);
                },
                default));
        }
        catch (InvalidTimeZoneException undone)
        {
            _transcript.Add("undone: " + undone.Message);
        }
    }

    static async ValueTask<string> StepAsync(IMetadataTransaction transaction, Random dice) => dice.Next(5) switch
    {
        0 or 1 => await StepOverObjectsAsync(transaction.Objects, dice),
        2 => await StepOverUploadsAsync(transaction, dice),
        3 => await StepOverBlobsAsync(transaction, dice),
        _ => await StepOverBucketsAsync(transaction, dice),
    };

    static async ValueTask<string> StepOverObjectsAsync(IObjectRows rows, Random dice)
    {
        var (bucket, key, sequence) = (dice.Next(1, 3), Pick(dice, Keys), dice.Next(6));

        // Current rows have even sequence numbers, history odd ones: the newest of a key is one row.
        var current = sequence % 2 == 0;
        var record = (dice.Next(2) == 0 ? FullObject(bucket, key, sequence, current) : PlainObject(bucket, key, sequence, current)) with
        {
            VersionId = new("v" + sequence),
            Size = dice.Next(100),
            IsDeleteMarker = !current && dice.Next(2) == 0,
        };
        var (from, to, limit) = (Pick(dice, Keys).ToUtf8(), dice.Next(2) == 0 ? null : Pick(dice, Keys).ToUtf8(), dice.Next(5));
        switch (dice.Next(9))
        {
            case 0 or 1 or 2:
                await rows.PutAsync(record);
                return $"put {Show(record)}";
            case 3:
                await rows.DeleteAsync(record);
                return $"delete {Show(record)}";
            case 4:
                return $"find {Show(await rows.FindAsync(bucket, key))}";
            case 5:
                return $"version {Show(await rows.FindVersionAsync(bucket, key, record.VersionId))}";
            case 6:
                return $"newest {Show(await rows.FindNewestAsync(bucket, key))}";
            case 7:
                return $"scan {All(await rows.ScanAsync(bucket, from, to, limit))}";
            default:
                return $"versions {All(await rows.ScanVersionsAsync(bucket, from, sequence, to, limit))}";
        }
    }

    static async ValueTask<string> StepOverUploadsAsync(IMetadataTransaction transaction, Random dice)
    {
        var rows = transaction.Uploads;
        var (id, key, number) = (new UploadId("u" + dice.Next(4)), Pick(dice, Keys), dice.Next(1, 5));
        var found = await rows.FindAsync(id);
        if (found is null)
        {
            found = await rows.InsertAsync(Upload(dice.Next(1, 3), key.Value, id.Value));
            return $"initiate {WithoutId(found)}";
        }

        switch (dice.Next(9))
        {
            case 0 or 1 or 2:
                await transaction.Parts.PutAsync(found, Part(number, dice.Next(100)));
                return $"part {number} of {id}";
            case 3:
                return $"part {Show(await transaction.Parts.FindAsync(found, PartNumber.Of(number)))}";
            case 4:
                return $"parts {All(await transaction.Parts.ListAsync(found, dice.Next(4), dice.Next(4)))}";
            case 5:
                return $"last {Show(await transaction.Parts.FindLastAsync(found))}";
            case 6:
                var position = (From: key.ToUtf8(), Id: "u" + dice.Next(4), To: dice.Next(2) == 0 ? null : Pick(dice, Keys).ToUtf8());
                var uploads = await rows.ScanAsync(dice.Next(1, 3), position.From, position.Id, position.To, dice.Next(4));
                return $"uploads {string.Join(' ', uploads.Select(WithoutId))}";
            case 7:
                await rows.PutCompletionAsync(Completion(id.Value, Time.AddMinutes(dice.Next(4))));
                return $"forgot {(dice.Next(3) == 0 ? await rows.DeleteCompletionsAsync(Time.AddMinutes(2)) : 0)}";
            default:
                await rows.DeleteAsync(found);
                return $"removed {id}";
        }
    }

    static async ValueTask<string> StepOverBlobsAsync(IMetadataTransaction transaction, Random dice)
    {
        var blob = BlobRow(dice.Next(4), inline: dice.Next(2) == 0);
        switch (dice.Next(6))
        {
            case 0 or 1:
                if (await transaction.Blobs.FindAsync(blob.Id) is null)
                {
                    await transaction.Blobs.AddAsync(blob, blob.Id.IsInline ? [.. blob.Md5, 1] : null);
                }

                return $"blob {Show(await transaction.Blobs.FindAsync(blob.Id))}";
            case 2:
                return $"refer {await transaction.Blobs.AddReferenceAsync(blob.Id)}";
            case 3:
                return $"drop {await transaction.Blobs.DropReferenceAsync(blob.Id)}";
            case 4:
                return $"inline {Show(await transaction.Blobs.ReadInlineAsync(blob.Id))}";
            default:
                var kind = (GarbageKind)dice.Next(2);
                await transaction.Garbage.AddAsync(kind, ManifestOf(dice.Next(9)));
                var entries = await transaction.Garbage.ListAsync(kind, dice.Next(4));
                var removed = entries.Count > 0 && dice.Next(2) == 0 && await transaction.Garbage.RemoveAsync(entries[^1].Id);
                return $"garbage {removed} {All(entries.Select(entry => entry.Manifest.Encode()))}";
        }
    }

    static async ValueTask<string> StepOverBucketsAsync(IMetadataTransaction transaction, Random dice)
    {
        var (name, setting) = (Pick(dice, Buckets), "s" + dice.Next(4));
        switch (dice.Next(6))
        {
            case 0:
                var found = await transaction.Buckets.FindAsync(Name(name));
                found ??= await transaction.Buckets.InsertAsync(Bucket(name));
                await transaction.Buckets.UpdateAsync(found with { OwnerId = "o" + dice.Next(9) });
                await transaction.Buckets.PutConfigurationAsync(found.Id, setting, dice.Next(3) == 0 ? null : [(byte)dice.Next(9)]);
                return $"bucket {await transaction.Buckets.FindAsync(Name(name)) is not null}";
            case 1:
                var gone = await transaction.Buckets.FindAsync(Name(name));
                await transaction.Buckets.DeleteAsync(gone?.Id ?? -1);
                return $"bucket gone {gone is not null}";
            case 2:
                var listed = await transaction.Buckets.ListAsync(name[..dice.Next(3)], Pick(dice, Buckets), dice.Next(3));
                return $"buckets {string.Join(' ', listed.Select(bucket => bucket with { Id = 0 }))}";
            case 3 or 4:
                await transaction.Settings.PutAsync(setting, dice.Next(3) == 0 ? null : [(byte)dice.Next(9)]);
                return $"set {setting}";
            default:
                return $"settings {Show(await transaction.Settings.FindAsync(setting))} {All(await transaction.Settings.ListAsync("s"))}";
        }
    }

    static async ValueTask<IReadOnlyList<string>> DescribeAsync(IMetadataTransaction transaction)
    {
        var state = new List<string>();
        for (var bucket = 1; bucket <= 2; bucket++)
        {
            state.Add($"objects {All(await transaction.Objects.ScanAsync(bucket, default, null, 1000))}");
            state.Add($"versions {All(await transaction.Objects.ScanVersionsAsync(bucket, default, long.MaxValue, null, 1000))}");
            state.Add($"totals {All(await transaction.Objects.TotalsAsync(bucket))} {await transaction.Uploads.TotalsAsync(bucket)}");
            foreach (var upload in await transaction.Uploads.ScanAsync(bucket, default, "", null, 1000))
            {
                state.Add($"upload {WithoutId(upload)}: {All(await transaction.Parts.ListAsync(upload, 0, 1000))}");
                state.Add($"completion {Show(await transaction.Uploads.FindCompletionAsync(upload.Id))}");
            }
        }

        foreach (var bucket in await transaction.Buckets.ListAsync("", "", 100))
        {
            state.Add($"bucket {bucket with { Id = 0 }}");
            for (var i = 0; i < 4; i++)
            {
                state.Add(Show(await transaction.Buckets.FindConfigurationAsync(bucket.Id, "s" + i)));
            }
        }

        var blobs = Enumerable.Range(0, 4).SelectMany(i => new[] { Blob(i), Blob(i, inline: true) }).ToList();
        state.Add($"unknown {string.Join(' ', (await transaction.Blobs.FindUnknownAsync(blobs)).Order())}");
        state.Add($"settings {All(await transaction.Settings.ListAsync(""))} {await transaction.Uploads.TotalsAsync(null)}");
        return state;
    }

    static T Pick<T>(Random dice, T[] values) => values[dice.Next(values.Length)];

    static string WithoutId(UploadRecord upload) => Show(upload with { RowId = 0 });

    static string All<T>(IEnumerable<T> rows) => string.Join(" | ", ShowAll(rows));
}
