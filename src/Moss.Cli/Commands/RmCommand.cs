using System.CommandLine;
using System.Runtime.CompilerServices;
using Moss.Cli.Frame;
using Moss.Cli.Output;
using Moss.Cli.Transfers;
using Moss.Client;
using Moss.Protocol.Errors;
using Moss.Protocol.Xml;

namespace Moss.Cli.Commands;

/// <summary><c>moss rm</c>: objects, versions and open uploads, also one upload by its id.</summary>
static class RmCommand
{
    const int KeysARequest = 1000;

    static readonly Argument<string[]> Addresses = Options.Arguments("oss://bucket/key", "What to remove; with -r everything below a prefix.");
    static readonly Option<bool> Recursive = Options.Flag("--recursive", "Everything below the prefix.", "-r");
    static readonly Option<bool> Uploads = Options.Flag("--multipart", "Open uploads instead of objects.", "-m");
    static readonly Option<bool> Everything = Options.Flag("--all-type", "Objects and open uploads.", "-a");
    static readonly Option<string?> UploadId = Options.Text("--upload-id", "ID", "This open upload of the key alone.");
    static readonly Option<bool> Versions = Options.Flag("--all-versions", "All versions and delete markers: nothing can be brought back.");
    static readonly Option<string?> VersionId = Options.Text("--version-id", "ID", "This version of one key alone.");
    static readonly Option<bool> Bucket = Options.Flag("--bucket", "The bucket as well, when it is empty then.", "-b");
    static readonly Option<bool> Force = Options.Flag("--force", "Do not ask.", "-f");

    static readonly Column[] Columns = [new("kind", "", -13), new("uri", "", 0), new("id", "", 0)];

    sealed class Counts
    {
        public long Objects;
        public long Uploads;
        public long Failed;

        /// <summary>Where what would be removed is shown; null when it is removed.</summary>
        public RowWriter? Dry;
    }

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With([Addresses, Recursive, Uploads, Everything, UploadId, Versions, VersionId, Bucket, Force, .. ObjectSelection.All, TransferOptions.DryRun])
        .Example("moss rm oss://bucket/key", "remove an object")
        .Example("moss rm -r oss://bucket/2024/", "everything below a prefix; asks first")
        .Example("moss rm -r oss://bucket/ --filter-from rules.txt --max-mtime 2026-01-01 -n", "what rules from a file and a time would remove")
        .Example("moss rm -m oss://bucket/key --upload-id ID", "one open upload")
        .Example("moss rm -m -r -f oss://bucket/", "all open uploads of a bucket, without being asked")
        .Run(RunAsync);

    static async Task<int> RunAsync(Invocation invocation)
    {
        var uris = invocation.Get(Addresses).Select(text => ObjectSelection.Place(invocation, text)).ToArray();
        var counts = new Counts { Dry = invocation.Get(TransferOptions.DryRun) ? invocation.Rows(Columns) : null };
        foreach (var uri in uris)
        {
            Check(invocation, uri);
        }

        foreach (var uri in uris)
        {
            await RemoveAsync(invocation, uri, counts);
        }

        if (counts.Dry is not null)
        {
            await counts.Dry.EndAsync("Dry run: nothing was done", invocation.Cancelled);
        }
        else
        {
            await invocation.WriteAsync(
                new() { { "removedObjects", counts.Objects }, { "removedUploads", counts.Uploads }, { "failed", counts.Failed } },
                $"Succeed: Total {counts.Objects} objects, {counts.Uploads} uploads. Removed {counts.Objects} objects, {counts.Uploads} uploads.");
        }

        return counts.Failed == 0 ? ExitCode.Ok : ExitCode.Partial;
    }

    static void Check(Invocation invocation, OssUri uri)
    {
        var recursive = invocation.Get(Recursive);
        if (!recursive && uri.Key.Length == 0 && !invocation.Get(Bucket))
        {
            throw new UsageException($"'{uri}' is a bucket: add -r for everything in it, or use 'moss rb' for the bucket itself");
        }

        if (invocation.Get(UploadId) is not null && (recursive || uri.Key.Length == 0))
        {
            throw new UsageException("--upload-id goes with one key");
        }

        if ((invocation.Get(Versions) || invocation.Get(Uploads) || invocation.Get(Everything)) && NameList.All.Any(invocation.Has))
        {
            throw new UsageException("--files-from names objects: it goes with neither --all-versions nor --multipart nor --all-type");
        }

        NameList.Read(invocation, recursive, invocation.Get(Addresses).Length);
        if (invocation.Get(VersionId) is not null && (recursive || uri.Key.Length == 0 || invocation.Get(Versions) || invocation.Get(Uploads) || invocation.Get(UploadId) is not null))
        {
            throw new UsageException("--version-id goes with one key, and with neither -r nor --all-versions nor an upload");
        }

        if (!recursive)
        {
            ObjectSelection.RefuseForOne(invocation);
        }

        if (invocation.Get(Uploads) || invocation.Get(Everything))
        {
            ObjectSelection.Read(invocation).RefuseForUploads(invocation.Get(Uploads) ? Uploads.Name : Everything.Name);
        }

        if (invocation.Get(Everything) && invocation.Has(ObjectSelection.Limit))
        {
            throw new UsageException("--limited-num is of objects or of uploads: it does not go with --all-type");
        }

        if (!recursive || invocation.Get(Force) || invocation.Get(TransferOptions.DryRun))
        {
            return;
        }

        var what = uri.Key.Length == 0 ? $"everything in the bucket {uri.Bucket} will be removed" : $"everything below {uri} will be removed";
        if (!Confirmation.Ask(what, uri.Bucket))
        {
            throw new FailedException(ExitCode.Usage, "nothing was removed");
        }
    }

    static async Task RemoveAsync(Invocation invocation, OssUri uri, Counts counts)
    {
        var client = invocation.Client(uri.Bucket);
        var ct = invocation.Cancelled;
        if (invocation.Get(UploadId) is { } id)
        {
            await AbortAsync(invocation, uri.Bucket, new(uri.Key, id, "", default), counts);
            return;
        }

        if ((invocation.Get(Uploads) || invocation.Get(Everything)) && (uri.Key.Length > 0 || invocation.Get(Recursive)))
        {
            var selection = ObjectSelection.Read(invocation);
            var (cut, left) = (uri.NameStart, invocation.Get(ObjectSelection.Limit) ?? long.MaxValue);
            await foreach (var upload in client.ListMultipartUploadsAsync(uri.Bucket, uri.Key, ct))
            {
                if ((invocation.Get(Recursive) ? selection.TakesUpload(upload, cut) : upload.Key == uri.Key) && left-- > 0)
                {
                    await AbortAsync(invocation, uri.Bucket, upload, counts);
                }
            }
        }

        if (!invocation.Get(Uploads) && (uri.Key.Length > 0 || invocation.Get(Recursive)))
        {
            await RemoveObjectsAsync(invocation, client, uri, counts);
        }

        if (invocation.Get(Bucket) && counts.Dry is null)
        {
            await client.DeleteBucketAsync(uri.Bucket, ct);
        }
    }

    static async Task RemoveObjectsAsync(Invocation invocation, OssClient client, OssUri uri, Counts counts)
    {
        var ct = invocation.Cancelled;
        if (!invocation.Get(Recursive) && !invocation.Get(Versions))
        {
            if (counts.Dry is not null)
            {
                await ShowAsync(invocation, counts.Dry, [new(uri.Key, invocation.Get(VersionId))], uri.Bucket);
                return;
            }

            await client.DeleteObjectAsync(uri.Bucket, uri.Key, invocation.Get(VersionId), ct);
            counts.Objects++;
            return;
        }

        var batch = new List<DeleteEntry>(KeysARequest);
        await foreach (var entry in EntriesAsync(invocation, client, uri, ct))
        {
            batch.Add(entry);
            if (batch.Count == KeysARequest)
            {
                await RemoveBatchAsync(invocation, client, uri.Bucket, batch, counts);
                batch.Clear();
            }
        }

        if (batch.Count > 0)
        {
            await RemoveBatchAsync(invocation, client, uri.Bucket, batch, counts);
        }
    }

    static async IAsyncEnumerable<DeleteEntry> EntriesAsync(
        Invocation invocation, OssClient client, OssUri uri, [EnumeratorCancellation] CancellationToken ct)
    {
        var selection = ObjectSelection.Read(invocation);
        if (!invocation.Get(Versions))
        {
            var names = NameList.Read(invocation, invocation.Get(Recursive), invocation.Get(Addresses).Length);
            await foreach (var found in selection.FindAsync(client, uri, names, ct))
            {
                yield return new(found.Key);
            }

            yield break;
        }

        selection.RefuseHead(Versions.Name);
        var (cut, left) = (uri.NameStart, invocation.Get(ObjectSelection.Limit) ?? long.MaxValue);
        await foreach (var page in client.ListObjectVersionsPagesAsync(uri.Bucket, selection.Listing(uri, invocation.Get(ObjectSelection.Dirs)), ct))
        {
            foreach (var version in page.Versions)
            {
                if ((invocation.Get(Recursive) || version.Object.Key == uri.Key) && selection.TakesVersion(version, cut) && left-- > 0)
                {
                    yield return new(version.Object.Key, version.VersionId);
                }
            }

            if (left <= 0 || (page.Versions is [.., var last] && selection.IsBeyond(last.Object.Key)))
            {
                yield break;
            }
        }
    }

    static async Task RemoveBatchAsync(Invocation invocation, OssClient client, string bucket, List<DeleteEntry> batch, Counts counts)
    {
        if (counts.Dry is not null)
        {
            await ShowAsync(invocation, counts.Dry, batch, bucket);
            return;
        }

        var result = await client.DeleteMultipleObjectsAsync(bucket, batch, invocation.Cancelled);
        var done = result.Deleted.Select(static entry => (entry.Key, entry.VersionId)).ToHashSet();
        foreach (var entry in batch)
        {
            // The service names what it deleted; what it does not name is still there.
            if (done.Contains((entry.Key, entry.VersionId)) || (entry.VersionId is null && result.Deleted.Any(deleted => deleted.Key == entry.Key)))
            {
                counts.Objects++;
            }
            else
            {
                counts.Failed++;
                Invocation.Warn($"oss://{bucket}/{entry.Key} was not removed");
            }
        }
    }

    static async Task AbortAsync(Invocation invocation, string bucket, ListedUpload upload, Counts counts)
    {
        if (counts.Dry is not null)
        {
            await counts.Dry.WriteAsync(
                new() { { "kind", "upload" }, { "uri", $"oss://{bucket}/{upload.Key}" }, { "id", upload.UploadId } }, invocation.Cancelled);
            return;
        }

        try
        {
            await invocation.Client(bucket).AbortMultipartUploadAsync(bucket, upload.Key, upload.UploadId, invocation.Cancelled);
            counts.Uploads++;
        }
        catch (OssException refusal) when (refusal.Code == "NoSuchUpload" && upload.Initiated != default)
        {
            // Found in a listing, and gone since: as wanted. One that was named is reported.
        }
    }

    static async Task ShowAsync(Invocation invocation, RowWriter writer, IEnumerable<DeleteEntry> entries, string bucket)
    {
        foreach (var entry in entries)
        {
            await writer.WriteAsync(
                new() { { "kind", "object" }, { "uri", $"oss://{bucket}/{entry.Key}" }, { "id", entry.VersionId } }, invocation.Cancelled);
        }
    }
}
