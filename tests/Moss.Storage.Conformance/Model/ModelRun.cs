using System.Globalization;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Storage.Conformance.Service;
using Moss.Storage.Metadata;
using static Moss.Storage.Conformance.Service.ServiceHarness;

namespace Moss.Storage.Conformance.Model;

/// <summary>
/// Runs a sequence of operations against a service and writes down everything a client could see. Two engines that get the same sequence must give
/// the same transcript; an operation is a number, so that a failing sequence shrinks by itself.
/// </summary>
public sealed class ModelRun(ServiceHarness harness)
{
    static readonly string[] Keys = ["a", "a/b", "a/c", "b", "\U0001F600", "z"];
    static readonly int[] Lengths = [0, 1, 100, 20_000, 32_768, 40_000, 110_000];

    readonly List<string> _transcript = [];
    readonly List<(string Key, UploadId Id)> _uploads = [];
    readonly Dictionary<int, PartRecord> _parts = [];
    readonly List<(string Key, VersionId Version)> _versions = [];

    /// <summary>What was seen, a line an operation, and the whole state at the end.</summary>
    public static async Task<IReadOnlyList<string>> TranscriptAsync(ServiceHarness harness, IReadOnlyList<int> operations)
    {
        var run = new ModelRun(harness);
        await harness.MakeBucketAsync();
        foreach (var operation in operations)
        {
            run._transcript.Add(await run.StepAsync(new(operation)));
        }

        await run.DescribeAsync();
        return run._transcript;
    }

    async Task<string> StepAsync(Dice dice)
    {
        var (name, action) = Choose(dice);
        try
        {
            return $"{name} -> {await action()}";
        }
        catch (OssException refusal)
        {
            return $"{name} -> {refusal.Code} {string.Join(',', refusal.Details.Where(d => d.Key != "UploadId" && d.Key != "VersionId"))}";
        }
    }

    (string Name, Func<Task<string>> Action) Choose(Dice dice)
    {
        var key = Keys[dice.Next(Keys.Length)];
        var other = Keys[dice.Next(Keys.Length)];
        var body = Bytes(dice.Next(1000), Lengths[dice.Next(Lengths.Length)]);
        return dice.Next(14) switch
        {
            0 or 1 => ($"put {key} {body.Length}", () => PutAsync(key, body, forbid: false)),
            2 => ($"put-new {key} {body.Length}", () => PutAsync(key, body, forbid: true)),
            3 => ($"delete {key}", () => DeleteAsync(key, null)),
            4 => ($"copy {key} {other}", () => CopyAsync(key, other)),
            5 => ($"append {key} {body.Length}", () => AppendAsync(key, body, dice.Next(4) == 0)),
            6 => ($"initiate {key}", () => InitiateAsync(key)),
            7 or 8 => ($"part {body.Length}", () => PartAsync(dice, body)),
            9 => ($"part-copy {key}", () => PartCopyAsync(dice, key)),
            10 => ("complete", () => CompleteAsync(dice)),
            11 => ("abort", () => AbortAsync(dice)),
            12 => ("versioning", () => VersioningAsync(dice)),
            _ => ("delete-version", () => DeleteVersionAsync(dice)),
        };
    }

    async Task<string> PutAsync(string key, byte[] body, bool forbid)
    {
        var put = await harness.PutAsync(key, body, new() { ForbidOverwrite = forbid, Body = new() { Length = body.Length } });
        _versions.Add((key, put.VersionId));
        return $"{put.ETag} {put.Crc64}";
    }

    async Task<string> DeleteAsync(string key, VersionId? version)
    {
        var outcomes = await harness.Service.Objects.DeleteAsync(Bucket(), [(Key(key), version)], default);
        if (outcomes[0].Marker is { } marker)
        {
            _versions.Add((key, marker.VersionId));
        }

        return $"removed={outcomes[0].Removed?.IsDeleteMarker} marker={outcomes[0].Marker is not null}";
    }

    async Task<string> CopyAsync(string from, string to)
    {
        var copy = await harness.Service.Objects.CopyAsync(
            Bucket(), Key(to), new() { Source = new(Bucket(), Key(from), null) }, default);
        _versions.Add((to, copy.Made.Record.VersionId));
        return $"{copy.Made.Record.ETag} {copy.Made.Record.Crc64} {copy.Made.Record.Type}";
    }

    async Task<string> AppendAsync(string key, byte[] body, bool wrong)
    {
        var bucket = await harness.Service.Buckets.FindAsync(Bucket(), default);
        var (found, _) = await harness.Service.Objects.FindForAccessAsync(bucket, Key(key), null, default);
        var position = (found?.Size ?? 0) + (wrong ? 1 : 0);
        var (_, record, _) = await harness.Service.Appends.AppendAsync(
            Bucket(), Key(key), position, new() { Body = new() { Length = body.Length } }, Pipe(body), default);
        return $"{record.Size} {record.Crc64} {record.ETag}";
    }

    async Task<string> InitiateAsync(string key)
    {
        _uploads.Add((key, await harness.InitiateAsync(key)));
        return _uploads.Count.ToString(CultureInfo.InvariantCulture);
    }

    async Task<string> PartAsync(Dice dice, byte[] body)
    {
        var (index, upload) = PickUpload(dice);
        var number = 1 + dice.Next(3);
        var part = await harness.UploadPartAsync(upload.Key, upload.Id, number, body);
        _parts[(index * 10) + number] = part;
        return $"{index}:{number} {part.ETag} {part.Crc64}";
    }

    async Task<string> PartCopyAsync(Dice dice, string source)
    {
        var (index, upload) = PickUpload(dice);
        var number = 1 + dice.Next(3);
        long? first = dice.Next(2) == 0 ? null : dice.Next(2000);
        var copied = await harness.Service.Uploads.CopyPartAsync(
            Bucket(), Key(upload.Key), upload.Id, PartNumber.Of(number),
            new(new(Bucket(), Key(source), null), first, first + dice.Next(50_000)), default);
        _parts[(index * 10) + number] = copied.Part;
        return $"{index}:{number} {copied.Part.ETag} {copied.Part.Crc64} {copied.Part.Size} {copied.RangeWasUsed}";
    }

    async Task<string> CompleteAsync(Dice dice)
    {
        var (index, upload) = PickUpload(dice);
        var parts = dice.Next(3) == 0
            ? null
            : _parts.Where(p => p.Key / 10 == index && dice.Next(5) != 0).OrderBy(p => p.Key).Select(p => p.Value).ToList();
        var done = await harness.CompleteAsync(upload.Key, upload.Id, parts, forbidOverwrite: dice.Next(4) == 0);
        _versions.Add((upload.Key, done.VersionId));
        return $"{index} {done.ETag} {done.Crc64}";
    }

    async Task<string> AbortAsync(Dice dice)
    {
        var (index, upload) = PickUpload(dice);
        await harness.Service.Uploads.AbortAsync(Bucket(), Key(upload.Key), upload.Id, default);
        return index.ToString(CultureInfo.InvariantCulture);
    }

    async Task<string> VersioningAsync(Dice dice)
    {
        var status = dice.Next(2) == 0 ? VersioningStatus.Enabled : VersioningStatus.Suspended;
        await harness.Service.Buckets.UpdateAsync(Bucket(), bucket => bucket with { Versioning = status }, default);
        return status.ToString();
    }

    async Task<string> DeleteVersionAsync(Dice dice)
    {
        if (_versions.Count == 0)
        {
            return "none";
        }

        var (key, version) = _versions[dice.Next(_versions.Count)];
        return $"{key} {await DeleteAsync(key, version)}";
    }

    // An upload that may be finished long since, or one that never was.
    (int Index, (string Key, UploadId Id) Upload) PickUpload(Dice dice)
    {
        var index = dice.Next(_uploads.Count + 1);
        return (index, index == _uploads.Count ? (Keys[0], new UploadId("NONE")) : _uploads[index]);
    }

    async Task DescribeAsync()
    {
        foreach (var delimiter in new[] { "", "/" })
        {
            var objects = await harness.Service.Listings.ObjectsAsync(Bucket(), new() { MaxEntries = 1000, Delimiter = delimiter }, default);
            _transcript.Add($"objects {string.Join(' ', objects.Items.Select(i => $"{i.Key}:{i.ETag}:{i.Size}:{i.Type}"))} | {string.Join(' ', objects.CommonPrefixes)}");
        }

        var versions = await harness.Service.Listings.VersionsAsync(Bucket(), new() { MaxEntries = 1000 }, default);
        foreach (var (summary, latest) in versions.Items)
        {
            var bytes = summary.IsDeleteMarker ? null : await harness.GetAsync(summary.Key.Value, version: summary.VersionId);
            _transcript.Add($"version {summary.Key} {latest} {summary.IsDeleteMarker} {summary.VersionId.IsNull} {(bytes is null ? "" : Md5(bytes))}");
        }

        var uploads = await harness.Service.Listings.UploadsAsync(Bucket(), new() { MaxEntries = 1000 }, default);
        foreach (var upload in uploads.Items.OrderBy(u => _uploads.FindIndex(known => known.Id == u.Id)))
        {
            var page = await harness.Service.Uploads.ListPartsAsync(Bucket(), upload.Key, upload.Id, 0, 1000, default);
            _transcript.Add($"upload {upload.Key} {string.Join(' ', page.Parts.Select(p => $"{p.Number}:{p.ETag}:{p.Size}:{p.Crc64}"))}");
        }

        var stat = await harness.Service.Buckets.StatAsync(Bucket(), default);
        _transcript.Add($"stat {string.Join(' ', stat.Classes)} {stat.Uploads}");
        _transcript.Add($"blobs {(await harness.BlobsAfterSweepAsync()).Count}");
    }

    /// <summary>Small choices drawn from one number: the same number makes the same choices.</summary>
    sealed class Dice(int seed)
    {
        readonly Random _random = new(seed);

        public int Next(int below) => _random.Next(below);
    }
}
